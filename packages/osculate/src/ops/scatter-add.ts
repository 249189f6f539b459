import { describe, sameDType } from '../tensor/describe.js';
import { isFloat, isInteger } from '../tensor/dtype.js';
import { DTypeError, ShapeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type LowerContext, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { constantValue, splat } from '../tensor/leaf.js';
import { normalizeAxis, sameShape, showShape } from '../tensor/shape.js';
import { around } from './around.js';
import { expand } from './expand.js';
import { badIndex, checkIndices, joinAxes, moveAxis, offsetIndices, range } from './indices.js';
import { zeros } from './zeros.js';

interface ScatterAddAttrs {
  readonly axis: number;
}

function prepare(node: Node<ScatterAddAttrs>): BufferFunction {
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
function batchJoined(axis: number, base: Tensor, indices: Tensor, updates: Tensor): Tensor {
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

function lower(context: LowerContext, node: Node<ScatterAddAttrs>, names: readonly string[]): string {
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
    return [batched[1] ? batchJoined(axis, from, indices!, values) : scatterAdd(from, indices!, values, axis + 1)];
  },
  lower: (context, node, inputs) => [lower(context, node, inputs)],
  reference: { kind: 'kernel', prepare },
  flops: (node) => node.inputs[2]!.size,
};

/**
 * `base` with `updates` added at integer indices along an axis; updates at equal indices add up. It is the transpose of
 * `gather`: updates have the shape that `gather(base, indices, axis)` would have.
 * @throws DTypeError, ShapeError or InputError as `gather` does, and when the updates do not fit.
 */
export function scatterAdd(base: Tensor, indices: Tensor, updates: Tensor, axis = 0): Tensor {
  const normal = normalizeAxis(axis, base.rank, `scatterAdd into ${describe(base)}`);
  checkIndices('scatterAdd', indices, base.shape[normal]!);
  return apply1(scatterAddOp, [base, indices, updates], { axis: normal });
}
