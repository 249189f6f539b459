import { requireFloat } from '../tensor/describe.js';
import { isInteger } from '../tensor/dtype.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxis } from '../tensor/shape.js';
import { around } from './around.js';

export interface CumsumOptions {
  /** Element i is the sum of those before it, without itself. */
  readonly exclusive?: boolean;
  /** Sums run from the end. */
  readonly reverse?: boolean;
}

interface CumsumAttrs {
  readonly axis: number;
  readonly exclusive: boolean;
  readonly reverse: boolean;
}

function prepare(node: Node<CumsumAttrs>): BufferFunction {
  const { axis, exclusive, reverse } = node.attrs;
  const { outer, length, inner } = around(node.inputs[0]!.shape, axis);
  const step = reverse ? -inner : inner;
  return ([x], [y]) => {
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < inner; k++) {
        let at = (o * length + (reverse ? length - 1 : 0)) * inner + k;
        let total = 0;
        for (let i = 0; i < length; i++) {
          const value = x![at]!;
          y![at] = exclusive ? total : total + value;
          total += value;
          at += step;
        }
      }
    }
  };
}

export const cumsumOp: Op<CumsumAttrs> = {
  name: 'cumsum',
  differentiable: true,
  infer: ([x]) => {
    if (!isInteger(x!.dtype)) requireFloat('cumsum', x!);
    return [{ shape: x!.shape, dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [apply1(cumsumOp, [t!], node.attrs)],
  transpose: ({ attrs }, [ct]) => [apply1(cumsumOp, [ct!], { ...attrs, reverse: !attrs.reverse })],
  batch: ({ attrs }, [x]) => [apply1(cumsumOp, [x!], { ...attrs, axis: attrs.axis + 1 })],
  lower: (context, { attrs }, [x]) => [
    context.emit('CumSum', [x!, context.scalar(attrs.axis, 'i64')], {
      exclusive: { int: attrs.exclusive ? 1 : 0 },
      reverse: { int: attrs.reverse ? 1 : 0 },
    }),
  ],
  reference: { kind: 'kernel', prepare },
  flops: (node) => node.inputs[0]!.size,
};

/** Running sums along an axis: yᵢ = Σ_{j ≤ i} xⱼ. */
export function cumsum(x: Tensor, axis: number, { exclusive = false, reverse = false }: CumsumOptions = {}): Tensor {
  return apply1(cumsumOp, [x], { axis: normalizeAxis(axis, x.rank, 'cumsum'), exclusive, reverse });
}
