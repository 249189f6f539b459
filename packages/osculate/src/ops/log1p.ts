import { apply1, type Tensor } from '../tensor/ir.js';
import { decomposed, noAttrs, unaryOp } from './elementwise.js';

/**
 * log(u) for u = 1 + x as rounded, plus x − (u − 1), which is what the rounding lost. That matters near 0 only; outside of
 * [−1/2, 1] the correction is exactly 0, so that infinities pass.
 */
function expression(x: Tensor): Tensor {
  const near = x.clip(-0.5, 1);
  return x
    .add(1)
    .log()
    .add(near.sub(near.add(1).sub(1)));
}

export const log1pOp = unaryOp('log1p', {
  jvp: (t, x) => t.div(x.add(1)),
  scalar: { fn: Math.log1p, js: (x) => `Math.log1p(${x})` },
  onnx: decomposed(([x]) => expression(x!)),
});

/** log(1 + x), accurate near 0; derivative 1/(1 + x). */
export function log1p(x: Tensor): Tensor {
  return apply1(log1pOp, [x], noAttrs);
}
