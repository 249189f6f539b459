import { concat } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant, full } from '../../tensor/leaf.js';
import {
  broadcastShapes,
  checkShape,
  normalizeAxes,
  normalizeAxis,
  type Shape,
  sizeOf,
  stridesOf,
} from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { checkTable, numbers, tabulate } from './integers.js';
import { pad } from './padding.js';
import type { OperatorTable } from './table.js';

/** A file of a few bytes must not ask for gigabytes. */
const largest = 2 ** 26;

function checkedShape(call: NodeCall, shape: Shape): Shape {
  checkShape(shape, call.opType);
  if (sizeOf(shape) > largest) call.refuse(`its result of ${sizeOf(shape)} elements is taken for an error of the file`);
  return shape;
}

function constantNode(call: NodeCall): Tensor {
  const proto = call.tensor('value');
  if (proto !== undefined) return call.tracing.weight(proto);
  const { float } = call.tracing;
  const floats = call.floats('value_floats');
  if (floats !== undefined) return numbers(floats, float);
  const ints = call.ints('value_ints');
  if (ints !== undefined) return numbers(ints, 'i64');
  if (call.has('value_float')) return full(call.float('value_float'), float);
  if (call.has('value_int')) return full(call.int('value_int'), 'i64');
  return call.refuse('it holds text or a sparse tensor; only dense numbers are supported');
}

function constantOfShape(call: NodeCall): Tensor {
  const shape = checkedShape(call, call.numbers(0, 'the shape'));
  const proto = call.tensor('value');
  const value = proto === undefined ? full(0, call.tracing.float) : constant(call.tracing.array(proto));
  return value.reshape([]).expand(shape);
}

function shapeNode(call: NodeCall): Tensor {
  const { shape } = call.input(0);
  return numbers(shape.slice(call.int('start', 0), call.int('end', shape.length)), 'i64');
}

function reshape(call: NodeCall): Tensor {
  const x = call.input(0);
  const target = call.intsOrInput('shape', 1) ?? call.refuse('the shape is missing');
  const copies = !call.flag('allowzero', false);
  const sizes = target.map((d, i) => (d === 0 && copies ? (x.shape[i] ?? 0) : d));
  // −1 in a shape with a zero cannot be inferred by division.
  const rest = sizes.filter((d) => d !== -1);
  return x.reshape(x.size === 0 && sizeOf(rest) === 0 ? sizes.map((d) => (d === -1 ? 0 : d)) : sizes);
}

function flatten(call: NodeCall): Tensor {
  const x = call.input(0);
  const given = call.int('axis', 1);
  const axis = given < 0 ? given + x.rank : given;
  if (axis < 0 || axis > x.rank) call.refuse(`axis ${given} is out of range for rank ${x.rank}`);
  return x.reshape([sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))]);
}

function squeeze(call: NodeCall): Tensor {
  const x = call.input(0);
  const axes = call.intsOrInput('axes', 1);
  return axes === undefined ? x.squeeze() : x.squeeze(normalizeAxes(axes, x.rank, 'Squeeze'));
}

function unsqueeze(call: NodeCall): Tensor {
  const x = call.input(0);
  const axes = call.intsOrInput('axes', 1) ?? call.refuse('the axes are missing');
  return x.unsqueeze(normalizeAxes(axes, x.rank + axes.length, 'Unsqueeze'));
}

/** Lengths of the pieces: given, or so many almost equal ones, the last of them shorter. */
function pieceSizes(call: NodeCall, length: number): number[] {
  const given = call.intsOrInput('split', 1);
  if (given !== undefined) return given;
  const count = call.int('num_outputs', call.node.output.length);
  if (!(count > 0 && count <= 2 ** 16)) call.refuse(`it cannot be split into ${count} pieces`);
  const size = Math.ceil(length / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(size, length - i * size)));
}

function split(call: NodeCall): readonly Tensor[] {
  const x = call.input(0);
  const axis = normalizeAxis(call.int('axis', 0), x.rank, 'Split');
  return x.split(pieceSizes(call, x.shape[axis]!), axis);
}

interface Range {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** One range of a slice, cut to the axis; a negative step runs over the reversed axis. */
function cut(call: NodeCall, x: Tensor, { axis, start, end, step }: Range): Tensor {
  if (step === 0) call.refuse('a step is 0');
  const length = x.shape[axis]!;
  const from = start < 0 ? start + length : start;
  const to = end < 0 ? end + length : end;
  const whole = new Array<number>(x.rank).fill(0);
  const clamp = (v: number): number => Math.min(Math.max(v, 0), length);
  const on = (value: number, other: readonly number[]): number[] => other.map((v, i) => (i === axis ? value : v));
  if (step > 0) {
    const first = clamp(from);
    return x.slice(
      on(first, whole),
      on(Math.max(first, clamp(to)), x.shape),
      on(
        Math.min(step, length + 1),
        whole.map(() => 1),
      ),
    );
  }
  // Element i of the reversed axis is element length − 1 − i.
  const first = clamp(length - 1 - from);
  const last = Math.max(first, clamp(length - 1 - to));
  const by = Math.min(-step, length + 1);
  return x.flip(axis).slice(
    on(first, whole),
    on(last, x.shape),
    on(
      by,
      whole.map(() => 1),
    ),
  );
}

function slice(call: NodeCall): Tensor {
  const x = call.input(0);
  const starts = call.intsOrInput('starts', 1) ?? call.refuse('the starts are missing');
  const ends = call.intsOrInput('ends', 2) ?? call.refuse('the ends are missing');
  const axes = call.intsOrInput('axes', 3) ?? starts.map((_, i) => i);
  const steps = call.inputs[4] ? call.numbers(4, 'the steps') : starts.map(() => 1);
  if ([ends, axes, steps].some((list) => list.length !== starts.length))
    call.refuse('starts, ends, axes and steps differ in length');
  return axes.reduce((t, axis, i) => {
    const range = { axis: normalizeAxis(axis, x.rank, 'Slice'), start: starts[i]!, end: ends[i]!, step: steps[i]! };
    return cut(call, t, range);
  }, x);
}

function expand(call: NodeCall): Tensor {
  const x = call.input(0);
  const shape = checkedShape(call, broadcastShapes(x.shape, call.numbers(1, 'the shape'), 'Expand'));
  return x.expand(shape);
}

function tile(call: NodeCall): Tensor {
  const x = call.input(0);
  const repeats = call.numbers(1, 'the repeats');
  if (repeats.length !== x.rank) call.refuse(`there are ${repeats.length} repeats for rank ${x.rank}`);
  const shape = checkedShape(
    call,
    x.shape.map((d, i) => d * repeats[i]!),
  );
  const apart = x.reshape(x.shape.flatMap((d) => [1, d]));
  return apart.expand(x.shape.flatMap((d, i) => [repeats[i]!, d])).reshape(shape);
}

function range(call: NodeCall): Tensor {
  const { dtype } = call.input(0);
  const [start, limit, delta] = ['start', 'limit', 'delta'].map((what, i) => call.number(i, what, 0)) as [
    number,
    number,
    number,
  ];
  const count = delta === 0 ? Number.NaN : Math.max(0, Math.ceil((limit - start) / delta));
  if (Number.isNaN(count)) call.refuse(`there is no range from ${start} to ${limit} by ${delta}`);
  checkTable(count);
  return numbers(
    new Float64Array(count).map((_, i) => start + i * delta),
    dtype,
  );
}

function eyeLike(call: NodeCall): Tensor {
  const x = call.input(0);
  const k = call.int('k', 0);
  const dtype = call.has('dtype') ? call.tracing.dtype(call.int('dtype')) : x.dtype;
  if (x.rank !== 2) call.refuse(`its input has rank ${x.rank} instead of 2`);
  return tabulate(x.shape, dtype, ([i, j]) => (j! - i! === k ? 1 : 0));
}

/** The lower or upper triangle of the matrices in the last two axes. */
function trilu(call: NodeCall): Tensor {
  const x = call.input(0);
  if (x.rank < 2) call.refuse(`its input has rank ${x.rank}; it needs matrices`);
  const k = call.number(1, 'k', 0);
  const upper = call.flag('upper', true);
  const mask = tabulate(x.shape.slice(-2), 'bool', ([i, j]) => Number(upper ? j! - i! >= k : j! - i! <= k));
  return x.dtype === 'bool' ? mask.logicalAnd(x) : mask.where(x, full(0, x.dtype));
}

/** [n, c·b², h, w] → [n, c, h·b, w·b]; the block's axes come before (DCR) or behind (CRD) the channels. */
function depthToSpace(call: NodeCall): Tensor {
  const x = call.input(0);
  const b = call.int('blocksize');
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const channels = c / (b * b);
  const columnFirst = call.string('mode', 'DCR') === 'CRD';
  const apart = columnFirst ? x.reshape([n, channels, b, b, h, w]) : x.reshape([n, b, b, channels, h, w]);
  const order = columnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
  return apart.transpose(order).reshape([n, channels, h * b, w * b]);
}

function spaceToDepth(call: NodeCall): Tensor {
  const x = call.input(0);
  const b = call.int('blocksize');
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const apart = x.reshape([n, c, h / b, b, w / b, b]);
  const order = call.string('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
  return apart.transpose(order).reshape([n, c * b * b, h / b, w / b]);
}

/** Cuts or pads around the centre to given lengths of some axes. */
function centerCropPad(call: NodeCall): Tensor {
  const x = call.input(0);
  const target = call.numbers(1, 'the shape');
  const axes = (call.ints('axes') ?? x.shape.map((_, i) => i)).map((a) => normalizeAxis(a, x.rank, 'CenterCropPad'));
  const differences = x.shape.map((d, i) => (axes.includes(i) ? target[axes.indexOf(i)]! - d : 0));
  const cropStart = differences.map((d) => (d < 0 ? Math.floor(-d / 2) : 0));
  const cropped = x.slice(
    cropStart,
    x.shape.map((d, i) => cropStart[i]! + d + Math.min(0, differences[i]!)),
  );
  const before = differences.map((d) => (d > 0 ? Math.floor(d / 2) : 0));
  return cropped.pad(
    before,
    differences.map((d, i) => Math.max(0, d) - before[i]!),
  );
}

/** Numbers that a mask selects, where the mask is known. */
function compress(call: NodeCall): Tensor {
  const x = call.input(0);
  const selected = call.numbers(1, 'the condition').flatMap((v, i) => (v === 0 ? [] : [i]));
  if (!call.has('axis')) return x.reshape([-1]).gather(numbers(selected, 'i64'));
  return x.gather(numbers(selected, 'i64'), call.int('axis'));
}

/** Positions of the elements that are not zero, one column each, where the tensor is known. */
function nonZero(call: NodeCall): Tensor {
  const { shape } = call.input(0);
  const places = call.numbers(0, 'the tensor').flatMap((v, i) => (v === 0 ? [] : [i]));
  const rows = stridesOf(shape).map((stride, axis) => places.map((p) => Math.floor(p / stride) % shape[axis]!));
  return numbers(rows.flat(), 'i64', [shape.length, places.length]);
}

export const shapes: OperatorTable = {
  CenterCropPad: centerCropPad,
  Compress: compress,
  Concat: (call) => concat(call.all(), call.int('axis')),
  Constant: constantNode,
  ConstantOfShape: constantOfShape,
  DepthToSpace: depthToSpace,
  Expand: expand,
  EyeLike: eyeLike,
  Flatten: flatten,
  NonZero: nonZero,
  Pad: pad,
  Range: range,
  Reshape: reshape,
  Shape: shapeNode,
  Size: (call) => full(call.input(0).size, 'i64'),
  Slice: slice,
  SpaceToDepth: spaceToDepth,
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: (call) => call.input(0).transpose(call.ints('perm')),
  Trilu: trilu,
  Unsqueeze: unsqueeze,
};
