import { boundaryOf, placeholder } from '../../ops/loop-body.js';
import type { WhileAttrs } from '../../ops/while-loop.js';
import { apply, type Node, type Tensor } from '../../tensor/ir.js';
import { substitute } from '../../tensor/substitute.js';

/**
 * A while loop with its graphs simplified by `simplify`, and what they compute from consts alone (the primal part of a
 * product with a curvature matrix, once its inner scans have been opened) moved out of the loop.
 */
export function optimizeWhile(
  node: Node<WhileAttrs>,
  given: readonly Tensor[],
  simplify: (outputs: readonly Tensor[], placeholders: readonly Tensor[]) => readonly Tensor[],
): readonly Tensor[] {
  const { condition, body, carries, maxIterations } = node.attrs;
  const results = simplify([...condition.outputs, ...body.outputs], body.inputs);
  const [carryIn, constIn] = [body.inputs.slice(0, carries), body.inputs.slice(carries)];
  const known = new Set(constIn);
  const invariant = boundaryOf(results, carryIn).filter((t) => !known.has(t));
  const inner = invariant.map((t) => placeholder('while const', t));
  const [test, ...next] = substitute(results, invariant, inner);
  const inputs = [...body.inputs, ...inner];
  const attrs: WhileAttrs = {
    condition: { inputs, outputs: [test!] },
    body: { inputs, outputs: next },
    carries,
    maxIterations,
  };
  return apply(node.op, [...given, ...substitute(invariant, constIn, given.slice(carries))], attrs);
}
