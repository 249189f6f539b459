import { bodiesOf } from '../../compile/verify.js';
import { topological } from '../../tensor/graph.js';
import type { Node, Tensor } from '../../tensor/ir.js';

/**
 * An operation below these sizes is done before a second thread has woken up: gradients of MLPs whose largest product has
 * 0.3 to 8 MFLOP ran up to 1.7 times faster on one thread than on two.
 */
const largeFlops = 1e7;
const largeOutput = 2 ** 18;

function isLarge(node: Node): boolean {
  const bodies = bodiesOf(node);
  if (bodies.length > 0) return bodies.some((body) => hasLargeOperation(body.outputs));
  return node.outputs.some((t) => t.size >= largeOutput) || node.op.flops(node) >= largeFlops;
}

/** Whether any single operation of the graph, or of a loop's body, is worth more than one thread. */
export function hasLargeOperation(outputs: readonly Tensor[]): boolean {
  return topological(outputs).some((node) => node.inputs.length > 0 && isLarge(node));
}
