// biome-ignore-all lint/correctness/noPrecisionLoss: the coefficients are as published
import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, noAttrs, polynomial, polynomialAt, unaryOp } from './elementwise.js';

// Rational approximations of the error function, with relative errors below 6e-19 in exact arithmetic: W. J. Cody, "Rational
// Chebyshev approximations for the error function", Math. Comp. 23 (1969). Coefficients from the highest power down.

/** Where the one approximation ends and the other begins. */
const border = 0.46875;

/** |x| ≤ `border`: erf(x) = x·P(x²)/Q(x²). */
const small = {
  p: [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694],
  q: [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171],
} as const;

/** x > `border`: erfc(x) = exp(−x²)·P(x)/Q(x). Beyond 4 its error grows, but no more than 1 − erfc(x) needs. */
const middle = {
  p: [
    2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
    881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
  ],
  q: [
    1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
    4362.619090143247, 3439.3676741437216, 1230.3393548037495,
  ],
} as const;

/** From here on erf(x) rounds to 1 in float64. */
const saturated = 6;

const slopeAtZero = 2 / Math.sqrt(Math.PI);

/** erf of a number, to float64 accuracy. */
export function erfOf(x: number): number {
  const a = Math.min(Math.abs(x), saturated);
  if (a <= border) return (x * polynomialAt(a * a, small.p)) / polynomialAt(a * a, small.q);
  const rest = (Math.exp(-a * a) * polynomialAt(a, middle.p)) / polynomialAt(a, middle.q);
  return Math.sign(x) * (1 - rest);
}

function expression(x: Tensor): Tensor {
  const a = x.abs().minimum(saturated);
  const square = a.square();
  const near = x.mul(polynomial(square, small.p).div(polynomial(square, small.q)));
  const ratio = polynomial(a, middle.p).div(polynomial(a, middle.q));
  const rest = square.neg().exp().mul(ratio);
  return a.lessEqual(border).where(near, rest.neg().add(1).mul(x.sign()));
}

export const erfOp = unaryOp('erf', {
  jvp: (t, x) => t.mul(x.square().neg().exp().mul(slopeAtZero)),
  scalar: { fn: erfOf },
  onnx: f32Kernel('Erf', expression),
});

/** Error function 2/√π·∫₀ˣ exp(−s²) ds; derivative 2/√π·exp(−x²). */
export function erf(x: Tensor): Tensor {
  return apply1(erfOp, [x], noAttrs);
}
