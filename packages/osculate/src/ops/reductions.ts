import { checkObject } from '../tensor/check-value.js';
import { describe, requireFloat } from '../tensor/describe.js';
import { isInteger } from '../tensor/dtype.js';
import { DTypeError, ShapeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { around, normalizeAxes, normalizeAxis, type Shape, sizeOf } from '../tensor/shape.js';
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

/** The reduction by `op` over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`. */
export function reduceBy(
  op: Op<ReduceAttrs>,
  x: Tensor,
  axes: number | readonly number[] | undefined,
  keepDims: boolean,
): Tensor {
  const normal = normalizeAxes(axes, x.rank, op.name);
  const out = normal.length === 0 ? x : apply1(op, [x], { axes: normal });
  return keepDims ? out.reshape(keptShape(x.shape, normal)) : out;
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
  return reduceBy(sumOp, x, axes, keepDims);
}

/**
 * Mean over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`.
 * @throws ShapeError where there is nothing to average.
 */
export function mean(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  requireFloat('mean', x);
  const normal = normalizeAxes(axes, x.rank, 'mean');
  const count = sizeOf(normal.map((a) => x.shape[a]!));
  if (count === 0) throw new ShapeError(`mean over axes [${normal.join(', ')}] of ${describe(x)}: no elements`);
  return sum(x, normal, keepDims).mul(1 / count);
}

/**
 * The product over the axes as a tree of multiplications, log₂ n deep. Its derivatives multiply the other factors
 * together instead of dividing by one, so that they are right where factors are 0.
 */
function productTree(x: Tensor, axes: readonly number[]): Tensor {
  const kept = reducedShape(x.shape, axes);
  const rest = x.shape.flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  let level = x.transpose([...axes, ...rest]).reshape([sizeOf(axes.map((a) => x.shape[a]!)), ...kept]);
  while (level.shape[0]! > 1) {
    const n = level.shape[0]!;
    const half = Math.ceil(n / 2);
    const low = level.slice([0], [half]);
    const none = level.shape.map(() => 0);
    const high = level.slice([half], [n]).pad(none, [2 * half - n, ...none.slice(1)], 1);
    level = low.mul(high);
  }
  return level.reshape(kept);
}

export const prodOp: Op<ReduceAttrs> = {
  name: 'prod',
  differentiable: true,
  infer: ([x], { axes }) => {
    if (!isInteger(x!.dtype)) requireFloat('prod', x!);
    return [{ shape: reducedShape(x!.shape, axes), dtype: x!.dtype }];
  },
  jvp: (node, [t], { jvp }) => {
    const x = node.inputs[0]!;
    if (x.size === 0) return [null];
    return jvp([productTree(x, node.attrs.axes)], [x], [t!]);
  },
  batch: ({ attrs }, [x]) => [apply1(prodOp, [x!], { axes: attrs.axes.map((a) => a + 1) })],
  lower: (context, { attrs }, [x]) => [
    context.emit('ReduceProd', [x!, context.ints(attrs.axes)], { keepdims: { int: 0 } }),
  ],
  reference: {
    kind: 'reduce',
    axes: ({ attrs }) => attrs.axes,
    init: 1,
    step: { fn: (a, x) => a * x, js: (a, x) => `${a} * ${x}` },
  },
  flops: (node) => node.inputs[0]!.size,
};

/** Product over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`; 1 over no elements. */
export function prod(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return reduceBy(prodOp, x, axes, keepDims);
}

export interface CumsumOptions {
  /** Element i is the sum of those before it, without itself. */
  readonly exclusive?: boolean;
  /** Sums run from the end. */
  readonly reverse?: boolean;
}

/** The booleans as 0 and 1. @throws DTypeError for numbers. */
function counted(what: string, x: Tensor): Tensor {
  if (x.dtype === 'bool') return x.cast('i32');
  throw new DTypeError(`${what}: needs bool, got ${describe(x)}; compare first, as in x.notEqual(0)`);
}

/**
 * Whether some of the booleans over `axes` (all when absent) hold; false where there are none.
 *
 * ```ts
 * constant([1, -2], 'f64').less(0).any(); // true
 * ```
 * @throws DTypeError for numbers; ShapeError for axes that do not exist.
 */
export function any(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return counted('any', x).sum(axes, keepDims).greater(0);
}

/**
 * Whether all of the booleans over `axes` (all when absent) hold; true where there are none.
 *
 * ```ts
 * constant([1, -2], 'f64').less(0).all(); // false
 * ```
 * @throws DTypeError for numbers; ShapeError for axes that do not exist.
 */
export function all(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return counted('all', x.logicalNot()).sum(axes, keepDims).equal(0);
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
export function cumsum(x: Tensor, axis: number, options: CumsumOptions = {}): Tensor {
  checkObject('cumsum: the options', options);
  const { exclusive = false, reverse = false } = options;
  return apply1(cumsumOp, [x], { axis: normalizeAxis(axis, x.rank, 'cumsum'), exclusive, reverse });
}
