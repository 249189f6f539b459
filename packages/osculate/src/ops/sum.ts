import { requireFloat } from '../tensor/describe.js';
import { isInteger } from '../tensor/dtype.js';
import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxes, type Shape } from '../tensor/shape.js';
import { addsManyRows, isLong, lowerAsProduct, lowerInStages } from './sum-stages.js';

export interface ReduceAttrs {
  /** Sorted, distinct, non-negative. */
  readonly axes: readonly number[];
}

/** The shape that is left when `axes` are removed. */
export function reducedShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.filter((_, i) => !axes.includes(i));
}

/** The shape with `axes` set to 1: it broadcasts against the original. */
export function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((d, i) => (axes.includes(i) ? 1 : d));
}

export const sumOp: Op<ReduceAttrs> = {
  name: 'sum',
  differentiable: true,
  infer: ([x], { axes }) => {
    if (!isInteger(x!.dtype)) requireFloat('sum', x!);
    return [{ shape: reducedShape(x!.shape, axes), dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [sum(t!, node.attrs.axes)],
  transpose: (node, [ct]) => {
    const { shape } = node.inputs[0]!;
    return [ct!.reshape(keptShape(shape, node.attrs.axes)).expand(shape)];
  },
  batch: (node, [x]) => [
    sum(
      x!,
      node.attrs.axes.map((a) => a + 1),
    ),
  ],
  lower: (context, { inputs, attrs: { axes } }, [x]) => {
    const { shape, dtype } = inputs[0]!;
    if (dtype === 'f32' && isLong(shape, axes)) return [lowerInStages(context, x!, shape, axes)];
    if (dtype === 'f32' && addsManyRows(shape, axes)) return [lowerAsProduct(context, x!, shape)];
    return [context.emit('ReduceSum', [x!, context.ints(axes)], { keepdims: { int: 0 } })];
  },
  reference: {
    kind: 'reduce',
    axes: (node) => node.attrs.axes,
    init: 0,
    step: { fn: (a, x) => a + x, js: (a, x) => `${a} + ${x}` },
  },
  flops: (node) => node.inputs[0]!.size,
};

/** Sum over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`. */
export function sum(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const normal = normalizeAxes(axes, x.rank, 'sum');
  const out = normal.length === 0 ? x : apply1(sumOp, [x], { axes: normal });
  return keepDims ? out.reshape(keptShape(x.shape, normal)) : out;
}
