import { grad, linearize, type TensorTree, vmap } from '../../autodiff/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { leaves, mapTree, type Tree } from '../../tensor/tree.js';
import type { CurvatureModel, ModelBatch, StreamOptions } from './model.js';
import type { ProductGraph } from './vector-products.js';

/** Elements of all row gradients that are held at once. */
const HELD = 2 ** 24;

/**
 * (1/B) Σᵢ gᵢ gᵢᵀ v over the gradients gᵢ of the losses of the B rows, each as if alone in its batch, where `loss` is their mean: Jᵀ u with
 * uᵢ = B ∇ᵢ(∇ᵢ·(J v)ᵢ) from the gradient ∇ of the loss by the outputs. No gradient of a row is formed. Rows must not enter each other's outputs.
 */
export function secondMomentAlong<T extends TensorTree>(loss: Tensor, outputs: Tensor, weights: T, v: T): T {
  const list = leaves(weights as Tree<Tensor>).map(([, t]) => t);
  const map = linearize([outputs], list);
  const moved =
    map.apply(leaves(v as Tree<Tensor>).map(([, t]) => t))[0] ?? full(0, outputs.dtype).expand(outputs.shape);
  const rows = outputs.shape[0]!;
  const slope = grad(loss, outputs).reshape([rows, outputs.size / rows]);
  const along = slope.mul(moved.reshape(slope.shape)).sum([1], true);
  const products = map.transpose([slope.mul(along).mul(rows).reshape(outputs.shape)]);
  let next = 0;
  return mapTree(weights as Tree<Tensor>, (t: Tensor) => products[next++] ?? full(0, t.dtype).expand(t.shape)) as T;
}

/** `secondMomentAlong` for a batch of a model. */
export const secondMomentProduct: ProductGraph = ({ loss, outputs, weights }, v) =>
  secondMomentAlong(loss, outputs, weights, v);

/** (1/B) Σᵢ gᵢ², element by element. */
function secondMomentGraph({ weights, x, y, rowLoss }: ModelBatch): Tree<Tensor> {
  const gradients = vmap((one: Tensor, target: Tensor) => grad(rowLoss(one, target), weights, { unreachable: 'zero' }))(
    x,
    y,
  );
  return { squares: mapTree(gradients, (g: Tensor) => g.mul(g).mean([0])) };
}

/** The diagonal of (1/N) Σᵢ gᵢ gᵢᵀ over the whole data set, from the gradient of each row: one pass. */
export async function secondMomentDiagonal(model: CurvatureModel, options: StreamOptions = {}): Promise<Float64Array> {
  const chunk = Math.max(1, Math.floor(HELD / model.layout.size));
  const means = await model.mean('row gradients squared', secondMomentGraph, { ...options, chunk });
  return flatten(model, means, 'squares.');
}

/** The mean loss over the whole data set with its gradient. */
export async function lossAndGradient(model: CurvatureModel): Promise<{ loss: number; gradient: Float64Array }> {
  const means = await model.mean('gradient', ({ loss, weights }) => ({
    loss,
    gradient: grad(loss, weights, { unreachable: 'zero' }),
  }));
  return { loss: means.loss![0]!, gradient: flatten(model, means, 'gradient.') };
}

/** The gradient of the mean loss over the whole data set. */
export async function meanGradient(model: CurvatureModel): Promise<Float64Array> {
  return (await lossAndGradient(model)).gradient;
}

/** The mean loss over the whole data set. */
export async function meanLoss(model: CurvatureModel): Promise<number> {
  return (await model.mean('loss', ({ loss }) => ({ loss }))).loss![0]!;
}

function flatten({ layout }: CurvatureModel, named: Record<string, Float64Array>, prefix: string): Float64Array {
  const flat = new Float64Array(layout.size);
  for (const { name, offset } of layout.slots) flat.set(named[prefix + name]!, offset);
  return flat;
}
