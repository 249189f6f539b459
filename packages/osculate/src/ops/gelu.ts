import { apply1, type Tensor } from '../tensor/ir.js';
import { decomposed, noAttrs, unaryOp } from './elementwise.js';
import { erfOf } from './erf.js';
import { geluSlope } from './gelu-slope.js';
import { normalCdf } from './normal.js';

/** x·Φ(x), written out. */
export const geluExpression = (x: Tensor): Tensor => x.mul(normalCdf(x));

/** A primitive for the sake of its derivatives, which are shorter than the product rule makes them. */
export const geluOp = unaryOp('gelu', {
  jvp: (t, x) => t.mul(geluSlope(x)),
  scalar: { fn: (x) => (x * (1 + erfOf(x * Math.SQRT1_2))) / 2 },
  onnx: decomposed(([x]) => geluExpression(x!)),
  flops: 5,
});

/** Gaussian error linear unit x·Φ(x) (Hendrycks and Gimpel 2016), or its approximation by tanh. */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  if (approximate === 'none') return apply1(geluOp, [x], noAttrs);
  const inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
  return x.mul(inner.tanh().add(1)).mul(0.5);
}
