import { showValue } from '../tensor/check-value.js';
import { describe, sameDType } from '../tensor/describe.js';
import { checkDType, type DType, isFloat, isInteger } from '../tensor/dtype.js';
import { DTypeError, InputError, ShapeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type LowerContext, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { constant, constantValue, isConstant, type Operand, operand, splat } from '../tensor/leaf.js';
import { ndarray, toNumbers } from '../tensor/ndarray.js';
import { around, normalizeAxis, sameShape, showShape } from '../tensor/shape.js';
import { expand, moveAxis, zeros } from './shape.js';

/** Throws an InputError that names the first index outside [0, length), where the indices are known before the run. */
function checkIndices(what: string, indices: Tensor, length: number): void {
  if (!isConstant(indices)) return;
  toNumbers(constantValue(indices)).forEach((index, at) => {
    if (index < 0 || index >= length) {
      throw new InputError(`${what}: index ${index} at ${at} of ${describe(indices)} is not in [0, ${length})`);
    }
  });
}

/** The error of a reference kernel at an index outside [0, length). */
function badIndex(what: string, index: number, at: number, length: number): InputError {
  return new InputError(`${what}: index ${index} at position ${at} is not in [0, ${length})`);
}

/** The integers 0, step, 2·step, … (`count` of them) as a constant of an integer dtype. */
function range(dtype: DType, count: number, step = 1): Tensor {
  const values = Array.from({ length: count }, (_, i) => i * step);
  return constant(ndarray(dtype, values, [count]));
}

/** Indices of a batch into tables of `length` that are laid one after another. */
function offsetIndices(indices: Tensor, size: number, length: number): Tensor {
  const column = [size, ...new Array<number>(indices.rank - 1).fill(1)];
  return indices.add(range(indices.dtype, size, length).reshape(column));
}

/** The first two axes as one. */
function joinAxes(x: Tensor): Tensor {
  return x.reshape([x.shape[0]! * x.shape[1]!, ...x.shape.slice(2)]);
}

interface GatherAttrs {
  readonly axis: number;
}

function prepareGather(node: Node<GatherAttrs>): BufferFunction {
  const [x, indices] = node.inputs as [Tensor, Tensor];
  const { outer, length, inner } = around(x.shape, node.attrs.axis);
  const count = indices.size;
  return ([from, ids], [to]) => {
    for (let j = 0; j < count; j++) {
      const index = ids![j]!;
      if (!(index >= 0 && index < length)) throw badIndex('gather', index, j, length);
      for (let o = 0; o < outer; o++) {
        const source = (o * length + index) * inner;
        const target = (o * count + j) * inner;
        for (let i = 0; i < inner; i++) to![target + i] = from![source + i]!;
      }
    }
  };
}

/** A gatherJoined of gathers with their own indices: from one table, or each from its own as one gather from all tables joined. */
function gatherJoined(axis: number, x: Tensor, indices: Tensor, own: boolean): Tensor {
  if (!own) return moveAxis(gather(x, indices, axis), axis, 0);
  const [size, length] = [x.shape[0]!, x.shape[axis + 1]!];
  const joined = joinAxes(moveAxis(x, axis + 1, 1));
  const taken = gather(joined, offsetIndices(indices, size, length), 0);
  // [size, …indices, …x before the axis, …x after it]: the indices' axes go behind those before the axis.
  const rank = indices.rank - 1;
  const order = Array.from({ length: taken.rank }, (_, i) => i);
  const moved = order.splice(1, rank);
  order.splice(1 + axis, 0, ...moved);
  return taken.transpose(order);
}

export const gatherOp: Op<GatherAttrs> = {
  name: 'gather',
  differentiable: true,
  infer: ([x, indices], { axis }) => {
    if (!isInteger(indices!.dtype)) {
      throw new DTypeError(
        `gather: indices must be i32 or i64, got ${describe(indices!)}; convert them with cast('i32')`,
      );
    }
    return [{ shape: [...x!.shape.slice(0, axis), ...indices!.shape, ...x!.shape.slice(axis + 1)], dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [gather(t!, node.inputs[1]!, node.attrs.axis)],
  transpose: (node, [ct]) => {
    const [x, indices] = node.inputs as [Tensor, Tensor];
    return [scatterAdd(zeros(x.dtype, x.shape), indices, ct!, node.attrs.axis), null];
  },
  batch: ({ attrs: { axis } }, [x, indices], batched) => [
    batched[1] ? gatherJoined(axis, x!, indices!, batched[0]!) : gather(x!, indices!, axis + 1),
  ],
  lower: (context, node, inputs) => [context.emit('Gather', inputs, { axis: { int: node.attrs.axis } })],
  reference: { kind: 'kernel', prepare: prepareGather },
  flops: () => 0,
};

/**
 * The slices of x at integer indices along an axis (NumPy's take): shape `x[:axis] + indices + x[axis + 1:]`. For axis 0
 * of a table: its rows.
 * @throws DTypeError unless the indices are integers; InputError for an index outside [0, length), when it is a constant
 *   here, otherwise in the run.
 */
export function gather(x: Tensor, at: Operand, axis = 0): Tensor {
  const indices = operand('gather', at, 'i64');
  const normal = normalizeAxis(axis, x.rank, `gather from ${describe(x)}`);
  checkIndices('gather', indices, x.shape[normal]!);
  return apply1(gatherOp, [x, indices], { axis: normal });
}

interface ScatterAddAttrs {
  readonly axis: number;
}

function prepareScatterAdd(node: Node<ScatterAddAttrs>): BufferFunction {
  const [base, indices] = node.inputs as [Tensor, Tensor, Tensor];
  const { outer, length, inner } = around(base.shape, node.attrs.axis);
  const count = indices.size;
  return ([from, ids, updates], [to]) => {
    to!.set(from!);
    for (let j = 0; j < count; j++) {
      const index = ids![j]!;
      if (!(index >= 0 && index < length)) throw badIndex('scatterAdd', index, j, length);
      for (let o = 0; o < outer; o++) {
        const source = (o * count + j) * inner;
        const target = (o * length + index) * inner;
        for (let i = 0; i < inner; i++) to![target + i]! += updates![source + i]!;
      }
    }
  };
}

/** Batched with own indices: one scatter into all bases joined, whose pieces are at offsets. */
function scatterJoined(axis: number, base: Tensor, indices: Tensor, updates: Tensor): Tensor {
  const [size, length] = [base.shape[0]!, base.shape[axis + 1]!];
  const front = moveAxis(base, axis + 1, 1);
  const rank = indices.rank - 1;
  const order = Array.from({ length: updates.rank }, (_, i) => i);
  order.splice(1, 0, ...order.splice(1 + axis, rank));
  const out = scatterAdd(joinAxes(front), offsetIndices(indices, size, length), updates.transpose(order), 0);
  return moveAxis(out.reshape(front.shape), 1, axis + 1);
}

function whole(t: Tensor, batched: boolean, size: number): Tensor {
  return batched ? t : expand(t, [size, ...t.shape]);
}

/** Up to this many rows a product with the one-hot matrix is faster than ONNX Runtime's serial scatter. */
const fewRows = 256;

function isZero(t: Tensor): boolean {
  return splat(t.node.op.name === 'expand' ? t.node.inputs[0]! : t) === 0;
}

/** Σⱼ [idⱼ = row]·updateⱼ as a product with the one-hot matrix. */
function lowerProduct(context: LowerContext, node: Node<ScatterAddAttrs>, names: readonly string[]): string {
  const [base, indices] = node.inputs as [Tensor, Tensor, Tensor];
  const { outer, length, inner } = around(base.shape, node.attrs.axis);
  const reshaped = (name: string, shape: readonly number[]): string =>
    context.emit('Reshape', [name, context.ints(shape)]);
  const rows = context.constant({ ...constantValue(range(indices.dtype, length)), shape: [length, 1] });
  const equal = context.emit('Equal', [reshaped(names[1]!, [1, indices.size]), rows]);
  const oneHot = context.emit('Cast', [equal], { to: { int: base.dtype === 'f32' ? 1 : 11 } });
  const sums = context.emit('MatMul', [oneHot, reshaped(names[2]!, [outer, indices.size, inner])]);
  const shaped = reshaped(sums, base.shape);
  return isZero(base) ? shaped : context.emit('Add', [names[0]!, shaped]);
}

/** ScatterND would add in parallel without locks, and lose updates at repeated indices; ScatterElements is serial but right. */
function lowerScatter(context: LowerContext, node: Node<ScatterAddAttrs>, names: readonly string[]): string {
  const [base, indices] = node.inputs as [Tensor, Tensor, Tensor];
  const { axis } = node.attrs;
  const flat = base.shape.map((d, i) => (i === axis ? indices.size : d));
  const column = context.ints(flat.map((d, i) => (i === axis ? d : 1)));
  const ids = context.emit('Expand', [context.emit('Reshape', [names[1]!, column]), context.ints(flat)]);
  const updates = context.emit('Reshape', [names[2]!, context.ints(flat)]);
  const attrs = { axis: { int: axis }, reduction: { string: 'add' } };
  return context.emit('ScatterElements', [names[0]!, ids, updates], attrs);
}

function lowerScatterAdd(context: LowerContext, node: Node<ScatterAddAttrs>, names: readonly string[]): string {
  const [base, , updates] = node.inputs as [Tensor, Tensor, Tensor];
  if (updates.size === 0) return context.emit('Identity', [names[0]!]);
  const { length, inner } = around(base.shape, node.attrs.axis);
  const few = length <= fewRows && inner > 1 && isFloat(base.dtype);
  return (few ? lowerProduct : lowerScatter)(context, node, names);
}

export const scatterAddOp: Op<ScatterAddAttrs> = {
  name: 'scatterAdd',
  differentiable: true,
  infer: ([base, indices, updates], { axis }) => {
    if (!isInteger(indices!.dtype)) {
      throw new DTypeError(
        `scatterAdd: indices must be i32 or i64, got ${describe(indices!)}; convert them with cast('i32')`,
      );
    }
    sameDType('scatterAdd', base!, updates!);
    const wanted = [...base!.shape.slice(0, axis), ...indices!.shape, ...base!.shape.slice(axis + 1)];
    if (!sameShape(updates!.shape, wanted)) {
      throw new ShapeError(
        `scatterAdd into ${describe(base!)} at ${describe(indices!)} along axis ${axis}: updates must have shape ${showShape(wanted)}, got ${describe(updates!)}`,
      );
    }
    return [{ shape: base!.shape, dtype: base!.dtype }];
  },
  jvp: (node, [base, , updates]) => {
    if (!updates) return [base!];
    const start = base ?? zeros(updates.dtype, node.inputs[0]!.shape);
    return [scatterAdd(start, node.inputs[1]!, updates, node.attrs.axis)];
  },
  transpose: (node, [ct], linear) => [ct!, null, linear[2] ? ct!.gather(node.inputs[1]!, node.attrs.axis) : null],
  batch: ({ attrs: { axis } }, [base, indices, updates], batched, size) => {
    const [from, values] = [whole(base!, batched[0]!, size), whole(updates!, batched[2]!, size)];
    return [batched[1] ? scatterJoined(axis, from, indices!, values) : scatterAdd(from, indices!, values, axis + 1)];
  },
  lower: (context, node, inputs) => [lowerScatterAdd(context, node, inputs)],
  reference: { kind: 'kernel', prepare: prepareScatterAdd },
  flops: (node) => node.inputs[2]!.size,
};

/**
 * `base` with `updates` added at integer indices along an axis; updates at equal indices add up. It is the transpose of
 * `gather`: updates have the shape that `gather(base, indices, axis)` would have.
 * @throws DTypeError, ShapeError or InputError as `gather` does, and when the updates do not fit.
 */
export function scatterAdd(base: Tensor, at: Operand, values: Operand, axis = 0): Tensor {
  const indices = operand('scatterAdd', at, 'i64');
  const updates = operand('scatterAdd', values, base.dtype);
  const normal = normalizeAxis(axis, base.rank, `scatterAdd into ${describe(base)}`);
  checkIndices('scatterAdd', indices, base.shape[normal]!);
  return apply1(scatterAddOp, [base, indices, updates], { axis: normal });
}

/**
 * Rows of the unit matrix by integer indices: `[…]` → `[…, depth]`, 1 where the last index equals the element and 0
 * elsewhere. An index outside [0, depth) gives a row of zeros, as in ONNX; a constant one is refused.
 * @throws DTypeError unless the indices are integers, InputError for constant ones out of range.
 */
export function oneHot(indices: Tensor, depth: number, dtype: DType): Tensor {
  if (!isInteger(indices.dtype)) throw new DTypeError(`oneHot: indices must be i32 or i64, got ${describe(indices)}`);
  if (!Number.isSafeInteger(depth) || depth < 0) {
    throw new ShapeError(`oneHot of ${describe(indices)}: depth ${showValue(depth)} is not a non-negative integer`);
  }
  checkDType('oneHot', dtype);
  checkIndices('oneHot', indices, depth);
  return indices
    .reshape([...indices.shape, 1])
    .equal(range(indices.dtype, depth))
    .cast(dtype);
}
