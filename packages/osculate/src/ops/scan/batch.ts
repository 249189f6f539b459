import type { Node, Tensor, Transforms } from '../../tensor/ir.js';
import { placeholder } from '../loop-body.js';
import { expand, transpose } from '../shape.js';
import { applyScan, groups, partsOf, type ScanAttrs } from './parts.js';

/** Exchanges the two leading axes: [batch, time, …] and [time, batch, …]. */
function swapLeading(t: Tensor): Tensor {
  return transpose(t, [1, 0, ...Array.from({ length: t.rank - 2 }, (_, i) => i + 2)]);
}

function repeat(t: Tensor, size: number): Tensor {
  return expand(t, [size, ...t.shape]);
}

interface BatchedStep {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly batchedIn: readonly boolean[];
  readonly batchedOut: readonly boolean[];
}

/** The body over a batch. A carry is batched when its start is or when a step makes it so: a fixpoint. */
function batchedStep(
  { attrs: { body, carries } }: Node<ScanAttrs>,
  batched: readonly boolean[],
  size: number,
  transforms: Transforms,
): BatchedStep {
  const marks = [...batched];
  for (;;) {
    const inputs = body.inputs.map((t, i) => (marks[i] ? placeholder('scan batch', t, [size, ...t.shape]) : t));
    const result = transforms.batch(
      body.outputs,
      body.inputs.filter((_, i) => marks[i]),
      inputs.filter((_, i) => marks[i]),
      size,
    );
    const grown = marks.flatMap((m, i) => (i < carries && !m && result.batched[i] ? [i] : []));
    if (grown.length === 0) {
      // A batched carry stays so, even where a step resets it to a value that all elements share.
      const outputs = result.outputs.map((t, i) =>
        i < carries && marks[i] && !result.batched[i] ? repeat(t, size) : t,
      );
      const batchedOut = result.batched.map((b, i) => (i < carries ? marks[i]! : b));
      return { inputs, outputs, batchedIn: marks, batchedOut };
    }
    for (const i of grown) marks[i] = true;
  }
}

/** A scan over a batch is one scan whose carries and slices have the batch axis, which comes after time in xs and ys. */
export function scanBatch(
  node: Node<ScanAttrs>,
  inputs: readonly Tensor[],
  batched: readonly boolean[],
  size: number,
  transforms: Transforms,
): Tensor[] {
  const { attrs } = node;
  const step = batchedStep(node, batched, size, transforms);
  const [init, xs, consts] = groups(inputs, attrs);
  const [carryIn, xIn, constIn] = groups(step.inputs, attrs);
  const { length, reverse } = partsOf(node);
  const result = applyScan(node.op, {
    init: init.map((t, i) => (step.batchedIn[i] && !batched[i] ? repeat(t, size) : t)),
    xs: xs.map((t, i) => (batched[attrs.carries + i] ? swapLeading(t) : t)),
    consts,
    carryIn,
    xIn,
    constIn,
    carryOut: step.outputs.slice(0, attrs.carries),
    ys: step.outputs.slice(attrs.carries),
    length,
    reverse,
  });
  return [
    ...result.carry.map((t, i) => (step.batchedOut[i] ? t : repeat(t, size))),
    ...result.ys.map((t, i) => (step.batchedOut[attrs.carries + i] ? swapLeading(t) : repeat(t, size))),
  ];
}
