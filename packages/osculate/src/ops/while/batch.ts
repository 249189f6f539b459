import { apply, type Graph, type Node, type Tensor, type Transforms } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { cast } from '../cast.js';
import { expand } from '../expand.js';
import { greater } from '../greater.js';
import { reshape } from '../reshape.js';
import { placeholder } from '../scan/placeholders.js';
import { sum } from '../sum.js';
import { where } from '../where.js';
import type { WhileAttrs } from './parts.js';

function repeat(t: Tensor, size: number): Tensor {
  return expand(t, [size, ...t.shape]);
}

/** True when any element of a bool vector is. */
function any(t: Tensor): Tensor {
  return greater(sum(cast(t, 'i32')), full(0, 'i32'));
}

interface BatchedLoop {
  readonly marks: readonly boolean[];
  readonly inputs: readonly Tensor[];
  readonly next: readonly Tensor[];
  /** One condition for all elements, or one each. */
  readonly running: Tensor;
  readonly split: boolean;
}

/** A graph over the placeholders `inputs`, of which the marked ones have a batch axis. */
function batched(graph: Graph, inputs: readonly Tensor[], marks: readonly boolean[], size: number, t: Transforms) {
  const from = graph.inputs.filter((_, i) => marks[i]);
  return t.batch(
    graph.outputs,
    from,
    inputs.filter((_, i) => marks[i]),
    size,
  );
}

/** Marks carries until none becomes batched any more; a batched condition makes all of them so, as they stop at different steps. */
function batchedLoop(
  { attrs: { condition, body, carries } }: Node<WhileAttrs>,
  given: readonly boolean[],
  size: number,
  transforms: Transforms,
): BatchedLoop {
  const marks = [...given];
  for (;;) {
    const inputs = body.inputs.map((t, i) => (marks[i] ? placeholder('while batch', t, [size, ...t.shape]) : t));
    const test = batched(condition, inputs, marks, size, transforms);
    const step = batched(body, inputs, marks, size, transforms);
    const split = test.batched[0]!;
    const grown = marks.flatMap((m, i) => (i < carries && !m && (split || step.batched[i]) ? [i] : []));
    if (grown.length === 0) {
      const next = step.outputs.map((t, i) => (marks[i] && !step.batched[i] ? repeat(t, size) : t));
      return { marks, inputs, next, running: test.outputs[0]!, split };
    }
    for (const i of grown) marks[i] = true;
  }
}

/** A while loop over a batch runs until no element's condition holds; elements that are done keep their carries. */
export function whileBatch(
  node: Node<WhileAttrs>,
  inputs: readonly Tensor[],
  given: readonly boolean[],
  size: number,
  transforms: Transforms,
): Tensor[] {
  const { carries, maxIterations } = node.attrs;
  const loop = batchedLoop(node, given, size, transforms);
  const keep = (t: Tensor, i: number): Tensor => {
    if (!loop.split) return t;
    const mask = reshape(loop.running, [size, ...new Array<number>(t.rank - 1).fill(1)]);
    return where(mask, t, loop.inputs[i]!);
  };
  const attrs: WhileAttrs = {
    condition: { inputs: loop.inputs, outputs: [loop.split ? any(loop.running) : loop.running] },
    body: { inputs: loop.inputs, outputs: loop.next.map(keep) },
    carries,
    maxIterations,
  };
  const start = inputs.map((t, i) => (loop.marks[i] && !given[i] ? repeat(t, size) : t));
  return apply(node.op, start, attrs).map((t, i) => (loop.marks[i] ? t : repeat(t, size)));
}
