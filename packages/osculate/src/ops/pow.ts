import { isFloat } from '../tensor/dtype.js';
import { apply1, type Tensor } from '../tensor/ir.js';
import { full, splat } from '../tensor/leaf.js';
import { binaryOp, noAttrs } from './elementwise.js';

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
