import { scale } from '../../linalg/krylov/vectors.js';
import { type LinearOperator, linearOperator } from './linear-operator.js';
import type { CurvatureModel } from './model.js';
import { secondMomentDiagonal, secondMomentProduct } from './row-gradients.js';
import { vectorProducts } from './vector-products.js';

/**
 * The empirical Fisher (m/N) Σᵢ ∇ℓᵢ ∇ℓᵢᵀ over the rows with the targets of the data, where m is the loss's normaliser for one row: scaled
 * as the true Fisher is, which it only resembles (Kunstner, Hennig and Balles 2019). A product costs about as much as one with the
 * GGN; the diagonal is exact in one pass. The model must treat rows independently (no batch statistics).
 */
export function empiricalFisherOperator(model: CurvatureModel): LinearOperator {
  const factor = model.normalizer;
  return linearOperator({
    name: 'empirical Fisher',
    size: model.layout.size,
    applyBatch: async (vectors) => {
      const products = await vectorProducts(model, 'second moment', secondMomentProduct, vectors);
      for (const product of products) scale(factor, product);
      return products;
    },
    diagonal: async () => {
      const diagonal = await secondMomentDiagonal(model);
      scale(factor, diagonal);
      return diagonal;
    },
  });
}
