import { describe } from '../tensor/describe.js';
import { isInteger } from '../tensor/dtype.js';
import { DTypeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxis } from '../tensor/shape.js';
import { around } from './around.js';
import { badIndex, checkIndices, joinAxes, moveAxis, offsetIndices } from './indices.js';
import { scatterAdd } from './scatter-add.js';
import { zeros } from './zeros.js';

interface GatherAttrs {
  readonly axis: number;
}

function prepare(node: Node<GatherAttrs>): BufferFunction {
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

/** A batch of gathers with their own indices: from one table, or each from its own as one gather from all tables joined. */
function batch(axis: number, x: Tensor, indices: Tensor, own: boolean): Tensor {
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
    batched[1] ? batch(axis, x!, indices!, batched[0]!) : gather(x!, indices!, axis + 1),
  ],
  lower: (context, node, inputs) => [context.emit('Gather', inputs, { axis: { int: node.attrs.axis } })],
  reference: { kind: 'kernel', prepare },
  flops: () => 0,
};

/**
 * The slices of x at integer indices along an axis (NumPy's take): shape `x[:axis] + indices + x[axis + 1:]`. For axis 0
 * of a table: its rows.
 * @throws DTypeError unless the indices are integers; InputError for an index outside [0, length), when it is a constant
 *   here, otherwise in the run.
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  const normal = normalizeAxis(axis, x.rank, `gather from ${describe(x)}`);
  checkIndices('gather', indices, x.shape[normal]!);
  return apply1(gatherOp, [x, indices], { axis: normal });
}
