import { apply1, type Tensor } from '../tensor/ir.js';
import { f32Kernel, noAttrs, unaryOp } from './elementwise.js';
import { polynomial } from './polynomial.js';

/** x + x³·P(x²)/Q(x²) on [0, 0.66], leading coefficients first: Cephes, `atan.c` (Moshier 1984); relative error 2e-16. */
const numerator = [
  -0.8750608600031904, -16.157537187333652, -75.00855792314705, -122.88666844901361, -64.85021904942025,
];
const denominator = [
  1, 24.858464901423062, 165.02700983169885, 432.88106049129027, 485.3903996359137, 194.5506571482614,
];

/** tan(3π/8): arcs beyond are nearer to π/2 than to π/4. */
const steep = 2.414213562373095;

/** Reduced by the arcs π/4 and π/2; x = ±∞ gives ±π/2. */
function expression(x: Tensor): Tensor {
  const a = x.abs();
  const beyond = a.greater(steep);
  const middle = a.greater(0.66);
  const r = beyond.where(a.reciprocal().neg(), middle.where(a.sub(1).div(a.add(1)), a));
  const z = r.mul(r);
  const arc = r.add(r.mul(z).mul(polynomial(z, numerator).div(polynomial(z, denominator))));
  const offset = beyond.where(Math.PI / 2, middle.cast(x.dtype).mul(Math.PI / 4));
  return offset.add(arc).mul(x.sign());
}

export const atanOp = unaryOp('atan', {
  jvp: (t, x) => t.div(x.mul(x).add(1)),
  scalar: { fn: Math.atan, js: (x) => `Math.atan(${x})` },
  onnx: f32Kernel('Atan', expression),
});

/** Arc tangent; derivative 1/(1 + x²). */
export function atan(x: Tensor): Tensor {
  return apply1(atanOp, [x], noAttrs);
}
