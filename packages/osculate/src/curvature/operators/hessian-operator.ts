import { hvp } from '../../autodiff/index.js';
import { type LinearOperator, linearOperator } from './linear-operator.js';
import type { CurvatureModel } from './model.js';
import { vectorProducts } from './vector-products.js';

/**
 * The Hessian ∇²L of the mean loss over the whole data set, exact (Pearlmutter 1994). A product costs about two gradients. Add weight
 * decay as `dampedOperator(…, weightDecay)`.
 */
export function hessianOperator(model: CurvatureModel): LinearOperator {
  return linearOperator({
    name: 'Hessian',
    size: model.layout.size,
    applyBatch: (vectors) =>
      vectorProducts(
        model,
        'Hessian',
        ({ loss, weights }, v) => hvp(loss, weights, v, { unreachable: 'zero' }),
        vectors,
      ),
  });
}
