import '../ops/index.js';

export { ggn, hessian, jacobian } from './dense.js';
export { grad, jvp, type LinearMap, linearize, valueAndGrad, vjp } from './first-order.js';
export { ggnvp, hvp } from './second-order.js';
export type { ArrayFunction, GradientFunction, ScalarFunction, Traced } from './traced-function.js';
export { vmap } from './vmap.js';
