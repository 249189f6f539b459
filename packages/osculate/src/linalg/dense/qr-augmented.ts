import { ShapeError } from '../../tensor/errors.js';
import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import { type Matrix, matrix, requireFinite, requireSquare } from '../matrix.js';
import { rotateInto } from './givens.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';

export interface AugmentedQr<B extends RightHandSide> {
  /** S, n x n upper triangular, SᵀS = RᵀR + D². */
  readonly upper: Matrix;
  /** The first n rows of the rotated right-hand side: S x = this solves min ‖R x − c‖² + ‖D x‖². */
  readonly rightHandSide: B;
}

/**
 * From the triangular factor R of A (and c = Qᵀ b) that of [A; D], D diagonal, by plane rotations, without touching A again: what
 * each trial damping of a Levenberg-Marquardt step costs, n³ operations at most (Moré 1978; MINPACK's qrsolv). With column
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
  return withMemory(k, (n + 1) * width, (at) => {
    const h = k.heap;
    const row = at + n * width;
    h.fill(0, at, at + n * width);
    for (let i = 0; i < n; i++) {
      h.set(upper.data.subarray(i * n + i, (i + 1) * n), at + i * width + i);
      h.set(right.data.subarray(i * right.columns, (i + 1) * right.columns), at + i * width + n);
    }
    for (let j = 0; j < n; j++) {
      if (diagonal[j] === 0) continue;
      h.fill(0, row, row + width);
      h[row + j] = diagonal[j]!;
      for (let i = j; i < n; i++) rotateInto(k, at + i * width + i, row + i, width - i);
    }
    const result = matrix(n, n);
    const rotated = matrix(n, right.columns);
    for (let i = 0; i < n; i++) {
      result.data.set(h.subarray(at + i * width + i, at + i * width + n), i * n + i);
      rotated.data.set(h.subarray(at + i * width + n, at + (i + 1) * width), i * right.columns);
    }
    return { upper: result, rightHandSide: likeRightHandSide(c, rotated) };
  });
}
