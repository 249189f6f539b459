import { hvp } from '../../autodiff/index.js';
import type { LinearOperator } from './linear-operator.js';
import type { CurvatureModel } from './model.js';
import { type ProductGraph, productsOperator } from './vector-products.js';

const hessianProduct: ProductGraph = ({ loss, weights }, v) => hvp(loss, weights, v, { unreachable: 'zero' });

/**
 * The Hessian ∇²L of the mean loss over the whole data set, exact (Pearlmutter 1994). A product costs about two gradients. Add weight
 * decay as `dampedOperator(…, weightDecay)`.
 */
export function hessianOperator(model: CurvatureModel): LinearOperator {
  return productsOperator(model, 'Hessian', hessianProduct);
}
