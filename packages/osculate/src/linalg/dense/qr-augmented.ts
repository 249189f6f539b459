import { ShapeError } from '../../tensor/errors.js';
import type { KernelOptions, Kernels } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, requireSquare } from '../matrix.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';
import { powerOfTwoScale } from './scaling.js';

/** Rows of the diagonal taken at a time: the work of `foldDiagonal`, for each column. */
export const FOLDED_ROWS = 64;

export interface AugmentedQr<B extends RightHandSide> {
  /** S, n x n upper triangular, SᵀS = RᵀR + D². */
  readonly upper: Matrix;
  /** The first n rows of the rotated right-hand side: S x = this solves min ‖R x − c‖² + ‖D x‖². */
  readonly rightHandSide: B;
}

/**
 * For every column of [R, c] a power of two that brings its largest element, that of D below it included, into [1/2, 1), so that no
 * square over- or underflows: reflections from the left do not see the scale of a column.
 */
function columnScales(upper: Matrix, diagonal: Float64Array, right: Matrix): Float64Array {
  const n = upper.columns;
  const largest = new Float64Array(n + right.columns);
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) largest[j] = Math.max(largest[j]!, Math.abs(upper.data[i * n + j]!));
    largest[i] = Math.max(largest[i]!, Math.abs(diagonal[i]!));
    for (let j = 0; j < right.columns; j++) {
      largest[n + j] = Math.max(largest[n + j]!, Math.abs(right.data[i * right.columns + j]!));
    }
  }
  return largest.map((value) => powerOfTwoScale(Float64Array.of(value)));
}

/** Folds the rows of a diagonal into the triangle at r, row-major with `width` columns of which n are its own. `block` is work. */
export function foldDiagonal(
  k: Kernels,
  n: number,
  width: number,
  r: number,
  diagonal: Float64Array,
  block: number,
): void {
  for (let start = 0; start < n; start += FOLDED_ROWS) {
    const count = Math.min(FOLDED_ROWS, n - start);
    k.heap.fill(0, block, block + (width - start) * FOLDED_ROWS);
    for (let i = 0; i < count; i++) k.heap[block + i * (FOLDED_ROWS + 1)] = diagonal[start + i]!;
    // These rows begin at column `start`, and fill up from there.
    k.appendRows(width - start, Math.ceil(count / 4) * 4, r + start * (width + 1), width, block, FOLDED_ROWS);
  }
}

/**
 * From the triangular factor R of A (and c = Qᵀ b) that of [A; D], D diagonal, by reflections, without touching A again: what
 * each trial damping of a Levenberg-Marquardt step costs, 2n³/3 operations (Moré 1978; MINPACK's qrsolv, which rotates). With column
 * pivoting, give the diagonal in the pivoted order. ShapeError when sizes differ, InputError when an operand is not finite.
 */
export function augmentQr<B extends RightHandSide>(
  upper: Matrix,
  diagonal: Float64Array,
  c: B,
  options: KernelOptions = {},
): AugmentedQr<B> {
  const n = requireSquare('augmentQr', upper);
  const right = asColumns('augmentQr', n, c);
  if (diagonal.length !== n) {
    throw new ShapeError(`augmentQr: the diagonal has ${diagonal.length} elements where R has order ${n}.`);
  }
  requireFinite('augmentQr', upper);
  requireFinite('augmentQr, diagonal', matrix(1, n, diagonal));
  requireFinite('augmentQr, right-hand side', right);
  const k = kernelsFor(options);
  const width = n + right.columns;
  const scales = columnScales(upper, diagonal, right);
  return withMemory(k, width * width + width * FOLDED_ROWS, (at) => {
    const h = k.heap;
    h.fill(0, at, at + width * width);
    for (let i = 0; i < n; i++) {
      const row = at + i * width;
      for (let j = i; j < n; j++) h[row + j] = upper.data[i * n + j]! * scales[j]!;
      for (let j = n; j < width; j++) h[row + j] = right.data[i * right.columns + j - n]! * scales[j]!;
    }
    const scaled = diagonal.map((d, i) => d * scales[i]!);
    foldDiagonal(k, n, width, at, scaled, at + width * width);
    const result = matrix(n, n);
    const rotated = matrix(n, right.columns);
    for (let i = 0; i < n; i++) {
      const row = at + i * width;
      for (let j = i; j < n; j++) result.data[i * n + j] = h[row + j]! / scales[j]!;
      for (let j = n; j < width; j++) rotated.data[i * right.columns + j - n] = h[row + j]! / scales[j]!;
    }
    return { upper: result, rightHandSide: likeRightHandSide(c, rotated) };
  });
}
