import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, noAttrs, unaryOp } from './elementwise.js';
import { border, middle, small } from './erf-rational.js';
import { polynomial, polynomialAt } from './polynomial.js';

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
