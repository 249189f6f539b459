import { showValue } from '../tensor/check-value.js';
import { describe } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { apply1, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { checkList, showShape, stridesOf } from '../tensor/shape.js';
import { reshape, zeros } from './shape.js';

export interface SliceAttrs {
  /** First index, number of elements and step (≥ 1) of every axis. */
  readonly start: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}

/** Puts step − 1 zeros after every element of each axis: [2, 5] with step 3 → [2, 0, 0, 5, 0, 0]. */
function dilate(ct: Tensor, step: readonly number[]): Tensor {
  const apart = ct.reshape(ct.shape.flatMap((d) => [d, 1]));
  const none = new Array<number>(apart.rank).fill(0);
  const padded = apart.pad(
    none,
    none.map((_, i) => (i % 2 === 1 ? step[(i - 1) / 2]! - 1 : 0)),
  );
  return padded.reshape(ct.shape.map((d, i) => d * step[i]!));
}

/** The cotangent's elements back at their places among zeros. */
function transpose(node: Node<SliceAttrs>, ct: Tensor): Tensor {
  const { shape, dtype } = node.inputs[0]!;
  const { start, step } = node.attrs;
  if (ct.size === 0) return zeros(dtype, shape);
  if (step.every((s) => s === 1)) {
    return ct.pad(
      start,
      shape.map((d, i) => d - start[i]! - ct.shape[i]!),
    );
  }
  const spread = dilate(ct, step);
  // The last element's trailing zeros may reach beyond the end.
  const fitting = spread.slice(
    spread.shape.map(() => 0),
    spread.shape.map((d, i) => Math.min(d, shape[i]! - start[i]!)),
  );
  return fitting.pad(
    start,
    shape.map((d, i) => d - start[i]! - fitting.shape[i]!),
  );
}

export const sliceOp: Op<SliceAttrs> = {
  name: 'slice',
  differentiable: true,
  infer: ([x], { start, size, step }) => {
    const fits = (d: number, i: number): boolean => size[i] === 0 || start[i]! + (size[i]! - 1) * step[i]! < d;
    if (x!.rank !== size.length || !x!.shape.every(fits)) {
      throw new ShapeError(`slice: ${describe(x!)} has no ${showShape(size)} elements from ${showShape(start)} on`);
    }
    return [{ shape: size, dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [apply1(sliceOp, [t!], node.attrs)],
  transpose: (node, [ct]) => [transpose(node, ct!)],
  batch: ({ attrs }, [x], _, length) => [
    apply1(sliceOp, [x!], { start: [0, ...attrs.start], size: [length, ...attrs.size], step: [1, ...attrs.step] }),
  ],
  lower: (context, node, [x]) => {
    const { start, size, step } = node.attrs;
    const { shape } = node.inputs[0]!;
    const axes = shape.flatMap((d, i) => (size[i] === d ? [] : [i]));
    const ints = (f: (axis: number) => number): string => context.ints(axes.map(f));
    const end = (i: number): number => (size[i] === 0 ? start[i]! : start[i]! + (size[i]! - 1) * step[i]! + 1);
    const inputs = [x!, ints((i) => start[i]!), ints(end), ints((i) => i)];
    if (axes.some((i) => step[i] !== 1)) inputs.push(ints((i) => step[i]!));
    return [context.emit('Slice', inputs)];
  },
  reference: {
    kind: 'strided',
    map: (node) => {
      const { start, step } = node.attrs;
      const strides = stridesOf(node.inputs[0]!.shape);
      return {
        offset: start.reduce((sum, s, i) => sum + s * strides[i]!, 0),
        strides: strides.map((s, i) => s * step[i]!),
      };
    },
  },
  flops: () => 0,
};

function checkIndices(x: Tensor, start: readonly number[], end: readonly number[], step: readonly number[]): void {
  for (const list of [start, end, step]) checkList(list, 'slice');
  const what = `slice of ${describe(x)} from ${showShape(start)} to ${showShape(end)}`;
  if (start.length > x.rank || end.length !== start.length || step.length > x.rank) {
    throw new ShapeError(`${what}: give as many starts as ends, one for each leading axis that is cut`);
  }
  for (const i of [...start, ...end]) {
    if (!Number.isInteger(i) && Math.abs(i) !== Infinity)
      throw new ShapeError(`${what}: ${showValue(i)} is not an integer`);
  }
  for (const s of step) {
    if (!Number.isInteger(s) || s < 1) {
      throw new ShapeError(`${what}: step ${showValue(s)} is not a positive integer; to go backwards use flip`);
    }
  }
}

/** NumPy's rule: negative indices count from the end, and what is out of range is cut. */
function clampIndex(i: number, length: number): number {
  return Math.min(Math.max(i < 0 ? i + length : i, 0), length);
}

/**
 * The elements start ≤ i < end of every axis, each `step`-th of them. Negative indices count from the end, ranges are cut
 * to the axis as in NumPy (`Infinity` is the end), and trailing axes that are not given stay whole.
 * @throws ShapeError for lists of different or too great length, fractions, and steps below 1.
 */
export function slice(
  x: Tensor,
  start: readonly number[],
  end: readonly number[],
  step: readonly number[] = [],
): Tensor {
  checkIndices(x, start, end, step);
  const steps = x.shape.map((_, i) => step[i] ?? 1);
  const from = x.shape.map((d, i) => clampIndex(start[i] ?? 0, d));
  const size = x.shape.map((d, i) => Math.max(0, Math.ceil((clampIndex(end[i] ?? d, d) - from[i]!) / steps[i]!)));
  if (size.every((n, i) => n === x.shape[i])) return x;
  // Where nothing or one element is taken, start and step say nothing more: one form for equal slices.
  const attrs = {
    start: from.map((s, i) => (size[i] === 0 ? 0 : s)),
    size,
    step: steps.map((s, i) => (size[i]! <= 1 ? 1 : s)),
  };
  return apply1(sliceOp, [x], attrs);
}

/**
 * The element or part at these indices of the leading axes, which are removed: `x.at(1)` is a row of a matrix, `x.at(0, 2)` an
 * element. Negative indices count from the end.
 *
 * ```ts
 * constant([[1, 2, 3], [4, 5, 6]], 'f64').at(1); // [4, 5, 6]
 * constant([[1, 2, 3], [4, 5, 6]], 'f64').at(0, -1); // 3
 * ```
 * @throws ShapeError for more indices than axes, an index outside of its axis, and fractions.
 */
export function at(x: Tensor, ...indices: readonly number[]): Tensor {
  const what = `at(${indices.map((i) => String(i)).join(', ')}) of ${describe(x)}`;
  if (indices.length > x.rank) throw new ShapeError(`${what}: ${indices.length} indices for ${x.rank} axes`);
  const start = indices.map((index, axis) => {
    const length = x.shape[axis]!;
    if (Number.isInteger(index) && index >= -length && index < length) return index < 0 ? index + length : index;
    throw new ShapeError(`${what}: ${showValue(index)} is no index of axis ${axis}, whose length is ${length}`);
  });
  const part = slice(
    x,
    start,
    start.map((i) => i + 1),
  );
  return reshape(part, x.shape.slice(start.length));
}
