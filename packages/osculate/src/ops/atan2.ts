import { apply1, type Tensor } from '../tensor/ir.js';
import { binaryOp, decomposed, noAttrs } from './elementwise.js';

/** x²+y². */
function squares(y: Tensor, x: Tensor): Tensor {
  return y.mul(y).add(x.mul(x));
}

/** Whether a number is below zero, or the zero that 1/x shows to be negative. */
function isNegative(x: Tensor): Tensor {
  return x.less(0).logicalOr(x.equal(0).logicalAnd(x.reciprocal().less(0)));
}

/** The arc between the x axis and |y/x|, mirrored for negative x, then for negative y. */
function expression(y: Tensor, x: Tensor): Tensor {
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
  onnx: decomposed(([y, x]) => expression(y!, x!)),
  accepts: 'float',
});

/** The angle in [−π, π] of the point (x, y), with broadcasting; zeros and infinities as in IEEE 754. y comes first. */
export function atan2(y: Tensor, x: Tensor): Tensor {
  return apply1(atan2Op, [y, x], noAttrs);
}
