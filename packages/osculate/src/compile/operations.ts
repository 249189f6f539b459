import { topological } from '../tensor/graph.js';
import type { Node } from '../tensor/ir.js';
import { bodiesOf } from './verify.js';

/** How often the bodies of a loop run, at most. */
function iterationsOf({ attrs }: Node): number {
  const count = 'length' in attrs ? attrs.length : 'maxIterations' in attrs ? attrs.maxIterations : 1;
  return typeof count === 'number' ? count : 1;
}

/** Elements written and operations of some nodes, those in loops as often as they may run: what evaluating them costs at most. */
export function operationsOf(nodes: Iterable<Node>): number {
  let total = 0;
  for (const node of nodes) {
    for (const { size } of node.outputs) total += size;
    const bodies = bodiesOf(node);
    if (bodies.length === 0) total += node.op.flops(node);
    else
      total +=
        iterationsOf(node) * bodies.reduce((sum, { outputs }) => sum + 1 + operationsOf(topological(outputs)), 0);
  }
  return total;
}
