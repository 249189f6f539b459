import { bytesOf } from '../tensor/dtype.js';
import { topological } from '../tensor/graph.js';
import type { Tensor } from '../tensor/ir.js';
import { isConstant, isInput } from '../tensor/leaf.js';
import { outputsOf } from './program.js';
import { bodiesOf } from './verify.js';

/** What one run of a graph costs, counted from the graph alone. */
export interface GraphCost {
  /** Floating-point operations; a multiply-add counts two. Scans count their body once per iteration. */
  readonly flops: number;
  /** Floating-point operations of one iteration of every data-dependent loop, whose trip count is not known; not in `flops`. */
  readonly flopsPerIteration: number;
  /** Bytes read and written if every node's operands went through memory once, reshapes apart: an upper bound for the traffic. */
  readonly bytes: number;
  /** Most bytes of intermediate values alive at once in the graph's order (inputs and constants not counted). */
  readonly peakBytes: number;
  /** Nodes that compute something. */
  readonly nodes: number;
}

const bytesOfTensor = (t: Tensor): number => t.size * bytesOf(t.dtype);

/** The tensor whose memory it is: another shape of the same elements takes none. */
function storageOf(t: Tensor): Tensor {
  let of = t;
  while (of.node.op.name === 'reshape') of = of.node.inputs[0]!;
  return of;
}

/**
 * Counts flops, memory traffic and peak memory of a graph.
 * @example
 * costOf([input('a', 'f32', [8, 16]).matmul(input('b', 'f32', [16, 4]))]).flops; // 1024
 */
export function costOf(outputs: readonly Tensor[] | Readonly<Record<string, Tensor>>): GraphCost {
  const list = outputsOf('costOf', outputs);
  const order = topological(list).filter((n) => !isInput(n.outputs[0]!) && !isConstant(n.outputs[0]!));
  const lastUse = new Map<Tensor, number>();
  order.forEach((node, i) => {
    for (const t of node.inputs) lastUse.set(storageOf(t), i);
  });
  for (const t of list) lastUse.set(storageOf(t), order.length);
  const dying = order.map((): Tensor[] => []);
  for (const node of order) {
    for (const t of node.outputs) if (storageOf(t) === t) dying[lastUse.get(t) ?? 0]?.push(t);
  }
  let [flops, flopsPerIteration, bytes, alive, peakBytes] = [0, 0, 0, 0, 0];
  order.forEach((node, i) => {
    if (node.op.name === 'while') {
      for (const body of bodiesOf(node)) flopsPerIteration += costOf(body.outputs).flops;
    } else flops += node.op.flops(node);
    if (node.op.name === 'reshape') return;
    const written = node.outputs.reduce((sum, t) => sum + bytesOfTensor(t), 0);
    bytes += written + node.inputs.reduce((sum, t) => sum + bytesOfTensor(t), 0);
    alive += written;
    peakBytes = Math.max(peakBytes, alive);
    for (const t of dying[i]!) alive -= bytesOfTensor(t);
  });
  return { flops, flopsPerIteration, bytes, peakBytes, nodes: order.length };
}
