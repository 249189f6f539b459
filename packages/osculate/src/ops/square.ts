import type { Tensor } from '../tensor/ir.js';

/** x². */
export function square(x: Tensor): Tensor {
  return x.mul(x);
}
