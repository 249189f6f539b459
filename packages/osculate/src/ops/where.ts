import { describe, sameDType } from '../tensor/describe.js';
import { DTypeError } from '../tensor/errors.js';
import { apply1, type LowerContext, type Op, type Tensor } from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';
import { alignBatched, broadcastAll, broadcastTangent, type NoAttrs, noAttrs, sumTo } from './elementwise.js';

/** ONNX Runtime's Where has no kernel for booleans. */
function lowerBool(context: LowerContext, [c, a, b]: readonly string[]): string {
  const otherwise = context.emit('And', [context.emit('Not', [c!]), b!]);
  return context.emit('Or', [context.emit('And', [c!, a!]), otherwise]);
}

export const whereOp: Op<NoAttrs> = {
  name: 'where',
  differentiable: true,
  infer: ([c, a, b]) => {
    if (c!.dtype !== 'bool') throw new DTypeError(`where: the condition must be bool, got ${describe(c!)}`);
    sameDType('where', a!, b!);
    const what = `where of ${describe(c!)}, ${describe(a!)} and ${describe(b!)}`;
    return [{ shape: broadcastAll(what, [c!, a!, b!]), dtype: a!.dtype }];
  },
  jvp: (node, [, ta, tb]) => {
    const out = node.outputs[0]!;
    const zero = full(0, out.dtype);
    return [broadcastTangent(where(node.inputs[0]!, ta ?? zero, tb ?? zero), out.shape)];
  },
  transpose: (node, [ct], linear) => {
    const [c, a, b] = node.inputs as [Tensor, Tensor, Tensor];
    const zero = full(0, ct!.dtype);
    return [
      null,
      linear[1] ? sumTo(where(c, ct!, zero), a.shape) : null,
      linear[2] ? sumTo(where(c, zero, ct!), b.shape) : null,
    ];
  },
  batch: (node, inputs, batched) => {
    const [c, a, b] = alignBatched(node, inputs, batched) as [Tensor, Tensor, Tensor];
    return [where(c, a, b)];
  },
  lower: (context, node, inputs) => [
    node.outputs[0]!.dtype === 'bool' ? lowerBool(context, inputs) : context.emit('Where', inputs),
  ],
  reference: {
    kind: 'elementwise',
    scalar: () => ({ fn: (c, a, b) => (c !== 0 ? a! : b!), js: (c, a, b) => `(${c} !== 0 ? ${a} : ${b})` }),
  },
  flops: (node) => node.outputs[0]!.size,
};

/**
 * a where the condition holds, b elsewhere, with broadcasting. Linear in a and b: the derivative of the branch that is not
 * taken is dropped, but NaN or ∞ in its own derivative still spoils 0·∞; make its input safe with a second `where`.
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return apply1(whereOp, [condition, a, b], noAttrs);
}
