import { axpy, dot } from '../../linalg/krylov/vectors.js';
import { type LinearOperator, linearOperator } from './linear-operator.js';
import type { CurvatureModel } from './model.js';
import { once } from './once.js';
import { meanGradient, secondMomentDiagonal, secondMomentProduct } from './row-gradients.js';
import { vectorProducts } from './vector-products.js';

/**
 * The covariance (1/N) Σᵢ (gᵢ − ḡ)(gᵢ − ḡ)ᵀ of the gradients of the rows' losses, over the whole data set as the population. A product
 * costs about as much as one with the GGN, the first one a gradient more; the diagonal is exact in one pass. The model must treat rows
 * independently (no batch statistics).
 */
export function gradientCovarianceOperator(model: CurvatureModel): LinearOperator {
  const mean = once(() => meanGradient(model));
  return linearOperator({
    name: 'gradient covariance',
    size: model.layout.size,
    applyBatch: async (vectors) => {
      const g = await mean();
      const products = await vectorProducts(model, 'second moment', secondMomentProduct, vectors);
      products.forEach((product, k) => void axpy(-dot(g, vectors[k]!), g, product));
      return products;
    },
    diagonal: async () => {
      const g = await mean();
      return (await secondMomentDiagonal(model)).map((square, i) => square - g[i]! ** 2);
    },
  });
}
