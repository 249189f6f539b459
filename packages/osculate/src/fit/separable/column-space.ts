import { type PivotedQr, pivotedQr } from '../../linalg/dense/pivoted-qr.js';
import { applyQ, upperFactor } from '../../linalg/dense/qr.js';
import { rowsOfColumns } from '../../linalg/dense/transpose.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import { dotAt } from '../../linalg/vectors.js';
import type { Box } from '../bounds.js';
import type { BasisRange, LinearSolution } from './basis-range.js';
import { boundedLinear, columnsOf } from './bounded-linear.js';

/** The columns, each over its norm (zero ones as they are), row-major. */
function equilibrated(columns: readonly Float64Array[], norms: Float64Array, m: number): Matrix {
  const p = columns.length;
  const scaled = new Float64Array(p * m);
  columns.forEach((column, j) => {
    norms[j] = Math.sqrt(dotAt(column, 0, column, 0, m)) || 1;
    for (let i = 0; i < m; i++) scaled[j * m + i] = column[i]! / norms[j]!;
  });
  return matrix(m, p, rowsOfColumns(scaled, m, p));
}

/** The matrix of some columns, row-major. */
function matrixOf(columns: readonly Float64Array[]): Matrix {
  const [m, q] = [columns[0]!.length, columns.length];
  const joined = new Float64Array(q * m);
  columns.forEach((column, k) => {
    joined.set(column, k * m);
  });
  return matrix(m, q, rowsOfColumns(joined, m, q));
}

/**
 * The range of a basis Φ: QR of its columns, each scaled to length 1, with column pivoting. Where Φ lacks full rank, Φ⁻ is the generalised
 * inverse of the leading columns, which serves as Φ⁺ does, since ΦΦ⁻ is the orthogonal projection.
 */
export class ColumnSpace implements BasisRange {
  private readonly factors: PivotedQr;
  private readonly r: Matrix;
  private readonly norms: Float64Array;

  constructor(columns: readonly Float64Array[], m: number) {
    this.norms = new Float64Array(columns.length);
    this.factors = pivotedQr(equilibrated(columns, this.norms, m));
    this.r = upperFactor(this.factors);
  }

  solve(b: Float64Array, box: Box): LinearSolution {
    const { factors, r, norms } = this;
    const rotated = applyQ(factors, b, { transpose: true });
    const p = norms.length;
    if (!box.bounded) return { solution: this.back(rotated), sides: new Int8Array(p) };
    const columns = new Array<Float64Array>(p);
    columnsOf(r).forEach((column, j) => {
      const to = factors.permutation[j]!;
      columns[to] = column.map((v) => v * norms[to]!) as Float64Array;
    });
    return boundedLinear(columns, rotated.slice(0, r.rows), box);
  }

  /** R⁻¹ of the first elements, zero beyond the rank, into the order of the columns. */
  private back(rotated: Float64Array): Float64Array {
    const { factors, r, norms } = this;
    const { rank, permutation } = factors;
    const z = rotated.slice(0, rank);
    const p = norms.length;
    const solution = new Float64Array(p);
    for (let i = rank - 1; i >= 0; i--) {
      for (let j = i + 1; j < rank; j++) z[i]! -= r.data[i * p + j]! * z[j]!;
      z[i]! /= r.data[i * p + i]!;
      solution[permutation[i]!] = z[i]! / norms[permutation[i]!]!;
    }
    return solution;
  }

  project(v: readonly Float64Array[], z: readonly Float64Array[] | null): Float64Array[] {
    const { factors, r, norms } = this;
    const { rank, permutation } = factors;
    const [q, p] = [v.length, norms.length];
    const rotated = applyQ(factors, matrixOf(v), { transpose: true });
    const { data } = rotated;
    data.fill(0, 0, rank * q);
    z?.forEach((slopes, k) => {
      for (let i = 0; i < rank; i++) {
        let sum = -slopes[permutation[i]!]! / norms[permutation[i]!]!;
        for (let j = 0; j < i; j++) sum -= r.data[j * p + i]! * data[j * q + k]!;
        data[i * q + k] = sum / r.data[i * p + i]!;
      }
    });
    return columnsOf(applyQ(factors, rotated));
  }
}
