import { grad, vmap } from '../autodiff/index.js';
import type { MatmulAttrs } from '../ops/matmul.js';
import type { Tensor } from '../tensor/ir.js';
import type { Batch } from './objective.js';

/** What `of` makes of each row of a batch by itself, stacked. A batch without fields, that of a plain function, is one row. */
export function ofEachRow(batch: Batch, of: (row: Batch) => Tensor[]): Tensor[] {
  const [inputs, targets] = [{ ...batch.inputs }, { ...batch.targets }];
  if (Object.keys(inputs).length + Object.keys(targets).length === 0)
    return of(batch).map((t) => t.reshape([1, ...t.shape]));
  const eachRow = (x: Record<string, Tensor>, y: Record<string, Tensor>): Tensor[] => of(batch.row(x, y));
  return vmap(eachRow)(inputs, targets);
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
  const { transA, transB } = product.node.attrs as MatmulAttrs;
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
 * Σ over the rows of the squared gradient of each row's loss by some of the weights: the diagonal that Martens 2010 preconditions with.
 * Weights of dense layers cost no more than a gradient (the square of an outer product is an outer product of squares); for other
 * parameters the gradients of single rows are formed.
 */
export function squaredRowGradients(
  batch: Batch,
  lossOf: (row: Batch) => Tensor,
  weights: readonly Tensor[],
): Tensor[] {
  const perRow = ofEachRow(batch, (row) => grad(lossOf(row), [...weights], { unreachable: 'zero' }));
  return perRow.map((g) => squaredOuterProduct(g) ?? g.mul(g).sum([0]));
}
