import { gramTriangle } from '../../linalg/dense/gram-triangle.js';
import { tallTriangle } from '../../linalg/dense/tall-triangle.js';

/** The linear model ‖S·(J·p + r)‖ of the residuals at a point, or one of fewer rows with the same norms for every p. */
export interface LinearModel {
  /** Rows. */
  readonly height: number;
  /** J, column after column. */
  readonly columns: Float64Array;
  /** S·r. */
  readonly residuals: Float64Array;
  /** S, or null for 1. */
  readonly rows: Float64Array | null;
  /** Whether J is upper triangular of n + 1 rows, and so far from singular, its columns scaled, that no pivoting is needed. */
  readonly regular?: boolean;
}

/** From this many elements of J on, and with so many rows a column, a model is reduced. */
const LEAST_ELEMENTS = 4096;
const LEAST_SLENDERNESS = 4;

/**
 * The inverse of the scaled triangle up to which the Gram matrix serves: steps then have some ten digits, and the gradient in the metric of
 * the model, whose vanishing is what a fit ends at, all but three of its sixteen.
 */
export const MOST_INVERSE = 512;

/** Whether models of m residuals and n parameters are worth reducing. */
export function isTall(m: number, n: number): boolean {
  return m * n >= LEAST_ELEMENTS && m >= LEAST_SLENDERNESS * (n + 1);
}

/**
 * The triangular factor of [S·J, S·r] as a model of n + 1 rows. All else that is done at a point, with whatever scaling and whichever
 * parameters free, then costs next to nothing beside this one pass over J: the Gram matrix where the columns are well apart, orthogonal
 * transformations of blocks of rows where they once were not.
 */
export class ReducedModel implements LinearModel {
  readonly height: number;
  readonly columns: Float64Array;
  readonly residuals: Float64Array;
  readonly rows = null;
  regular = false;
  private readonly triangle: Float64Array;
  /** Whether the Gram matrix has never been refused. */
  private trusted = true;

  constructor(
    private readonly m: number,
    private readonly n: number,
  ) {
    this.height = n + 1;
    this.columns = new Float64Array(n * (n + 1));
    this.residuals = new Float64Array(n + 1);
    this.triangle = new Float64Array((n + 1) ** 2);
  }

  /** Reduces a model of m rows. */
  reduce({ columns, residuals, rows }: LinearModel): void {
    const { m, n, height, triangle } = this;
    const read = (start: number, count: number, into: Float64Array, offset: number, stride: number): void => {
      for (let j = 0; j < n; j++) {
        const [to, from] = [offset + j * stride, j * m + start];
        into.set(columns.subarray(from, from + count), to);
        if (rows !== null) for (let i = 0; i < count; i++) into[to + i]! *= rows[start + i]!;
      }
      into.set(residuals.subarray(start, start + count), offset + n * stride);
    };
    this.trusted &&= gramTriangle(m, n, read, MOST_INVERSE, triangle);
    this.regular = this.trusted;
    if (!this.regular) tallTriangle(m, height, read, triangle);
    for (let j = 0; j < n; j++) {
      for (let i = 0; i <= j; i++) this.columns[j * height + i] = triangle[i * height + j]!;
    }
    for (let i = 0; i < height; i++) this.residuals[i] = triangle[i * height + n]!;
  }
}
