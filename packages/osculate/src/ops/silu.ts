import type { Tensor } from '../tensor/ir.js';

/** x·sigmoid(x), also called swish (Elfwing et al. 2018). */
export function silu(x: Tensor): Tensor {
  return x.mul(x.sigmoid());
}
