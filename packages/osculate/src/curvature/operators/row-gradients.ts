import { grad, linearize, vmap } from '../../autodiff/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { leaves, mapTree, type Tree } from '../../tensor/tree.js';
import type { CurvatureModel, ModelBatch, StreamOptions } from './model.js';
import type { ProductGraph } from './vector-products.js';

/** Elements of all row gradients that are held at once. */
const HELD = 2 ** 24;

/** (1/B) Σᵢ gᵢ gᵢᵀ v over the gradients gᵢ of the rows' losses, as Jᵀ(J v)/B of the losses: no gradient of a row is formed. */
export const secondMomentProduct: ProductGraph = ({ rows, weights, x, y, rowLoss }, v) => {
  const losses = vmap(rowLoss)(x, y);
  const map = linearize(
    [losses],
    leaves(weights).map(([, t]) => t),
  );
  const slopes = map.apply(leaves(v).map(([, t]) => t));
  const products = map.transpose(slopes.map((s) => s?.mul(1 / rows) ?? null));
  let next = 0;
  return mapTree(weights, (t: Tensor) => products[next++] ?? full(0, t.dtype).expand(t.shape));
};

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

/** The gradient of the mean loss over the whole data set. */
export async function meanGradient(model: CurvatureModel): Promise<Float64Array> {
  const means = await model.mean('gradient', ({ loss, weights }) => ({
    gradient: grad(loss, weights, { unreachable: 'zero' }),
  }));
  return flatten(model, means, 'gradient.');
}

function flatten({ layout }: CurvatureModel, named: Record<string, Float64Array>, prefix: string): Float64Array {
  const flat = new Float64Array(layout.size);
  for (const { name, offset } of layout.slots) flat.set(named[prefix + name]!, offset);
  return flat;
}
