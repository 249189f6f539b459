import { ggn, ggnvp } from '../../autodiff/index.js';
import { derivedSource } from './derived-source.js';

/**
 * The generalised Gauss-Newton matrix Jᵀ·H_L·J of the model's outputs (Schraudolph 2002), positive semi-definite for convex losses. For
 * residuals with f = Σ rᵢ² it is 2·JᵀJ. InputError for a plain function, which has no outputs.
 */
export const gaussNewtonMatrix = derivedSource({
  name: 'Gauss-Newton',
  dense: (batch, weights) => ggn(batch.loss, batch.outputs, weights),
  product: (batch, weights, v) => ggnvp(batch.loss, batch.outputs, [...weights], [...v]),
});
