import type { KernelOptions } from '../kernels/kernels.js';
import { type Matrix, matrix, requireFinite, transposeMatrix } from '../matrix.js';
import { euclideanNorm } from './norms.js';
import { type PivotedQrOptions, pivotedQr } from './pivoted-qr.js';
import { applyQ, qr, upperFactor } from './qr.js';
import { asColumns, likeRightHandSide, type RightHandSide } from './right-hand-side.js';
import { solveTriangular } from './triangular.js';

export interface LeastSquaresSolution<B extends RightHandSide> {
  /** The minimiser of ‖A x − b‖₂, of all minimisers the shortest; one for each right-hand side. */
  readonly solution: B;
  /** The numerical rank of A; less than its number of columns when the minimiser is not unique. */
  readonly rank: number;
  /** ‖A x − b‖₂ for each right-hand side. */
  readonly residualNorms: Float64Array;
}

/** The rows from `start` to `end`. */
function rowsOf({ columns, data }: Matrix, start: number, end: number): Matrix {
  return matrix(end - start, columns, data.slice(start * columns, end * columns));
}

/** The shortest y with R y = c for R rank x n of full row rank, by a QR factorisation of Rᵀ (complete orthogonal decomposition). */
function shortestSolution(r: Matrix, c: Matrix, options: KernelOptions): Matrix {
  const factors = qr(transposeMatrix(r), options);
  const solved = solveUpper(upperFactor(factors), c, { ...options, transpose: true });
  const padded = matrix(r.columns, c.columns);
  padded.data.set(solved.data);
  return applyQ(factors, padded, options);
}

function solveUpper(r: Matrix, c: Matrix, options: KernelOptions & { readonly transpose?: boolean }): Matrix {
  const solved = solveTriangular(r, c, { ...options, triangle: 'upper' });
  // A factor of numerical rank has no zero on its diagonal.
  return solved.status === 'ok' ? solved.solution : c;
}

/**
 * Linear least squares for any m, n and rank, by a column-pivoted complete orthogonal decomposition (Golub and Van Loan, section 5.5;
 * LAPACK's dgelsy). The rank is decided by `rankTolerance` and reported.
 * @throws InputError when A or b is not finite.
 * @example
 * const { solution, rank } = solveLeastSquares(matrixFromRows([[1, 0], [1, 1], [1, 2]]), Float64Array.of(1, 3, 5));
 * solution; // [1.000, 2.000]
 */
export function solveLeastSquares<B extends RightHandSide>(
  a: Matrix,
  b: B,
  options: PivotedQrOptions = {},
): LeastSquaresSolution<B> {
  const right = asColumns('solveLeastSquares', a.rows, b);
  requireFinite('solveLeastSquares, right-hand side', right);
  const factors = pivotedQr(a, options);
  const { rank, permutation } = factors;
  const n = a.columns;
  const rotated = applyQ(factors, right, { ...options, transpose: true });
  const c = rowsOf(rotated, 0, rank);
  const r = rowsOf(upperFactor(factors), 0, rank);
  const y = rank === n ? solveUpper(r, c, options) : shortestSolution(r, c, options);
  const solution = matrix(n, right.columns);
  permutation.forEach((column, i) => {
    solution.data.set(y.data.subarray(i * right.columns, (i + 1) * right.columns), column * right.columns);
  });
  const rest = transposeMatrix(rowsOf(rotated, rank, a.rows));
  const residualNorms = Float64Array.from({ length: right.columns }, (_, j) =>
    euclideanNorm(rest.data.subarray(j * rest.columns, (j + 1) * rest.columns)),
  );
  return { solution: likeRightHandSide(b, solution), rank, residualNorms };
}
