import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { broadcastShapes, type Shape, sameShape, showShape, stridesOf } from '../tensor/shape.js';
import { sumTo } from './elementwise.js';

interface ExpandAttrs {
  readonly shape: Shape;
}

export const expandOp: Op<ExpandAttrs> = {
  name: 'expand',
  differentiable: true,
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes(x!.shape, shape, 'expand'), shape)) {
      throw new ShapeError(`expand: ${describe(x!)} does not broadcast to ${showShape(shape)}`);
    }
    return [{ shape, dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [expand(t!, node.attrs.shape)],
  transpose: (node, [ct]) => [sumTo(ct!, node.inputs[0]!.shape)],
  batch: (node, [x], _, size) => {
    const { shape } = node.attrs;
    const lead = new Array<number>(shape.length - node.inputs[0]!.rank).fill(1);
    return [expand(x!.reshape([size, ...lead, ...x!.shape.slice(1)]), [size, ...shape])];
  },
  lower: (context, node, [x]) => [context.emit('Expand', [x!, context.ints(node.attrs.shape)])],
  reference: {
    kind: 'strided',
    map: (node) => {
      const { shape } = node.inputs[0]!;
      const strides = stridesOf(shape);
      const lead = node.attrs.shape.length - shape.length;
      return {
        offset: 0,
        strides: node.attrs.shape.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : strides[i - lead]!)),
      };
    },
  },
  flops: () => 0,
};

/** Broadcasts to a larger shape (NumPy's broadcast_to). */
export function expand(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : apply1(expandOp, [x], { shape });
}
