import { describe } from '../tensor/describe.js';
import { isInteger } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import { apply1, type Tensor } from '../tensor/ir.js';
import { unaryOp } from './elementwise.js';

interface ClipAttrs {
  readonly low: number;
  readonly high: number;
}

export const clipOp = unaryOp<ClipAttrs>('clip', {
  jvp: (t, x, y) => t.mul(x.equal(y).cast(x.dtype)),
  scalar: ({ low, high }) => ({
    fn: (x) => Math.min(Math.max(x, low), high),
    js: (x) => `Math.min(Math.max(${x}, ${low}), ${high})`,
  }),
  onnx: (context, [x], { attrs, inputs }) => {
    const bound = (value: number): string => (Number.isFinite(value) ? context.scalar(value, inputs[0]!.dtype) : '');
    return context.emit('Clip', [x!, bound(attrs.low), bound(attrs.high)]);
  },
  accepts: 'number',
});

/**
 * x limited to [low, high]; either may be infinite. The derivative is 1 where low ≤ x ≤ high, 0 outside.
 * @throws InputError when low > high, or a finite bound of integers is not one.
 */
export function clip(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) throw new InputError(`clip of ${describe(x)}: needs low ≤ high, got ${low} and ${high}`);
  const bad = isInteger(x.dtype) ? [low, high].find((b) => Number.isFinite(b) && !Number.isInteger(b)) : undefined;
  if (bad !== undefined) throw new InputError(`clip of ${describe(x)}: the bound ${bad} is not an integer`);
  return apply1(clipOp, [x], { low, high });
}
