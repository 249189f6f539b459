import { grad, type TensorTree, vmap } from '../../autodiff/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { mapTree } from '../../tensor/tree.js';

interface ProductAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
}

/** The node below reshapes. */
function core(t: Tensor): Tensor {
  return t.node.op.name === 'reshape' ? core(t.node.inputs[0]!) : t;
}

/**
 * Σ over the batch of squares of a batched outer product [B, m, 1]·[B, 1, n]: (Σ_b a²·c²ᵀ) is one product of the squared factors,
 * so that the B × m × n array is never made.
 */
function squaredOuterProduct(t: Tensor): Tensor | null {
  const product = core(t);
  if (product.node.op.name !== 'matmul') return null;
  const { transA, transB } = product.node.attrs as unknown as ProductAttrs;
  const [a, c] = product.node.inputs as [Tensor, Tensor];
  const batch = t.shape[0]!;
  const inner = transA ? a.shape.at(-2) : a.shape.at(-1);
  if (inner !== 1 || a.size !== batch * product.shape.at(-2)! || c.size !== batch * product.shape.at(-1)!) return null;
  if (a.shape[0] !== batch || c.shape[0] !== batch) return null;
  const rows = (x: Tensor): Tensor => x.reshape([batch, x.size / batch]);
  const square = (x: Tensor): Tensor => x.mul(x);
  const sum = square(rows(a)).product(square(rows(c)), true, false);
  return transB === undefined ? null : sum.reshape(t.shape.slice(1));
}

/**
 * Σ over examples of the squared gradient of each example's loss: the diagonal that Martens 2010 preconditions with. `loss(x, y)`
 * is the loss of a batch of one. Weights of dense layers cost no more than a gradient (the square of an outer product is
 * an outer product of squares); for other parameters the per-example gradients are formed.
 */
export function sumOfSquaredExampleGradients(
  loss: (x: Tensor, y: Tensor) => Tensor,
  x: Tensor,
  y: Tensor,
  weights: TensorTree,
): TensorTree {
  const single = (row: Tensor): Tensor => row.reshape([1, ...row.shape]);
  const perExample = vmap((xi: Tensor, yi: Tensor) => grad(loss(single(xi), single(yi)), weights))(x, y);
  return mapTree(perExample, (g) => squaredOuterProduct(g) ?? g.mul(g).sum([0]));
}
