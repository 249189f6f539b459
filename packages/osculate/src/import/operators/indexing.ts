import { scan } from '../../ops/index.js';
import { scatterAdd } from '../../ops/indexing.js';
import { moveAxis } from '../../ops/shape.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { toNumbers } from '../../tensor/ndarray.js';
import { normalizeAxis, type Shape, sizeOf, stridesOf } from '../../tensor/shape.js';
import type { NodeCall } from '../node-call.js';
import { iota, numbers, tabulate } from './integers.js';
import { named, type OperatorTable } from './table.js';

/** Indices below zero count from the end. */
function wrapIndices(call: NodeCall, indices: Tensor, length: number): Tensor {
  const known = call.tracing.constantOf(indices);
  if (known !== undefined) {
    const wrapped = toNumbers(known).map((v) => (v < 0 ? v + length : v));
    return numbers(wrapped, indices.dtype, indices.shape);
  }
  return indices.less(0).where(indices.add(length), indices);
}

function gather(call: NodeCall): Tensor {
  const x = call.input(0);
  const axis = normalizeAxis(call.int('axis', 0), x.rank, 'Gather');
  return x.gather(wrapIndices(call, call.input(1), x.shape[axis]!), axis);
}

/** Flat positions in `shape` of elements whose index along `axis` is given, and along the others is their own. */
function flatPositions(indices: Tensor, shape: Shape, axis: number): Tensor {
  const strides = stridesOf(shape);
  const others = tabulate(indices.shape, 'i64', (index) =>
    index.reduce((at, i, d) => (d === axis ? at : at + i * strides[d]!), 0),
  );
  return indices.cast('i64').mul(strides[axis]!).add(others);
}

/** x at one index along an axis for each element of `indices`. */
export function gatherElements(x: Tensor, indices: Tensor, axis: number): Tensor {
  return x.reshape([x.size]).gather(flatPositions(indices, x.shape, axis));
}

function gatherElementsNode(call: NodeCall): Tensor {
  const x = call.input(0);
  const axis = normalizeAxis(call.int('axis', 0), x.rank, 'GatherElements');
  const indices = wrapIndices(call, call.input(1), x.shape[axis]!);
  if (indices.rank !== x.rank) call.refuse(`its indices have rank ${indices.rank}, its data ${x.rank}`);
  return gatherElements(x, indices, axis);
}

interface Rows {
  /** Number of the row that each tuple of indices names. */
  readonly positions: Tensor;
  readonly rows: number;
  readonly row: Shape;
}

/** Tuples in the last axis of `indices` name rows of x; the first `batch` axes go along. */
function rowsOf(call: NodeCall, x: Tensor, indices: Tensor, batch: number): Rows {
  const k = indices.shape.at(-1) ?? call.refuse('its indices are a scalar');
  if (batch < 0 || batch >= indices.rank)
    call.refuse(`batch_dims ${batch} does not fit indices of rank ${indices.rank}`);
  if (batch + k > x.rank) call.refuse(`index tuples of ${k} do not fit data of rank ${x.rank}`);
  const named = x.shape.slice(0, batch + k);
  const strides = stridesOf(named);
  const lead = indices.shape.slice(0, -1);
  const start = tabulate(lead, 'i64', (index) => index.slice(0, batch).reduce((at, i, d) => at + i * strides[d]!, 0));
  const positions = iota(k).reduce((sum, j) => {
    const column = indices.slice([...lead.map(() => 0), j], [...lead, j + 1]).reshape(lead);
    const axis = batch + j;
    return sum.add(wrapIndices(call, column.cast('i64'), x.shape[axis]!).mul(strides[axis]!));
  }, start);
  return { positions, rows: sizeOf(named), row: x.shape.slice(batch + k) };
}

function gatherND(call: NodeCall): Tensor {
  const x = call.input(0);
  const { positions, rows, row } = rowsOf(call, x, call.input(1), call.int('batch_dims', 0));
  return x.reshape([rows, ...row]).gather(positions);
}

type Combine = (old: Tensor, update: Tensor) => Tensor;

const combinations: Readonly<Record<string, Combine>> = {
  mul: (old, update) => old.mul(update),
  max: (old, update) => old.maximum(update),
  min: (old, update) => old.minimum(update),
};

/** Updates one after another, because several may go to one row. */
function scatterInTurn(data: Tensor, positions: Tensor, updates: Tensor, combine: Combine): Tensor {
  const [rows] = data.shape as [number];
  const numbersOfRows = numbers(iota(rows), positions.dtype);
  const column = [rows, ...data.shape.slice(1).map(() => 1)];
  const { carry } = scan(
    ([current], [position, update]) => {
      const next = combine(current!.gather(position!), update!);
      return { carry: [numbersOfRows.equal(position!).reshape(column).where(next, current!)], y: [] };
    },
    [data],
    [positions, updates],
  );
  return carry[0]!;
}

/** Rows of data `[rows, …]` at `positions` `[m]` set to, or combined with, `updates` `[m, …]`. */
function scatterRows(call: NodeCall, data: Tensor, positions: Tensor, updates: Tensor, reduction: string): Tensor {
  if (positions.size === 0) return data;
  if (reduction === 'add') return scatterAdd(data, positions, updates);
  if (reduction === 'none') {
    if (data.dtype === 'bool') {
      return scatterRows(call, data.cast('i32'), positions, updates.cast('i32'), reduction).cast('bool');
    }
    const [rows] = data.shape as [number];
    const hits = scatterAdd(full(0, 'f64').expand([rows]), positions, full(1, 'f64').expand(positions.shape));
    const column = [rows, ...data.shape.slice(1).map(() => 1)];
    const written = scatterAdd(full(0, data.dtype).expand(data.shape), positions, updates);
    return hits.greater(0).reshape(column).where(written, data);
  }
  const combine = named(combinations, reduction) ?? call.refuse(`the reduction '${reduction}' is unknown`);
  return scatterInTurn(data, positions, updates, combine);
}

function scatterElements(call: NodeCall): Tensor {
  const [x, given, updates] = [call.input(0), call.input(1), call.input(2)];
  const axis = normalizeAxis(call.int('axis', 0), x.rank, call.opType);
  const indices = wrapIndices(call, given, x.shape[axis]!);
  const positions = flatPositions(indices, x.shape, axis).reshape([indices.size]);
  const flat = updates.reshape([updates.size]);
  return scatterRows(call, x.reshape([x.size]), positions, flat, call.string('reduction', 'none')).reshape(x.shape);
}

function scatterND(call: NodeCall): Tensor {
  const [x, indices, updates] = [call.input(0), call.input(1), call.input(2)];
  const { positions, rows, row } = rowsOf(call, x, indices, 0);
  const flat = positions.reshape([positions.size]);
  const data = x.reshape([rows, ...row]);
  const scattered = scatterRows(
    call,
    data,
    flat,
    updates.reshape([flat.size, ...row]),
    call.string('reduction', 'none'),
  );
  return scattered.reshape(x.shape);
}

function oneHotNode(call: NodeCall): Tensor {
  const depth = call.number(1, 'the depth', 0);
  const values = call.input(2);
  const indices = wrapIndices(call, call.input(0).cast('i64'), depth);
  const hot = indices.unsqueeze(-1).equal(numbers(iota(depth), 'i64'));
  const [off, on] = values.split(2, 0) as [Tensor, Tensor];
  const last = hot.where(on.reshape([]), off.reshape([]));
  return moveAxis(last, last.rank - 1, normalizeAxis(call.int('axis', -1), last.rank, 'OneHot'));
}

/** Ranks from comparisons of all pairs take n² elements an axis. */
const longestSorted = 4096;

/**
 * The k largest or smallest elements along an axis. The place of an element is the number of those that come before it (equal ones
 * by their index), found by comparing all pairs: no sorting is needed, and derivatives go through a gather.
 */
function topK(call: NodeCall): readonly Tensor[] {
  const x = call.input(0);
  const k = call.inputs[1] ? call.number(1, 'k', 0) : call.int('k');
  const axis = normalizeAxis(call.int('axis', -1), x.rank, 'TopK');
  const n = x.shape[axis]!;
  if (k > n || k < 0) call.refuse(`k is ${k}, but the axis has ${n} elements`);
  if (n > longestSorted) call.refuse(`an axis of ${n} elements is longer than the supported ${longestSorted}`);
  const last = x.rank - 1;
  const moved = moveAxis(x, axis, last);
  const [rows, columns] = [moved.unsqueeze(-1), moved.unsqueeze(-2)];
  const before = call.flag('largest', true) ? columns.greater(rows) : columns.less(rows);
  const earlier = tabulate([n, n], 'bool', ([i, j]) => Number(j! < i!));
  const place = before.logicalOr(columns.equal(rows).logicalAnd(earlier)).cast('i32').sum(-1);
  const at = place.unsqueeze(-1).equal(numbers(iota(k), 'i32'));
  const own = numbers(iota(n), 'i64').reshape([n, 1]);
  const indices = at.cast('i64').mul(own).sum(-2);
  return [gatherElements(moved, indices, last), indices].map((t) => moveAxis(t, last, axis));
}

/** Reverses the first elements of every sequence: as many as its length says. */
function reverseSequence(call: NodeCall): Tensor {
  const [x, lengths] = [call.input(0), call.input(1)];
  const [time, batch] = [call.int('time_axis', 0), call.int('batch_axis', 1)];
  const axes = [time, batch].sort();
  if (axes[0] !== 0 || axes[1] !== 1)
    call.refuse(`time_axis ${time} and batch_axis ${batch} must be 0 and 1, in either order`);
  const shaped = lengths.reshape(x.shape.map((d, i) => (i === batch ? d : 1)));
  const t = numbers(iota(x.shape[time]!), 'i64').reshape(x.shape.map((d, i) => (i === time ? d : 1)));
  const mirrored = t.less(shaped).where(shaped.sub(1).sub(t), t);
  return gatherElements(x, mirrored.expand(x.shape), time);
}

/** Writes a piece into a cache at the place of each batch entry; a circular cache continues at its beginning. */
function tensorScatter(call: NodeCall): Tensor {
  const [cache, update] = [call.input(0), call.input(1)];
  const axis = normalizeAxis(call.int('axis', -2), cache.rank, 'TensorScatter');
  const length = cache.shape[axis]!;
  const first = call.inputs[2] ?? full(0, 'i64').expand([cache.shape[0]!]);
  const place = first.cast('i64').reshape([cache.shape[0]!, ...cache.shape.slice(1).map(() => 1)]);
  const steps = numbers(iota(update.shape[axis]!), 'i64').reshape(
    cache.shape.map((_, i) => (i === axis ? update.shape[axis]! : 1)),
  );
  const linear = place.add(steps);
  const wrapped = call.string('mode', 'linear') === 'circular' ? linear.sub(linear.div(length).mul(length)) : linear;
  const positions = flatPositions(wrapped.expand(update.shape), cache.shape, axis).reshape([update.size]);
  return scatterRows(call, cache.reshape([cache.size]), positions, update.reshape([update.size]), 'none').reshape(
    cache.shape,
  );
}

export const indexing: OperatorTable = {
  Gather: gather,
  GatherElements: gatherElementsNode,
  GatherND: gatherND,
  OneHot: oneHotNode,
  ReverseSequence: reverseSequence,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  TensorScatter: tensorScatter,
  TopK: topK,
};
