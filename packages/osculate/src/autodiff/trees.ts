import { describe } from '../tensor/describe.js';
import { isFloat } from '../tensor/dtype.js';
import { DerivativeError, ShapeError } from '../tensor/errors.js';
import { dependents, topological } from '../tensor/graph.js';
import { checkTensor, type Node, type Tensor } from '../tensor/ir.js';
import { leaves, mapTree, type Tree } from '../tensor/tree.js';

export type TensorTree = Tree<Tensor>;

/** The tensors of a tree, in order. @throws InputError for a leaf that is none. */
export function tensorsOf(what: string, tree: TensorTree): Tensor[] {
  return leaves(tree).map(([, t]) => {
    checkTensor(what, t);
    return t;
  });
}

/** The nesting of `tree` filled with `values` in the order of its leaves. */
export function likeTree<T extends TensorTree>(tree: T, values: readonly Tensor[]): T {
  let i = 0;
  return mapTree(tree as TensorTree, () => values[i++]!) as T;
}

/** The tensors of a tree that must have the same number of leaves as another. */
export function matchingTensors(what: string, tree: TensorTree, like: readonly Tensor[]): Tensor[] {
  const list = tensorsOf(what, tree);
  if (list.length !== like.length) {
    throw new ShapeError(`${what}: got ${list.length} tensors for ${like.length} (${like.map(describe).join(', ')})`);
  }
  return list;
}

/** Why no derivative reaches `wrt`: not used at all, or only through ops without a derivative, which are named. */
export function unreachable(what: string, outputs: readonly Tensor[], wrt: Tensor): DerivativeError {
  const of = outputs.length === 1 ? describe(outputs[0]!) : 'the outputs';
  const active = dependents(outputs, [wrt]);
  if (!outputs.some((t) => active.has(t))) {
    return new DerivativeError(
      `${what}: ${of} does not depend on ${describe(wrt)}; remove it from the parameters, or pass { unreachable: 'zero' }`,
    );
  }
  const blocks = (n: Node): boolean => !n.op.differentiable || !n.outputs.some((t) => isFloat(t.dtype));
  const blocking = topological(outputs, new Set([wrt])).filter(
    (n) => blocks(n) && n.inputs.some((t) => isFloat(t.dtype) && active.has(t)),
  );
  const names = [...new Set(blocking.map((n) => n.op.name))].join(', ');
  return new DerivativeError(
    `${what}: ${of} depends on ${describe(wrt)} only through ${names}, which has no derivative; ` +
      `use a differentiable function there, or pass { unreachable: 'zero' }`,
  );
}
