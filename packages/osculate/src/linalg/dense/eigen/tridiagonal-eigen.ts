import { ShapeError } from '../../../tensor/errors.js';
import type { KernelOptions } from '../../kernels/kernels.js';
import { kernelsFor, withMemory } from '../../kernels/select.js';
import { matrix, requireFinite, transposeMatrix } from '../../matrix.js';
import { powerOfTwoScale, unscale } from '../scaling.js';
import { divideAndConquer } from './divide-and-conquer.js';
import { convergenceFailure, type SymmetricEigen } from './symmetric-eigen.js';

/**
 * All eigenpairs of the symmetric tridiagonal matrix with the given diagonal and off-diagonal (one element fewer), by divide and
 * conquer: 4 n³/3 operations at most. ShapeError when the lengths do not fit, InputError unless all elements are finite.
 */
export function tridiagonalEigen(
  diagonal: Float64Array,
  offDiagonal: Float64Array,
  options: KernelOptions = {},
): SymmetricEigen {
  const n = diagonal.length;
  if (offDiagonal.length !== Math.max(0, n - 1)) {
    throw new ShapeError(
      `tridiagonalEigen: ${n} diagonal elements go with ${Math.max(0, n - 1)} off-diagonal ones; got ${offDiagonal.length}.`,
    );
  }
  const all = new Float64Array(n + offDiagonal.length);
  all.set(diagonal);
  all.set(offDiagonal, n);
  requireFinite('tridiagonalEigen', matrix(1, all.length, all));
  const scale = powerOfTwoScale(all);
  const k = kernelsFor(options);
  return withMemory(k, 4 * n * n + 2 * n, (d) => {
    const e = d + n;
    const rows = e + n;
    for (let i = 0; i < all.length; i++) k.heap[d + i] = all[i]! * scale;
    if (!divideAndConquer(k, n, d, e, rows, rows + n * n)) throw convergenceFailure('tridiagonalEigen');
    const values = k.heap.slice(d, d + n);
    unscale(values, scale);
    return { values, vectors: transposeMatrix(matrix(n, n, k.heap.slice(rows, rows + n * n))) };
  });
}
