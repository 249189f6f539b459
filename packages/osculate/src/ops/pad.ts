import { checkNumber, showValue } from '../tensor/check-value.js';
import { describe } from '../tensor/describe.js';
import { isInteger } from '../tensor/dtype.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { checkList, showShape, sizeOf, stridesOf } from '../tensor/shape.js';

interface PadAttrs {
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly value: number;
}

function prepare(node: Node<PadAttrs>): BufferFunction {
  const { shape } = node.inputs[0]!;
  const { before, value } = node.attrs;
  const strides = stridesOf(node.outputs[0]!.shape);
  const row = shape.at(-1) ?? 1;
  const rows = row === 0 ? 0 : sizeOf(shape) / row;
  const own = stridesOf(shape);
  const starts = new Int32Array(rows);
  for (let r = 0; r < rows; r++) {
    let at = 0;
    for (let d = 0; d < shape.length; d++) {
      at += (before[d]! + (Math.floor((r * row) / own[d]!) % shape[d]!)) * strides[d]!;
    }
    starts[r] = at;
  }
  return ([from], [to]) => {
    to!.fill(value);
    for (let r = 0; r < rows; r++) {
      const [at, source] = [starts[r]!, r * row];
      for (let i = 0; i < row; i++) to![at + i] = from![source + i]!;
    }
  };
}

export const padOp: Op<PadAttrs> = {
  name: 'pad',
  differentiable: true,
  infer: ([x], { before, after }) => {
    if (x!.rank !== before.length) {
      throw new ShapeError(`pad: ${describe(x!)} does not have the ${before.length} axes that are padded`);
    }
    return [{ shape: x!.shape.map((d, i) => before[i]! + d + after[i]!), dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [pad(t!, node.attrs.before, node.attrs.after)],
  transpose: (node, [ct]) => {
    const { before } = node.attrs;
    return [
      ct!.slice(
        before,
        before.map((b, i) => b + node.inputs[0]!.shape[i]!),
      ),
    ];
  },
  batch: ({ attrs }, [x]) => [pad(x!, [0, ...attrs.before], [0, ...attrs.after], attrs.value)],
  lower: (context, { inputs, attrs }, [x]) => [
    context.emit('Pad', [
      x!,
      context.ints([...attrs.before, ...attrs.after]),
      context.scalar(attrs.value, inputs[0]!.dtype),
    ]),
  ],
  reference: { kind: 'kernel', prepare },
  flops: () => 0,
};

/**
 * Puts before[i] elements in front of axis i and after[i] behind it, all of them `value`.
 * @throws ShapeError unless there is one non-negative integer per axis; InputError for a value that the dtype cannot hold.
 */
export function pad(x: Tensor, before: readonly number[], after: readonly number[], value = 0): Tensor {
  checkList(before, 'pad');
  checkList(after, 'pad');
  checkNumber('pad: the value', value);
  const what = `pad of ${describe(x)} by ${showShape(before)} and ${showShape(after)}`;
  if (before.length !== x.rank || after.length !== x.rank) {
    throw new ShapeError(`${what}: give one number before and one after for each of the ${x.rank} axes`);
  }
  for (const n of [...before, ...after]) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ShapeError(`${what}: ${showValue(n)} is not a non-negative integer; to remove elements use slice`);
    }
  }
  if ((isInteger(x.dtype) && !Number.isInteger(value)) || (x.dtype === 'bool' && value !== 0 && value !== 1)) {
    throw new InputError(`${what}: the value ${value} is not of dtype ${x.dtype}`);
  }
  return before.every((b, i) => b === 0 && after[i] === 0) ? x : apply1(padOp, [x], { before, after, value });
}
