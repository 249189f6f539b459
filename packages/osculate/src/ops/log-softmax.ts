import { requireFloat } from '../tensor/describe.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxis } from '../tensor/shape.js';
import { around } from './around.js';

interface LogSoftmaxAttrs {
  readonly axis: number;
}

function prepare(node: Node<LogSoftmaxAttrs>): BufferFunction {
  const { outer, length, inner } = around(node.inputs[0]!.shape, node.attrs.axis);
  const block = length * inner;
  return ([x], [y]) => {
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < inner; k++) {
        const from = o * block + k;
        const end = from + block;
        let largest = Number.NEGATIVE_INFINITY;
        for (let i = from; i < end; i += inner) largest = Math.max(largest, x![i]!);
        let total = 0;
        for (let i = from; i < end; i += inner) total += Math.exp(x![i]! - largest);
        const shift = Math.log(total);
        for (let i = from; i < end; i += inner) y![i] = x![i]! - largest - shift;
      }
    }
  };
}

export const logSoftmaxOp: Op<LogSoftmaxAttrs> = {
  name: 'logSoftmax',
  differentiable: true,
  infer: ([x]) => {
    requireFloat('logSoftmax', x!);
    return [{ shape: x!.shape, dtype: x!.dtype }];
  },
  jvp: (node, [t]) => {
    const probabilities = node.outputs[0]!.exp();
    return [t!.sub(probabilities.mul(t!).sum(node.attrs.axis, true))];
  },
  batch: ({ attrs }, [x]) => [apply1(logSoftmaxOp, [x!], { axis: attrs.axis + 1 })],
  lower: (context, { attrs }, [x]) => [context.emit('LogSoftmax', [x!], { axis: { int: attrs.axis } })],
  reference: { kind: 'kernel', prepare },
  flops: (node) => 5 * node.inputs[0]!.size,
};

/** xᵢ − log Σⱼ exp(xⱼ) along an axis: the logarithm of `softmax`, exact where that underflows. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return apply1(logSoftmaxOp, [x], { axis: normalizeAxis(axis, x.rank, 'logSoftmax') });
}
