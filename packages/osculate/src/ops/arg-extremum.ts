import { describe } from '../tensor/describe.js';
import { DTypeError, ShapeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxis } from '../tensor/shape.js';
import { around } from './around.js';
import { keptShape, reducedShape } from './sum.js';

export interface ArgAttrs {
  readonly axis: number;
}

/** `sign` is 1 for the largest and −1 for the smallest element. */
function prepare(node: Node<ArgAttrs>, sign: 1 | -1): BufferFunction {
  const { outer, length, inner } = around(node.inputs[0]!.shape, node.attrs.axis);
  return ([x], [y]) => {
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < inner; k++) {
        const from = o * length * inner + k;
        let best = 0;
        for (let i = 1; i < length; i++) {
          if (sign * x![from + i * inner]! > sign * x![from + best * inner]!) best = i;
        }
        y![o * inner + k] = best;
      }
    }
  };
}

/** Makes the op of the index of a largest (sign 1) or smallest (−1) element. */
export function argOp(name: string, onnx: string, sign: 1 | -1): Op<ArgAttrs> {
  const op: Op<ArgAttrs> = {
    name,
    differentiable: false,
    infer: ([x], { axis }) => {
      if (x!.dtype === 'bool') throw new DTypeError(`${name}: needs numbers, got ${describe(x!)}`);
      if (x!.shape[axis] === 0) throw new ShapeError(`${name} along axis ${axis} of ${describe(x!)}: no elements`);
      return [{ shape: reducedShape(x!.shape, [axis]), dtype: 'i64' }];
    },
    jvp: () => [null],
    batch: ({ attrs }, [x]) => [apply1(op, [x!], { axis: attrs.axis + 1 })],
    lower: (context, { attrs }, [x]) => [
      context.emit(onnx, [x!], { axis: { int: attrs.axis }, keepdims: { int: 0 }, select_last_index: { int: 0 } }),
    ],
    reference: { kind: 'kernel', prepare: (node) => prepare(node, sign) },
    flops: (node) => node.inputs[0]!.size,
  };
  return op;
}

/** The index by `op`, with the axis removed or kept. */
export function argExtremum(op: Op<ArgAttrs>, x: Tensor, axis: number, keepDims: boolean): Tensor {
  const normal = normalizeAxis(axis, x.rank, op.name);
  const out = apply1(op, [x], { axis: normal });
  return keepDims ? out.reshape(keptShape(x.shape, [normal])) : out;
}
