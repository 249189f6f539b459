import { requireFloat } from '../tensor/describe.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxis } from '../tensor/shape.js';
import { around } from './around.js';

interface SoftmaxAttrs {
  readonly axis: number;
}

function prepare(node: Node<SoftmaxAttrs>): BufferFunction {
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
        for (let i = from; i < end; i += inner) {
          const e = Math.exp(x![i]! - largest);
          y![i] = e;
          total += e;
        }
        for (let i = from; i < end; i += inner) y![i]! /= total;
      }
    }
  };
}

export const softmaxOp: Op<SoftmaxAttrs> = {
  name: 'softmax',
  differentiable: true,
  infer: ([x]) => {
    requireFloat('softmax', x!);
    return [{ shape: x!.shape, dtype: x!.dtype }];
  },
  jvp: (node, [t]) => {
    const y = node.outputs[0]!;
    const moved = y.mul(t!);
    return [moved.sub(y.mul(moved.sum(node.attrs.axis, true)))];
  },
  batch: ({ attrs }, [x]) => [apply1(softmaxOp, [x!], { axis: attrs.axis + 1 })],
  lower: (context, { attrs }, [x]) => [context.emit('Softmax', [x!], { axis: { int: attrs.axis } })],
  reference: { kind: 'kernel', prepare },
  flops: (node) => 5 * node.inputs[0]!.size,
};

/** exp(xᵢ)/Σⱼ exp(xⱼ) along an axis, shifted by the largest element so that it never overflows. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return apply1(softmaxOp, [x], { axis: normalizeAxis(axis, x.rank, 'softmax') });
}
