import { hessian, hvp } from '../../autodiff/index.js';
import { derivedSource } from './derived-source.js';

/** The Hessian ∇²f, exactly: dense by n products in one program, or by Hessian-vector products (Pearlmutter 1994). */
export const exactHessian = derivedSource({
  name: 'Hessian',
  dense: (batch, weights) => hessian(batch.loss, weights),
  product: (batch, weights, v) => hvp(batch.loss, [...weights], [...v]),
});
