import { describe } from '../tensor/describe.js';
import { DTypeError, ShapeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type Node, type Op, type ScalarFunction, type Tensor } from '../tensor/ir.js';
import { around, normalizeAxis, sizeOf } from '../tensor/shape.js';
import { keptShape, type ReduceAttrs, reduceBy, reducedShape } from './reductions.js';

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
function extremumOp(name: string, { onnx, init, step }: ExtremumRule): Op<ReduceAttrs> {
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

export const maxOp = extremumOp('max', {
  onnx: 'ReduceMax',
  init: -Infinity,
  step: { fn: Math.max, js: (a, x) => `Math.max(${a}, ${x})` },
});

/**
 * The largest element over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`. Its
 * derivative goes to the largest elements, in equal parts where there are several.
 * @throws ShapeError where there is no element.
 */
export function max(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return reduceBy(maxOp, x, axes, keepDims);
}

export const minOp = extremumOp('min', {
  onnx: 'ReduceMin',
  init: Infinity,
  step: { fn: Math.min, js: (a, x) => `Math.min(${a}, ${x})` },
});

/**
 * The smallest element over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`. Its
 * derivative goes to the smallest elements, in equal parts where there are several.
 * @throws ShapeError where there is no element.
 */
export function min(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return reduceBy(minOp, x, axes, keepDims);
}

interface ArgAttrs {
  readonly axis: number;
}

/** `sign` is 1 for the largest and −1 for the smallest element. */
function prepareArg(node: Node<ArgAttrs>, sign: 1 | -1): BufferFunction {
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
function argOp(name: string, onnx: string, sign: 1 | -1): Op<ArgAttrs> {
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
    reference: { kind: 'kernel', prepare: (node) => prepareArg(node, sign) },
    flops: (node) => node.inputs[0]!.size,
  };
  return op;
}

/** The index by `op`, with the axis removed or kept. */
function argExtremum(op: Op<ArgAttrs>, x: Tensor, axis: number, keepDims: boolean): Tensor {
  const normal = normalizeAxis(axis, x.rank, op.name);
  const out = apply1(op, [x], { axis: normal });
  return keepDims ? out.reshape(keptShape(x.shape, [normal])) : out;
}

export const argmaxOp = argOp('argmax', 'ArgMax', 1);

/**
 * Index (i64) of the largest element along an axis, the first of several; it has no derivative.
 * @throws ShapeError where there is no element.
 */
export function argmax(x: Tensor, axis = -1, keepDims = false): Tensor {
  return argExtremum(argmaxOp, x, axis, keepDims);
}

export const argminOp = argOp('argmin', 'ArgMin', -1);

/**
 * Index (i64) of the smallest element along an axis, the first of several; it has no derivative.
 * @throws ShapeError where there is no element.
 */
export function argmin(x: Tensor, axis = -1, keepDims = false): Tensor {
  return argExtremum(argminOp, x, axis, keepDims);
}
