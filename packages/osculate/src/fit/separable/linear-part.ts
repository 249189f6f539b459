import { dotAt } from '../../linalg/vectors.js';
import type { Box } from '../bounds.js';
import type { BasisRange } from './basis-range.js';
import { ColumnSpace } from './column-space.js';
import { GramRange } from './gram-range.js';

/** The linear coefficients of a basis at one point, and the derivatives of what they leave. */
export class LinearPart {
  /** c; NaN where the basis is not finite. */
  readonly coefficients: Float64Array;
  private sides: Int8Array;
  private space: BasisRange | null = null;

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
    const finite = (v: Float64Array): boolean => Number.isFinite(dotAt(v, 0, v, 0, v.length));
    if (!columns.every(finite) || !finite(g)) {
      this.coefficients.fill(Number.NaN);
      residuals.fill(Number.NaN);
      return;
    }
    const b = g.map((v) => -v) as Float64Array;
    const space = GramRange.of(columns, b) ?? new ColumnSpace(columns, this.m);
    const { solution, sides } = space.solve(b, this.box);
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
    return this.space.project(v, z?.map((slopes) => Float64Array.from(free, (j) => slopes[j]!)) ?? null);
  }
}
