import { dependents, topological } from '../../tensor/graph.js';
import type { Tensor } from '../../tensor/ir.js';
import { isConstant } from '../../tensor/leaf.js';

/** Literals up to this many elements stay in the body; larger ones become inputs like any other outer tensor. */
const smallLiteral = 64;

/** True for a literal that bodies may hold themselves. */
export function isLiteral(t: Tensor): boolean {
  return isConstant(t) && t.size <= smallLiteral;
}

/**
 * Where a graph of placeholders meets the rest: the tensors that do not depend on `placeholders` but are read by nodes that
 * do, or are outputs themselves. Small literals are left out.
 */
export function boundaryOf(outputs: readonly Tensor[], placeholders: readonly Tensor[]): Tensor[] {
  const active = dependents(outputs, placeholders);
  const boundary = new Set<Tensor>();
  const meet = (t: Tensor): void => {
    if (!active.has(t) && !isLiteral(t)) boundary.add(t);
  };
  for (const node of topological(outputs, new Set(placeholders))) {
    if (node.outputs.some((t) => active.has(t))) for (const t of node.inputs) meet(t);
  }
  for (const t of outputs) meet(t);
  return [...boundary];
}
