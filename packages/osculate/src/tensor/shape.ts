import { showValue } from './check-value.js';
import { ShapeError } from './errors.js';

/** Static dimensions, outermost first. A scalar has shape `[]`. */
export type Shape = readonly number[];

/** Throws unless a value is a list, as shapes, permutations and indices are. */
export function checkList(list: readonly number[], what: string): void {
  if (!Array.isArray(list)) throw new ShapeError(`${what}: needs an array of numbers, got ${showValue(list)}`);
}

/**
 * Number of elements: the product of the dimensions (1 for a scalar).
 * @example
 * sizeOf([2, 3, 4]); // 24
 */
export function sizeOf(shape: Shape): number {
  checkList(shape, 'sizeOf');
  let size = 1;
  for (const d of shape) size *= d;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

export function showShape(shape: Shape): string {
  if (!Array.isArray(shape)) return showValue(shape);
  return `[${shape.map((d) => (typeof d === 'number' ? d : showValue(d))).join(', ')}]`;
}

/** Throws unless every dimension is a non-negative safe integer and their product is one too. */
export function checkShape(shape: Shape, what: string): void {
  checkList(shape, `${what}: the shape`);
  for (const d of shape) {
    if (!Number.isSafeInteger(d) || d < 0) {
      throw new ShapeError(
        `${what}: dimension ${showValue(d)} of shape ${showShape(shape)} is not a non-negative integer`,
      );
    }
  }
  if (!Number.isSafeInteger(sizeOf(shape))) throw new ShapeError(`${what}: shape ${showShape(shape)} is too large`);
}

/**
 * NumPy broadcasting of two shapes, aligned at the right. Throws a ShapeError that names both; `what` begins its message
 * (a function where the text is not for free).
 */
export function broadcastShapes(a: Shape, b: Shape, what: string | (() => string)): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out: number[] = new Array(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${typeof what === 'string' ? what : what()}: shapes ${showShape(a)} and ${showShape(b)} do not broadcast (dimension ${i - rank}: ${x} against ${y})`,
      );
    }
    out[i] = x === 1 ? y : x;
  }
  return out;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let s = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = s;
    s *= shape[i]!;
  }
  return strides;
}

/** Maps a possibly negative axis into `[0, rank)`; throws a ShapeError otherwise. */
export function normalizeAxis(axis: number, rank: number, what: string): number {
  const a = Number.isInteger(axis) && axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || a < 0 || a >= rank) {
    throw new ShapeError(`${what}: axis ${showValue(axis)} is out of range for a tensor of rank ${rank}`);
  }
  return a;
}

/** Normalised, sorted, distinct axes; all axes when `axes` is undefined. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number, what: string): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  if (typeof axes !== 'number') checkList(axes, `${what}: the axes`);
  const list = (typeof axes === 'number' ? [axes] : axes).map((a) => normalizeAxis(a, rank, what));
  const distinct = [...new Set(list)].sort((x, y) => x - y);
  if (distinct.length !== list.length) throw new ShapeError(`${what}: axes [${list.join(', ')}] repeat`);
  return distinct;
}

/** A shape seen from one axis, as [outer, length, inner]: the element at (o, i, k) has flat index (o·length + i)·inner + k. */
interface Around {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

export function around(shape: Shape, axis: number): Around {
  return { outer: sizeOf(shape.slice(0, axis)), length: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}
