import { apply1, type Tensor } from '../tensor/ir.js';
import { decomposed, noAttrs, unaryOp } from './elementwise.js';
import { erfOf } from './erf.js';
import { normalCdf, normalPdf } from './normal.js';

/** Φ(x) + x·φ(x), written out. */
export const geluSlopeExpression = (x: Tensor): Tensor => normalCdf(x).add(x.mul(normalPdf(x)));

export const geluSlopeOp = unaryOp('geluSlope', {
  jvp: (t, x) => t.mul(normalPdf(x).mul(x.mul(x).neg().add(2))),
  scalar: {
    fn: (x) => (1 + erfOf(x * Math.SQRT1_2)) / 2 + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
  },
  onnx: decomposed(([x]) => geluSlopeExpression(x!)),
  flops: 8,
});

/** Derivative of the Gaussian error linear unit: Φ(x) + x·φ(x); its own is φ(x)·(2 − x²). */
export function geluSlope(x: Tensor): Tensor {
  return apply1(geluSlopeOp, [x], noAttrs);
}
