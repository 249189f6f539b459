import type { Tensor } from '../tensor/ir.js';

/** Distribution function of the standard normal: Φ(x) = (1 + erf(x/√2))/2. */
export function normalCdf(x: Tensor): Tensor {
  return x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
}

/** Density of the standard normal: φ(x) = exp(−x²/2)/√(2π). */
export function normalPdf(x: Tensor): Tensor {
  return x
    .mul(x)
    .mul(-0.5)
    .sub(Math.log(2 * Math.PI) / 2)
    .exp();
}
