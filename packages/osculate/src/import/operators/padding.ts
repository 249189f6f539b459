import type { Tensor } from '../../tensor/ir.js';
import { normalizeAxis } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { iota, numbers } from './integers.js';
import { named } from './table.js';

/** Index of the element that stands at place i of an axis outside of it. */
const sources: Readonly<Record<string, (i: number, length: number) => number>> = {
  edge: (i, length) => Math.min(Math.max(i, 0), length - 1),
  reflect: (i, length) => {
    const period = Math.max(1, 2 * (length - 1));
    const at = ((i % period) + period) % period;
    return at < length ? at : period - at;
  },
  wrap: (i, length) => ((i % length) + length) % length,
};

interface Pads {
  readonly before: number[];
  readonly after: number[];
}

function padsOf(call: NodeCall, x: Tensor): Pads {
  const pads = call.ints('pads') ?? call.numbers(1, 'the pads');
  const axes = call.inputs[3]
    ? call.numbers(3, 'the axes').map((a) => normalizeAxis(a, x.rank, 'Pad'))
    : x.shape.map((_, i) => i);
  if (pads.length !== 2 * axes.length) call.refuse(`there are ${pads.length} pads for ${axes.length} axes`);
  const [before, after] = [x.shape.map(() => 0), x.shape.map(() => 0)];
  axes.forEach((axis, i) => {
    before[axis] = pads[i]!;
    after[axis] = pads[axes.length + i]!;
  });
  return { before, after };
}

/** Negative pads remove elements. */
function crop(x: Tensor, { before, after }: Pads): Tensor {
  if ([...before, ...after].every((p) => p >= 0)) return x;
  const start = before.map((p) => Math.max(0, -p));
  return x.slice(
    start,
    x.shape.map((d, i) => Math.max(start[i]!, d + Math.min(0, after[i]!))),
  );
}

const positive = (list: readonly number[]): number[] => list.map((p) => Math.max(0, p));

/** Pads by a constant, or by the tensor's own elements: those at the border, mirrored at it, or from the other end. */
export function pad(call: NodeCall): Tensor {
  const given = call.input(0);
  const pads = padsOf(call, given);
  const x = crop(given, pads);
  const [before, after] = [positive(pads.before), positive(pads.after)];
  const mode = call.string('mode', 'constant');
  if (mode === 'constant') return padConstant(call, x, before, after);
  const source = named(sources, mode) ?? call.refuse(`mode '${mode}' is unknown`);
  return x.shape.reduce((t, length, axis) => {
    if (before[axis] === 0 && after[axis] === 0) return t;
    if (length === 0) call.refuse(`axis ${axis} is empty, so that there is nothing to pad with`);
    const count = before[axis]! + length + after[axis]!;
    const indices = iota(count).map((i) => source(i - before[axis]!, length));
    return t.gather(numbers(indices, 'i64'), axis);
  }, x);
}

function padConstant(call: NodeCall, x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  const value = call.number(2, 'the value', call.float('value', 0));
  if (x.dtype !== 'bool') return x.pad(before, after, value);
  return x.cast('i32').pad(before, after, value).cast('bool');
}
