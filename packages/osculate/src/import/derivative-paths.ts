import { isFloat } from '../tensor/dtype.js';
import type { Node, Tensor } from '../tensor/ir.js';

const passes = ({ op, outputs }: Node): boolean => op.differentiable && outputs.some((t) => isFloat(t.dtype));

/**
 * The nodes from which a derivative can arrive at one of the outputs: those that are not read only by comparisons, roundings to
 * integers and the like. Cost: one visit per node and edge.
 */
export function derivativePaths(outputs: readonly Tensor[]): Set<Node> {
  const seen = new Set<Node>();
  const stack = outputs.map(({ node }) => node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (passes(node)) stack.push(...node.inputs.map((t) => t.node));
  }
  return seen;
}
