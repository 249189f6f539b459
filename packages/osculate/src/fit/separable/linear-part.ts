import { type PivotedQr, pivotedQr } from '../../linalg/dense/pivoted-qr.js';
import { applyQ, upperFactor } from '../../linalg/dense/qr.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import type { Box } from '../bounds.js';
import { rowsOfColumns } from '../rows-of-columns.js';
import { dot } from '../trust-region/dot.js';
import { boundedLinear, columnsOf } from './bounded-linear.js';

/** The columns, each over its norm (zero ones as they are), row-major. */
function equilibrated(columns: readonly Float64Array[], norms: Float64Array, m: number): Matrix {
  const p = columns.length;
  const scaled = new Float64Array(p * m);
  columns.forEach((column, j) => {
    norms[j] = Math.sqrt(dot(column, 0, column, 0, m)) || 1;
    for (let i = 0; i < m; i++) scaled[j * m + i] = column[i]! / norms[j]!;
  });
  return matrix(m, p, rowsOfColumns(scaled, m, p));
}

/**
 * The range of a basis Φ: QR of its columns, each scaled to length 1, with column pivoting. Where Φ lacks full rank, Φ⁻ is the generalised
 * inverse of the leading columns, which serves as Φ⁺ does, since ΦΦ⁻ is the orthogonal projection.
 */
class ColumnSpace {
  private readonly factors: PivotedQr;
  private readonly r: Matrix;
  private readonly norms: Float64Array;

  constructor(columns: readonly Float64Array[], m: number) {
    this.norms = new Float64Array(columns.length);
    this.factors = pivotedQr(equilibrated(columns, this.norms, m));
    this.r = upperFactor(this.factors);
  }

  /** min ‖Φ·c − b‖, over a box where there is one. */
  solve(b: Float64Array, box: Box): { solution: Float64Array; sides: Int8Array } {
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

  /** P⊥v − (Φ⁻)ᵀz for each column v of an m×q matrix, with z by column or null for zeros; as q arrays of m. */
  project(v: Matrix, z: readonly Float64Array[] | null): Float64Array[] {
    const { factors, r, norms } = this;
    const { rank, permutation } = factors;
    const [q, p] = [v.columns, norms.length];
    const rotated = applyQ(factors, v, { transpose: true });
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

/** The linear coefficients of a basis at one point, and the derivatives of what they leave. */
export class LinearPart {
  /** c; NaN where the basis is not finite. */
  readonly coefficients: Float64Array;
  private sides: Int8Array;
  private space: ColumnSpace | null = null;

  constructor(
    private readonly m: number,
    p: number,
    private readonly box: Box,
  ) {
    this.coefficients = new Float64Array(p);
    this.sides = new Int8Array(p);
  }

  /** Solves min ‖Φ·c + g‖ and writes Φ·c + g; NaN where something is not finite. */
  solve(columns: readonly Float64Array[], g: Float64Array, residuals: Float64Array): void {
    const finite = (v: Float64Array): boolean => Number.isFinite(dot(v, 0, v, 0, v.length));
    if (!columns.every(finite) || !finite(g)) {
      this.coefficients.fill(Number.NaN);
      residuals.fill(Number.NaN);
      return;
    }
    const space = new ColumnSpace(columns, this.m);
    const { solution, sides } = space.solve(g.map((v) => -v) as Float64Array, this.box);
    this.coefficients.set(solution);
    this.sides = sides;
    this.space = sides.some((side) => side !== 0) ? null : space;
    residuals.set(g);
    columns.forEach((column, j) => {
      const c = solution[j]!;
      for (let i = 0; i < residuals.length; i++) residuals[i]! += c * column[i]!;
    });
  }

  /**
   * ∂r/∂αₖ = P⊥v − (Φ⁺)ᵀz, a column for each k, for v = (∂Φ/∂α)c + ∂f/∂α and z = (∂Φ/∂α)ᵀr (Golub and Pereyra 1973), of the columns whose coefficients no bound
   * holds; without z, Kaufman's approximation (1975). Belongs to the last `solve`, of the same columns.
   */
  derivatives(
    columns: readonly Float64Array[],
    v: readonly Float64Array[],
    z: readonly Float64Array[] | null,
  ): readonly Float64Array[] {
    const free = columns.flatMap((_, j) => (this.sides[j] === 0 ? [j] : []));
    if (free.length === 0) return v;
    this.space ??= new ColumnSpace(
      free.map((j) => columns[j]!),
      this.m,
    );
    const q = v.length;
    const joined = new Float64Array(q * this.m);
    v.forEach((column, k) => {
      joined.set(column, k * this.m);
    });
    return this.space.project(
      matrix(this.m, q, rowsOfColumns(joined, this.m, q)),
      z?.map((slopes) => Float64Array.from(free, (j) => slopes[j]!)) ?? null,
    );
  }
}
