import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { checkShape, type Shape, sameShape, showShape, sizeOf } from '../tensor/shape.js';

interface ReshapeAttrs {
  readonly shape: Shape;
}

export const reshapeOp: Op<ReshapeAttrs> = {
  name: 'reshape',
  differentiable: true,
  infer: ([x], { shape }) => {
    checkShape(shape, 'reshape');
    if (sizeOf(shape) !== x!.size) {
      throw new ShapeError(
        `reshape: ${describe(x!)} has ${x!.size} elements, shape ${showShape(shape)} has ${sizeOf(shape)}`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [reshape(t!, node.attrs.shape)],
  transpose: (node, [ct]) => [reshape(ct!, node.inputs[0]!.shape)],
  batch: (node, [x], _, size) => [reshape(x!, [size, ...node.attrs.shape])],
  lower: (context, node, [x]) => [
    context.emit('Reshape', [x!, context.ints(node.attrs.shape)], { allowzero: { int: 1 } }),
  ],
  reference: { kind: 'view' },
  flops: () => 0,
};

function resolve(x: Tensor, shape: Shape): Shape {
  const wild = shape.indexOf(-1);
  if (wild < 0) return shape;
  const known = sizeOf(shape.filter((_, i) => i !== wild));
  const rest = x.size / known;
  if (shape.lastIndexOf(-1) !== wild || !Number.isInteger(rest)) {
    throw new ShapeError(`reshape: cannot infer -1 in ${showShape(shape)} for ${describe(x)}`);
  }
  return shape.map((d, i) => (i === wild ? rest : d));
}

/** The same elements in row-major order under another shape; one dimension may be −1 and is inferred. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const target = resolve(x, shape);
  return sameShape(target, x.shape) ? x : apply1(reshapeOp, [x], { shape: target });
}
