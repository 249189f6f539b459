import { describe } from '../tensor/describe.js';
import { DTypeError, ShapeError } from '../tensor/errors.js';
import { apply1, type Node, type Op, type ScalarFunction, type Tensor } from '../tensor/ir.js';
import { normalizeAxes, sizeOf } from '../tensor/shape.js';
import { keptShape, type ReduceAttrs, reducedShape } from './sum.js';

interface ExtremumRule {
  readonly onnx: string;
  readonly init: number;
  readonly step: ScalarFunction;
}

/** 1 at the extremal elements, divided by their number: the derivative, ties sharing it equally. */
function shares(node: Node<ReduceAttrs>): Tensor {
  const x = node.inputs[0]!;
  const { axes } = node.attrs;
  const mask = x.equal(node.outputs[0]!.reshape(keptShape(x.shape, axes))).cast(x.dtype);
  return mask.div(mask.sum(axes, true));
}

/** Makes the op of a largest or smallest element. */
export function extremumOp(name: string, { onnx, init, step }: ExtremumRule): Op<ReduceAttrs> {
  const op: Op<ReduceAttrs> = {
    name,
    differentiable: true,
    infer: ([x], { axes }) => {
      if (x!.dtype === 'bool') throw new DTypeError(`${name}: needs numbers, got ${describe(x!)}`);
      const shape = reducedShape(x!.shape, axes);
      if (x!.size === 0 && sizeOf(shape) > 0) {
        throw new ShapeError(`${name} over axes [${axes.join(', ')}] of ${describe(x!)}: no elements`);
      }
      return [{ shape, dtype: x!.dtype }];
    },
    jvp: (node, [t]) => [t!.mul(shares(node)).sum(node.attrs.axes)],
    batch: ({ attrs }, [x]) => [apply1(op, [x!], { axes: attrs.axes.map((a) => a + 1) })],
    lower: (context, { attrs }, [x]) => [context.emit(onnx, [x!, context.ints(attrs.axes)], { keepdims: { int: 0 } })],
    reference: { kind: 'reduce', axes: ({ attrs }) => attrs.axes, init, step },
    flops: (node) => node.inputs[0]!.size,
  };
  return op;
}

/** The reduction by `op`, with the axes removed or kept. */
export function extremum(
  op: Op<ReduceAttrs>,
  x: Tensor,
  axes: number | readonly number[] | undefined,
  keepDims: boolean,
): Tensor {
  const normal = normalizeAxes(axes, x.rank, op.name);
  const out = normal.length === 0 ? x : apply1(op, [x], { axes: normal });
  return keepDims ? out.reshape(keptShape(x.shape, normal)) : out;
}
