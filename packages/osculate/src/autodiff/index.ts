import '../ops/index.js';

export { flatten, ggn, hessian, jacobian, unflatten } from './dense.js';
export { type DerivativeOptions, grad, jvp, type LinearMap, linearize, valueAndGrad, vjp } from './first-order.js';
export { ggnvp, hvp } from './second-order.js';
export type { TensorTree } from './trees.js';
export { vmap } from './vmap.js';
