import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, decomposed, f32Kernel, noAttrs, polynomial, unaryOp } from './elementwise.js';

export const sinOp = unaryOp('sin', {
  jvp: (t, x) => t.mul(x.cos()),
  scalar: { fn: Math.sin, js: (x) => `Math.sin(${x})` },
  onnx: 'Sin',
});

/** Sine. */
export function sin(x: Tensor): Tensor {
  return apply1(sinOp, [x], noAttrs);
}

export const cosOp = unaryOp('cos', {
  jvp: (t, x) => t.mul(x.sin().neg()),
  scalar: { fn: Math.cos, js: (x) => `Math.cos(${x})` },
  onnx: 'Cos',
});

/** Cosine. */
export function cos(x: Tensor): Tensor {
  return apply1(cosOp, [x], noAttrs);
}

export const tanOp = unaryOp('tan', {
  jvp: (t, _x, y) => t.mul(y.mul(y).add(1)),
  scalar: { fn: Math.tan, js: (x) => `Math.tan(${x})` },
  onnx: f32Kernel('Tan', (x) => x.sin().div(x.cos())),
});

/** Tangent; derivative 1 + tan²(x). */
export function tan(x: Tensor): Tensor {
  return apply1(tanOp, [x], noAttrs);
}

/** √(1 − x²), accurate near ±1: the cosine of the arc. */
function cosine(x: Tensor): Tensor {
  return x.neg().add(1).mul(x.add(1)).sqrt();
}

export const asinOp = unaryOp('asin', {
  jvp: (t, x) => t.mul(cosine(x).reciprocal()),
  scalar: { fn: Math.asin, js: (x) => `Math.asin(${x})` },
  onnx: f32Kernel('Asin', (x) => x.div(cosine(x)).atan()),
});

/** Arc sine of x in [−1, 1]; derivative 1/√(1 − x²). */
export function asin(x: Tensor): Tensor {
  return apply1(asinOp, [x], noAttrs);
}

export const acosOp = unaryOp('acos', {
  jvp: (t, x) => t.mul(cosine(x).reciprocal().neg()),
  scalar: { fn: Math.acos, js: (x) => `Math.acos(${x})` },
  onnx: f32Kernel('Acos', (x) => x.neg().add(1).div(x.add(1)).sqrt().atan().mul(2)),
});

/** Arc cosine of x in [−1, 1]; derivative −1/√(1 − x²). */
export function acos(x: Tensor): Tensor {
  return apply1(acosOp, [x], noAttrs);
}

/** x + x³·P(x²)/Q(x²) on [0, 0.66], leading coefficients first: Cephes, `atan.c` (Moshier 1984); relative error 2e-16. */
const atanNumerator = [
  -0.8750608600031904, -16.157537187333652, -75.00855792314705, -122.88666844901361, -64.85021904942025,
];
const atanDenominator = [
  1, 24.858464901423062, 165.02700983169885, 432.88106049129027, 485.3903996359137, 194.5506571482614,
];

/** tan(3π/8): arcs beyond are nearer to π/2 than to π/4. */
const steep = 2.414213562373095;

/** Reduced by the arcs π/4 and π/2; x = ±∞ gives ±π/2. */
function atanExpression(x: Tensor): Tensor {
  const a = x.abs();
  const beyond = a.greater(steep);
  const middle = a.greater(0.66);
  const r = beyond.where(a.reciprocal().neg(), middle.where(a.sub(1).div(a.add(1)), a));
  const z = r.mul(r);
  const arc = r.add(r.mul(z).mul(polynomial(z, atanNumerator).div(polynomial(z, atanDenominator))));
  const offset = beyond.where(Math.PI / 2, middle.cast(x.dtype).mul(Math.PI / 4));
  return offset.add(arc).mul(x.sign());
}

export const atanOp = unaryOp('atan', {
  jvp: (t, x) => t.div(x.mul(x).add(1)),
  scalar: { fn: Math.atan, js: (x) => `Math.atan(${x})` },
  onnx: f32Kernel('Atan', atanExpression),
});

/** Arc tangent; derivative 1/(1 + x²). */
export function atan(x: Tensor): Tensor {
  return apply1(atanOp, [x], noAttrs);
}

/** x²+y². */
function squares(y: Tensor, x: Tensor): Tensor {
  return y.mul(y).add(x.mul(x));
}

/** Whether a number is below zero, or the zero that 1/x shows to be negative. */
function isNegative(x: Tensor): Tensor {
  return x.less(0).logicalOr(x.equal(0).logicalAnd(x.reciprocal().less(0)));
}

/** The arc between the x axis and |y/x|, mirrored for negative x, then for negative y. */
function atan2Expression(y: Tensor, x: Tensor): Tensor {
  const [ay, ax] = [y.abs(), x.abs()];
  // Equal operands first: ∞/∞ is 1 here. Then zeros: 0/0 is 0.
  const slope = ay.equal(0).where(0, ay.equal(ax).where(1, ay.div(ax)));
  const arc = slope.atan();
  const right = isNegative(x).where(arc.neg().add(Math.PI), arc);
  return isNegative(y).where(right.neg(), right);
}

export const atan2Op = binaryOp('atan2', {
  jvp: [(t, y, x) => t.mul(x.div(squares(y, x))), (t, y, x) => t.mul(y.div(squares(y, x)).neg())],
  scalar: { fn: Math.atan2, js: (y, x) => `Math.atan2(${y}, ${x})` },
  onnx: decomposed(([y, x]) => atan2Expression(y!, x!)),
  accepts: 'float',
});

/** The angle in [−π, π] of the point (x, y), with broadcasting; zeros and infinities as in IEEE 754. y comes first. */
export function atan2(y: Tensor, x: Tensor): Tensor {
  return apply1(atan2Op, [y, x], noAttrs);
}

export const sinhOp = unaryOp('sinh', {
  jvp: (t, x) => t.mul(x.cosh()),
  scalar: { fn: Math.sinh, js: (x) => `Math.sinh(${x})` },
  onnx: f32Kernel('Sinh', (x) => x.tanh().mul(x.cosh())),
});

/** Hyperbolic sine; derivative cosh(x). */
export function sinh(x: Tensor): Tensor {
  return apply1(sinhOp, [x], noAttrs);
}

/** (e^|x| + e^−|x|)/2 by the root of e^|x|, which does not overflow before the result. */
function coshExpression(x: Tensor): Tensor {
  const root = x.abs().mul(0.5).exp();
  const half = root.mul(0.5).mul(root);
  return half.add(half.reciprocal().mul(0.25));
}

export const coshOp = unaryOp('cosh', {
  jvp: (t, x) => t.mul(x.sinh()),
  scalar: { fn: Math.cosh, js: (x) => `Math.cosh(${x})` },
  onnx: f32Kernel('Cosh', coshExpression),
});

/** Hyperbolic cosine; derivative sinh(x). */
export function cosh(x: Tensor): Tensor {
  return apply1(coshOp, [x], noAttrs);
}

export const tanhOp = unaryOp('tanh', {
  jvp: (t, _x, y) => t.mul(y.mul(y).neg().add(1)),
  scalar: { fn: Math.tanh, js: (x) => `Math.tanh(${x})` },
  onnx: 'Tanh',
});

/** Hyperbolic tangent; derivative 1 − tanh²(x). */
export function tanh(x: Tensor): Tensor {
  return apply1(tanhOp, [x], noAttrs);
}
