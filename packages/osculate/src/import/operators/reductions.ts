import { cumsum } from '../../ops/reductions.js';
import { square } from '../../ops/unary.js';
import { isFloat } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant, full } from '../../tensor/leaf.js';
import { normalizeAxes, normalizeAxis, type Shape } from '../../tensor/shape.js';
import { rangeOf, widthOf } from '../narrow.js';
import type { Importer, NodeCall } from '../node-call.js';
import { bounds, iota, onReals } from './integers.js';
import type { OperatorTable } from './table.js';

type Fold = (x: Tensor, axes: readonly number[]) => Tensor;

/** Axes of a reduction; null where nothing is to be reduced. */
function axesOf(call: NodeCall, x: Tensor): number[] | null {
  const axes = call.intsOrInput('axes', 1);
  if (axes !== undefined && axes.length > 0) return normalizeAxes(axes, x.rank, call.opType);
  return call.flag('noop_with_empty_axes', false) ? null : iota(x.rank);
}

const kept = (shape: Shape, axes: readonly number[]): number[] => shape.map((d, i) => (axes.includes(i) ? 1 : d));

/**
 * A reduction by `fold`, which keeps no axes; `before` and `after` act elementwise and also where no axis is reduced. Nothing reduces
 * to `empty`.
 */
function reduction(
  fold: Fold,
  options: { before?: (x: Tensor) => Tensor; after?: (x: Tensor) => Tensor; empty?: (call: NodeCall) => Tensor } = {},
): (call: NodeCall) => Tensor {
  const { before = (x) => x, after = (x) => x, empty } = options;
  return (call) => {
    const x = call.input(0);
    const axes = axesOf(call, x);
    if (axes === null) return after(before(x));
    const shape = call.flag('keepdims', true) ? kept(x.shape, axes) : x.shape.filter((_, i) => !axes.includes(i));
    if (empty !== undefined && axes.some((a) => x.shape[a] === 0)) return empty(call).expand(shape);
    const reduced = axes.length === 0 ? before(x) : fold(before(x), axes);
    return after(reduced.reshape(shape));
  };
}

const sum: Fold = (x, axes) => x.sum(axes);

/** Mean of integers truncates, like their division. */
const mean: Fold = (x, axes) => {
  if (isFloat(x.dtype)) return x.mean(axes);
  return x.sum(axes).div(axes.reduce((n, a) => n * x.shape[a]!, 1));
};

/** Booleans are ordered as 0 and 1. */
const ordered =
  (fold: Fold): Fold =>
  (x, axes) =>
    x.dtype === 'bool' ? fold(x.cast('i32'), axes).cast('bool') : fold(x, axes);

const always =
  (value: number) =>
  (call: NodeCall): Tensor =>
    full(value, call.input(0).dtype);

const zero = always(0);
const minusInfinity = always(Number.NEGATIVE_INFINITY);

/** The least or greatest number of the element type in the file. */
const extreme =
  (greatest: boolean) =>
  (call: NodeCall): Tensor => {
    const { dtype } = call.input(0);
    const width = widthOf(call.types[0]);
    if (width === undefined || dtype !== 'i64') {
      const [least, most] = width === undefined || dtype === 'bool' ? bounds[dtype] : rangeOf(width);
      return full(greatest ? most : least, dtype);
    }
    const span = 2n ** BigInt(width.signed ? width.bits - 1 : width.bits);
    const value = greatest ? span - 1n : width.signed ? -span : 0n;
    return constant({ dtype, shape: [], data: BigInt64Array.of(value) });
  };

const argument =
  (pick: (x: Tensor, axis: number) => Tensor): Importer =>
  (call) => {
    const x = call.input(0);
    const axis = normalizeAxis(call.int('axis', 0), x.rank, call.opType);
    const last = call.flag('select_last_index', false);
    const found = last
      ? pick(x.flip(axis), axis)
          .neg()
          .add(x.shape[axis]! - 1)
      : pick(x, axis);
    return call.flag('keepdims', true) ? found.reshape(kept(x.shape, [axis])) : found;
  };

const root = (x: Tensor): Tensor => (isFloat(x.dtype) ? x.sqrt() : x.cast('f64').sqrt().cast(x.dtype));

function cumulativeSum(call: NodeCall): Tensor {
  const x = call.input(0);
  const axis = normalizeAxis(call.number(1, 'axis', 0), x.rank, 'CumSum');
  return cumsum(x, axis, { exclusive: call.flag('exclusive', false), reverse: call.flag('reverse', false) });
}

/** Products of all elements up to each, by doubling: after step k every element holds the product of the last 2ᵏ. */
function cumulativeProduct(call: NodeCall): Tensor {
  const given = call.input(0);
  const axis = normalizeAxis(call.number(1, 'axis', 0), given.rank, 'CumProd');
  const reverse = call.flag('reverse', false);
  const length = given.shape[axis]!;
  const shifted = (x: Tensor, by: number): Tensor => {
    const pad = x.shape.map((_, i) => (i === axis ? Math.min(by, length) : 0));
    const end = x.shape.map((d, i) => (i === axis ? d - pad[i]! : d));
    return x.slice(new Array<number>(x.rank).fill(0), end).pad(pad, new Array<number>(x.rank).fill(0), 1);
  };
  let x = reverse ? given.flip(axis) : given;
  if (call.flag('exclusive', false)) x = shifted(x, 1);
  for (let reach = 1; reach < length; reach *= 2) x = x.mul(shifted(x, reach));
  return reverse ? x.flip(axis) : x;
}

export const reductions: OperatorTable = {
  ArgMax: argument((x, axis) => x.argmax(axis)),
  ArgMin: argument((x, axis) => x.argmin(axis)),
  CumProd: cumulativeProduct,
  CumSum: cumulativeSum,
  ReduceL1: reduction(sum, { before: (x) => x.abs(), empty: zero }),
  ReduceL2: reduction(sum, { before: square, after: root, empty: zero }),
  ReduceLogSum: onReals(reduction(sum, { after: (x) => x.log(), empty: minusInfinity })),
  ReduceLogSumExp: onReals(reduction((x, axes) => x.logsumexp(axes), { empty: minusInfinity })),
  ReduceMax: reduction(
    ordered((x, axes) => x.max(axes)),
    { empty: extreme(false) },
  ),
  ReduceMean: reduction(mean),
  ReduceMin: reduction(
    ordered((x, axes) => x.min(axes)),
    { empty: extreme(true) },
  ),
  ReduceProd: reduction((x, axes) => x.prod(axes), { empty: always(1) }),
  ReduceSum: reduction(sum, { empty: zero }),
  ReduceSumSquare: reduction(sum, { before: square, empty: zero }),
};
