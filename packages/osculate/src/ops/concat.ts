import { showValue } from '../tensor/check-value.js';
import { describe, sameDType } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import { apply1, type BufferFunction, type Node, type Op, Tensor } from '../tensor/ir.js';
import { type Operand, operand } from '../tensor/leaf.js';
import { around, checkList, normalizeAxis, sameShape } from '../tensor/shape.js';
import { pad } from './pad.js';
import { expand, unsqueeze, zeros } from './shape.js';
import { slice } from './slice.js';

interface ConcatAttrs {
  readonly axis: number;
}

/** Where each input begins along the axis, and where the last ends. */
function offsets(node: Node<ConcatAttrs>): number[] {
  const out = [0];
  for (const t of node.inputs) out.push(out.at(-1)! + t.shape[node.attrs.axis]!);
  return out;
}

function checkPieces(tensors: readonly Tensor[], axis: number): void {
  const first = tensors[0]!;
  for (const t of tensors) {
    if (t.rank !== first.rank || t.shape.some((d, i) => i !== axis && d !== first.shape[i])) {
      throw new ShapeError(
        `concat along axis ${axis}: ${describe(first)} and ${describe(t)} may differ along that axis only`,
      );
    }
  }
  sameDType('concat', ...tensors);
}

/** One tangent among zeros is a padding; several are joined, with zeros for those that do not move. */
function jvp(node: Node<ConcatAttrs>, tangents: readonly (Tensor | null)[]): Tensor {
  const { axis } = node.attrs;
  const moving = tangents.flatMap((t, i) => (t ? [i] : []));
  if (moving.length > 1) {
    return concat(
      node.inputs.map((x, i) => tangents[i] ?? zeros(x.dtype, x.shape)),
      axis,
    );
  }
  const [i] = moving as [number];
  const t = tangents[i]!;
  const starts = offsets(node);
  const along = (n: number): number[] => t.shape.map((_, d) => (d === axis ? n : 0));
  return pad(t, along(starts[i]!), along(starts.at(-1)! - starts[i + 1]!));
}

function prepare(node: Node<ConcatAttrs>): BufferFunction {
  const { axis } = node.attrs;
  const { outer, length, inner } = around(node.outputs[0]!.shape, axis);
  const starts = offsets(node);
  const row = length * inner;
  return (inputs, [to]) => {
    for (let k = 0; k < inputs.length; k++) {
      const from = inputs[k]!;
      const [start, piece] = [starts[k]! * inner, (starts[k + 1]! - starts[k]!) * inner];
      if (outer === 1) {
        to!.set(from, start);
        continue;
      }
      for (let o = 0; o < outer; o++) {
        const [at, source] = [o * row + start, o * piece];
        for (let i = 0; i < piece; i++) to![at + i] = from[source + i]!;
      }
    }
  };
}

export const concatOp: Op<ConcatAttrs> = {
  name: 'concat',
  differentiable: true,
  infer: (inputs, { axis }) => {
    checkPieces(inputs, axis);
    const length = inputs.reduce((sum, t) => sum + t.shape[axis]!, 0);
    return [{ shape: inputs[0]!.shape.map((d, i) => (i === axis ? length : d)), dtype: inputs[0]!.dtype }];
  },
  jvp: (node, tangents) => [jvp(node, tangents)],
  transpose: (node, [ct], linear) => {
    const starts = offsets(node);
    return node.inputs.map((_, k) =>
      linear[k]
        ? ct!.slice(
            ct!.shape.map((_d, i) => (i === node.attrs.axis ? starts[k]! : 0)),
            ct!.shape.map((d, i) => (i === node.attrs.axis ? starts[k + 1]! : d)),
          )
        : null,
    );
  },
  batch: (node, inputs, batched, size) => [
    concat(
      inputs.map((t, i) => (batched[i] ? t : expand(t, [size, ...t.shape]))),
      node.attrs.axis + 1,
    ),
  ],
  lower: (context, node, inputs) => [context.emit('Concat', inputs, { axis: { int: node.attrs.axis } })],
  reference: { kind: 'kernel', prepare },
  flops: () => 0,
};

/** A list of operands as tensors; numbers take the dtype of the first tensor among them. */
function operands(what: string, items: readonly Operand[]): readonly Tensor[] {
  if (!Array.isArray(items)) throw new InputError(`${what}: needs an array of tensors, got ${showValue(items)}`);
  if (items.length === 0) throw new InputError(`${what}: there are no tensors to join`);
  const like = items.find((item) => item instanceof Tensor);
  if (like === undefined) throw new InputError(`${what}: one of the operands must be a tensor, which gives the dtype`);
  return items.map((item) => operand(what, item, like.dtype));
}

/**
 * Joins tensors along an axis; their other dimensions agree. Arrays of numbers take the dtype of the first tensor.
 * @throws InputError for an empty list; ShapeError or DTypeError that names two tensors which do not fit.
 * @example
 * concat([constant([[1, 2]], 'f64'), [[3, 4]]], 0); // [[1, 2], [3, 4]]
 */
export function concat(items: readonly Operand[], axis: number): Tensor {
  const tensors = operands('concat', items);
  const first = tensors[0]!;
  const normal = normalizeAxis(axis, first.rank, `concat of ${describe(first)} and others`);
  return tensors.length === 1 ? first : apply1(concatOp, tensors, { axis: normal });
}

/**
 * x followed by other tensors along an axis (default 0); their other dimensions agree. `others` is one tensor or a list, whose
 * arrays of numbers take the dtype of x.
 *
 * ```ts
 * constant([[1, 2]], 'f64').concat([[[3, 4]], [[5, 6]]]); // [[1, 2], [3, 4], [5, 6]]
 * ```
 * @throws ShapeError or DTypeError that names two tensors which do not fit.
 */
export function concatOnto(x: Tensor, others: Tensor | readonly Operand[], axis = 0): Tensor {
  const list = others instanceof Tensor ? [others] : others;
  if (!Array.isArray(list)) throw new InputError(`concat: needs a tensor or a list, got ${showValue(list)}`);
  return concat([x, ...list], axis);
}

/**
 * Tensors of one shape as slices of a new axis (default 0). Numbers and arrays of numbers take the dtype of the first tensor.
 * @throws InputError for an empty list; ShapeError that names two tensors of different shapes.
 * @example
 * stack([constant([1, 2], 'f64'), [3, 4]]); // [[1, 2], [3, 4]]
 */
export function stack(items: readonly Operand[], axis = 0): Tensor {
  const tensors = operands('stack', items);
  const first = tensors[0]!;
  for (const t of tensors) {
    if (!sameShape(t.shape, first.shape)) {
      throw new ShapeError(`stack: ${describe(first)} and ${describe(t)} differ in shape`);
    }
  }
  const normal = normalizeAxis(axis, first.rank + 1, 'stack');
  return concat(
    tensors.map((t) => unsqueeze(t, normal)),
    normal,
  );
}

function sizesOf(x: Tensor, parts: number | readonly number[], axis: number): readonly number[] {
  const length = x.shape[axis]!;
  const what = `split of ${describe(x)} along axis ${axis}`;
  if (typeof parts === 'number') {
    if (!Number.isInteger(parts) || parts < 1 || length % parts !== 0) {
      throw new ShapeError(`${what}: length ${length} does not divide into ${parts} equal parts; give their sizes`);
    }
    return new Array<number>(parts).fill(length / parts);
  }
  checkList(parts, what);
  const whole = parts.every((n) => Number.isInteger(n) && n >= 0);
  if (!whole || parts.reduce((sum, n) => sum + n, 0) !== length) {
    throw new ShapeError(`${what}: sizes [${parts.join(', ')}] are not non-negative integers with sum ${length}`);
  }
  return parts;
}

/** Pieces along an axis: so many equal ones, or of the given sizes. The inverse of `concat`. */
export function split(x: Tensor, parts: number | readonly number[], axis: number): Tensor[] {
  const normal = normalizeAxis(axis, x.rank, 'split');
  let from = 0;
  return sizesOf(x, parts, normal).map((size) => {
    const lead = new Array<number>(normal).fill(0);
    const piece = slice(x, [...lead, from], [...x.shape.slice(0, normal), from + size]);
    from += size;
    return piece;
  });
}
