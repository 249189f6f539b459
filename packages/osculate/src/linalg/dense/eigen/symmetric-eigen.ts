import { InputError } from '../../../tensor/errors.js';
import type { KernelOptions, Kernels } from '../../kernels/kernels.js';
import { kernelsFor, withMemory } from '../../kernels/select.js';
import { type Matrix, requireFinite, requireSquare } from '../../matrix.js';
import { type IntoOptions, takeMatrix } from '../result.js';
import { powerOfTwoScale, unscale } from '../scaling.js';
import { transposeAt } from '../transpose.js';
import { divideAndConquer } from './divide-and-conquer.js';
import { implicitQl } from './implicit-ql.js';
import { sortRows } from './sort-rows.js';
import { backTransformAt, tridiagonalizeAt, tridiagonalWork } from './tridiagonalize.js';

export interface SymmetricEigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** Orthogonal; column j belongs to values[j]. */
  readonly vectors: Matrix;
}

/** `into` takes the vectors. */
export interface SymmetricEigenOptions extends KernelOptions, IntoOptions {
  /** How the tridiagonal problem is solved; the default is several times faster from n = 100 on. */
  readonly method?: 'divideAndConquer' | 'implicitQl';
}

/** The matrix at `a`, scaled, reduced to tridiagonal form. */
function reduce(k: Kernels, source: Matrix, scale: number, a: number, work: number) {
  const n = source.rows;
  for (let i = 0; i < n * n; i++) k.heap[a + i] = source.data[i]! * scale;
  const d = a + n * n;
  const tridiagonal = { n, a, d, e: d + n, tau: d + 2 * n };
  tridiagonalizeAt(k, tridiagonal, work);
  return tridiagonal;
}

/** What is thrown when QL does not converge; no finite matrix is known for which that happens. */
export function convergenceFailure(routine: string): InputError {
  return new InputError(`${routine}: the QL iteration has not converged; please report the matrix.`);
}

/**
 * A = Q Λ Qᵀ for a symmetric A, of which the lower triangle is read: reduction to tridiagonal form, divide and conquer, and back
 * transformation (Golub and Van Loan, chapter 8; LAPACK's dsyevd), 9 n³ operations at most. Backward stable: ‖A − Q Λ Qᵀ‖ and ‖QᵀQ − I‖ are
 * of the order of 2⁻⁵² (times ‖A‖).
 * @throws ShapeError unless A is square, InputError unless it is finite.
 * @example
 * const { values, vectors } = symmetricEigen(matrixFromRows([[2, 1], [1, 2]]));
 * values; // [1.000, 3.000]
 * multiply(matrixFromRows([[2, 1], [1, 2]]), vectors); // as multiply(vectors, the diagonal matrix of the values)
 */
export function symmetricEigen(source: Matrix, options: SymmetricEigenOptions = {}): SymmetricEigen {
  const n = requireSquare('symmetricEigen', source);
  requireFinite('symmetricEigen', source);
  const k = kernelsFor(options);
  const scale = powerOfTwoScale(source.data);
  const length = 2 * n * n + 3 * n + Math.max(3 * n * n, n * n + tridiagonalWork(n));
  return withMemory(k, length, (a) => {
    const rows = a + n * n + 3 * n;
    const work = rows + n * n;
    const tridiagonal = reduce(k, source, scale, a, work);
    const { d, e } = tridiagonal;
    if (options.method === 'implicitQl') {
      k.heap.fill(0, rows, rows + n * n);
      for (let i = 0; i < n; i++) k.heap[rows + i * (n + 1)] = 1;
      if (!implicitQl(k, n, d, e, rows, n, n)) throw convergenceFailure('symmetricEigen');
      sortRows(k.heap, n, d, rows, n);
    } else if (!divideAndConquer(k, n, d, e, rows, work)) throw convergenceFailure('symmetricEigen');
    const values = k.heap.slice(d, d + n);
    transposeAt(k.heap, n, n, rows, n, work, n);
    backTransformAt(k, tridiagonal, work, work + n * n);
    unscale(values, scale);
    return { values, vectors: takeMatrix(k, work, n, n, options.into) };
  });
}

/**
 * The eigenvalues of a symmetric matrix, ascending: 4 n³/3 operations. Reads and refuses as `symmetricEigen` does.
 * @example
 * symmetricEigenvalues(matrixFromRows([[2, 1], [1, 2]])); // [1.000, 3.000]
 */
export function symmetricEigenvalues(source: Matrix, options: KernelOptions = {}): Float64Array {
  const n = requireSquare('symmetricEigenvalues', source);
  requireFinite('symmetricEigenvalues', source);
  const k = kernelsFor(options);
  const scale = powerOfTwoScale(source.data);
  return withMemory(k, n * n + 3 * n + tridiagonalWork(n), (a) => {
    const { d, e } = reduce(k, source, scale, a, a + n * n + 3 * n);
    if (!implicitQl(k, n, d, e, -1, 0, 0)) throw convergenceFailure('symmetricEigenvalues');
    const values = k.heap.slice(d, d + n).sort();
    unscale(values, scale);
    return values;
  });
}
