import { isFloat } from '../tensor/dtype.js';
import { apply1, type Tensor } from '../tensor/ir.js';
import { full, splat } from '../tensor/leaf.js';
import { binaryOp, noAttrs } from './elementwise.js';

export const addOp = binaryOp('add', {
  jvp: [(t) => t, (t) => t],
  transpose: [(ct) => ct, (ct) => ct],
  scalar: { fn: (x, y) => x + y, js: (x, y) => `(${x} + ${y})` },
  onnx: 'Add',
});

/** x + y elementwise, with broadcasting. What integers do on overflow is not defined. */
export function add(x: Tensor, y: Tensor): Tensor {
  return apply1(addOp, [x, y], noAttrs);
}

export const subOp = binaryOp('sub', {
  jvp: [(t) => t, (t) => t.neg()],
  transpose: [(ct) => ct, (ct) => ct.neg()],
  scalar: { fn: (x, y) => x - y, js: (x, y) => `(${x} - ${y})` },
  onnx: 'Sub',
});

/** x − y elementwise, with broadcasting. What integers do on overflow is not defined. */
export function sub(x: Tensor, y: Tensor): Tensor {
  return apply1(subOp, [x, y], noAttrs);
}

export const mulOp = binaryOp('mul', {
  jvp: [(t, _x, y) => t.mul(y), (t, x) => t.mul(x)],
  transpose: [(ct, y) => ct.mul(y), (ct, x) => ct.mul(x)],
  // The low 32 bits of a product that double precision does not hold.
  scalar: (dtype) =>
    dtype === 'i32'
      ? { fn: Math.imul, js: (x, y) => `Math.imul(${x}, ${y})` }
      : { fn: (x, y) => x * y, js: (x, y) => `(${x} * ${y})` },
  onnx: 'Mul',
});

/** x · y elementwise, with broadcasting. i32 wraps at 32 bits; what i64 does on overflow is not defined. */
export function mul(x: Tensor, y: Tensor): Tensor {
  return apply1(mulOp, [x, y], noAttrs);
}

export const divOp = binaryOp('div', {
  jvp: [(t, _x, y) => t.div(y), (t, _x, y, out) => t.mul(out.div(y).neg())],
  transpose: [(ct, y) => ct.div(y), null],
  scalar: (dtype) =>
    isFloat(dtype)
      ? { fn: (x, y) => x / y, js: (x, y) => `(${x} / ${y})` }
      : { fn: (x, y) => Math.trunc(x / y), js: (x, y) => `Math.trunc(${x} / ${y})` },
  onnx: 'Div',
});

/** x / y elementwise, with broadcasting. Integers truncate towards zero; their division by 0 is not defined. */
export function div(x: Tensor, y: Tensor): Tensor {
  return apply1(divOp, [x, y], noAttrs);
}

/** y·x^(y−1), with 0 for 0⁰: there y·x^(y−1) would be 0·∞. */
function byBase(x: Tensor, y: Tensor): Tensor {
  const constant = splat(y);
  if (constant !== undefined && constant !== 0) return pow(x, full(constant - 1, y.dtype)).mul(y);
  const critical = x.equal(0).logicalAnd(y.equal(0));
  return pow(x, critical.where(1, y.sub(1))).mul(y);
}

/** log x where x > 0, 0 elsewhere. */
function safeLog(x: Tensor): Tensor {
  return x.greater(0).where(x, 1).log();
}

export const powOp = binaryOp('pow', {
  jvp: [(t, x, y) => t.mul(byBase(x, y)), (t, x, _y, out) => t.mul(out.mul(safeLog(x)))],
  scalar: (dtype) =>
    isFloat(dtype)
      ? { fn: Math.pow, js: (x, y) => `Math.pow(${x}, ${y})` }
      : { fn: (x, y) => Math.trunc(x ** y), js: (x, y) => `Math.trunc(Math.pow(${x}, ${y}))` },
  onnx: 'Pow',
});

/** Powers that are something cheaper. */
function special(x: Tensor, exponent: number): Tensor | null {
  if (exponent === 0) return full(1, x.dtype).expand(x.shape);
  if (exponent === 1) return x;
  if (exponent === 2) return x.mul(x);
  if (!isFloat(x.dtype)) return null;
  if (exponent === 0.5) return x.sqrt();
  if (exponent === -0.5) return x.rsqrt();
  return exponent === -1 ? x.reciprocal() : null;
}

/**
 * x^y elementwise, with broadcasting; 0⁰ = 1, and negative x need integer y. The derivative by x is y·x^(y−1), 0 where
 * x = y = 0; that by y is x^y·log x where x > 0, and 0 elsewhere. The scalar constant exponents −1, ±1/2, 0, 1 and 2
 * become simpler ops; any constant exponent needs no logarithm in its derivatives.
 */
export function pow(x: Tensor, y: Tensor): Tensor {
  const exponent = y.rank === 0 && x.dtype === y.dtype ? splat(y) : undefined;
  const simpler = exponent === undefined ? null : special(x, exponent);
  return simpler ?? apply1(powOp, [x, y], noAttrs);
}

/** Share of the derivative of the maximum that goes to x: 1 where it is the result, 1/2 where both are. */
function maximumShare(x: Tensor, y: Tensor): Tensor {
  return x.greater(y).cast(x.dtype).add(x.greaterEqual(y).cast(x.dtype)).mul(0.5);
}

export const maximumOp = binaryOp('maximum', {
  jvp: [(t, x, y) => t.mul(maximumShare(x, y)), (t, x, y) => t.mul(maximumShare(y, x))],
  scalar: { fn: Math.max, js: (x, y) => `Math.max(${x}, ${y})` },
  onnx: 'Max',
});

/** The larger of x and y elementwise, with broadcasting; where they are equal each gets half of the derivative. */
export function maximum(x: Tensor, y: Tensor): Tensor {
  return apply1(maximumOp, [x, y], noAttrs);
}

/** The same for the minimum. */
function minimumShare(x: Tensor, y: Tensor): Tensor {
  return x.less(y).cast(x.dtype).add(x.lessEqual(y).cast(x.dtype)).mul(0.5);
}

export const minimumOp = binaryOp('minimum', {
  jvp: [(t, x, y) => t.mul(minimumShare(x, y)), (t, x, y) => t.mul(minimumShare(y, x))],
  scalar: { fn: Math.min, js: (x, y) => `Math.min(${x}, ${y})` },
  onnx: 'Min',
});

/** The smaller of x and y elementwise, with broadcasting; where they are equal each gets half of the derivative. */
export function minimum(x: Tensor, y: Tensor): Tensor {
  return apply1(minimumOp, [x, y], noAttrs);
}
