import { euclideanNorm } from '../../linalg/dense/norms.js';
import { svd } from '../../linalg/dense/svd.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import { dot } from '../../linalg/vectors.js';

/**
 * Whether the data determine a parameter. `held`: at a bound, so that it does not vary; `undetermined`: its variance is infinite; `fixed`:
 * not fitted; `tied`: follows from others, and so does its variance.
 */
export type ParameterState = 'estimated' | 'held' | 'undetermined' | 'fixed' | 'tied';

export interface UnscaledCovariance {
  /** (JᵀJ)⁻¹ of the free parameters, n×n: 0 for held ones, ∞ in the variance and NaN in the covariances of undetermined ones. */
  readonly matrix: Matrix;
  readonly states: readonly ParameterState[];
  /** Rank of J with its free columns scaled to length 1. */
  readonly rank: number;
  /** Largest over smallest singular value of that matrix; ∞ without full rank. */
  readonly condition: number;
  /** Variance of gᵀp, a linear function of the parameters: finite also where the data determine it but no parameter in it by itself. */
  varianceOf(g: Float64Array): number;
  /** Covariance of gᵀp and hᵀp; NaN where the data do not determine both. */
  covarianceOf(g: Float64Array, h: Float64Array): number;
}

/** Share of a unit vector in the null space from which a parameter counts as undetermined: well above rounding, well below any real share. */
const SHARE = 1e-7;

interface Scaled {
  readonly j: Matrix;
  readonly norms: Float64Array;
}

/** The free columns, each divided by its norm (a zero column stays). */
function scaledColumns(jacobian: Float64Array, m: number, n: number, free: readonly number[]): Scaled {
  const j = matrix(m, free.length);
  const norms = new Float64Array(free.length);
  free.forEach((from, k) => {
    const column = Float64Array.from({ length: m }, (_, i) => jacobian[i * n + from]!);
    norms[k] = euclideanNorm(column) || 1;
    for (let i = 0; i < m; i++) j.data[i * free.length + k] = column[i]! / norms[k]!;
  });
  return { j, norms };
}

/** What the singular values of the scaled free columns say. */
interface Decomposition {
  readonly rank: number;
  readonly values: Float64Array;
  readonly right: Matrix;
}

function decompose(scaled: Matrix): Decomposition {
  const { values, right } = svd(scaled);
  const least = Math.max(scaled.rows, scaled.columns) * 2 ** -52 * values[0]!;
  return { rank: values.filter((value) => value > least).length, values, right };
}

/** Row-space coordinates of a vector over the singular values, Σ⁻¹Vᵀg; null when more than a trace of it lies in the null space. */
function whitenedCoordinates(g: Float64Array, { rank, values, right }: Decomposition): Float64Array | null {
  const k = g.length;
  const result = new Float64Array(rank);
  const outside = g.slice();
  for (let s = 0; s < rank; s++) {
    let share = 0;
    for (let i = 0; i < k; i++) share += right.data[i * right.columns + s]! * g[i]!;
    for (let i = 0; i < k; i++) outside[i]! -= share * right.data[i * right.columns + s]!;
    result[s] = share / values[s]!;
  }
  return rank < k && euclideanNorm(outside) > SHARE * euclideanNorm(g) ? null : result;
}

const nothingKnown: Pick<UnscaledCovariance, 'rank' | 'condition'> = { rank: 0, condition: Number.POSITIVE_INFINITY };

/** Without a finite Jacobian nothing is known of the free parameters. */
function unknown(n: number, free: readonly number[]): UnscaledCovariance {
  const result = matrix(n, n);
  for (const i of free) for (const j of free) result.data[i * n + j] = i === j ? Number.POSITIVE_INFINITY : Number.NaN;
  const states = Array.from({ length: n }, (_, j): ParameterState => (free.includes(j) ? 'undetermined' : 'held'));
  const varianceOf = (g: Float64Array): number => (free.some((j) => g[j] !== 0) ? Number.POSITIVE_INFINITY : 0);
  const covarianceOf = (g: Float64Array, h: Float64Array): number =>
    varianceOf(g) === 0 || varianceOf(h) === 0 ? 0 : Number.NaN;
  return { matrix: result, states, ...nothingKnown, varianceOf, covarianceOf };
}

/**
 * The covariance of the estimates for residuals of unit variance, (JᵀJ)⁻¹, by the singular values of J with scaled columns, never by JᵀJ.
 * Where J lacks full rank, the parameters that the data determine keep their variance (that of the pseudo-inverse, the same for every
 * solution) and the others get ∞. Jacobian row-major m×n; cost 4mn² + O(n³).
 */
export function unscaledCovariance(
  jacobian: Float64Array,
  n: number,
  activeBounds?: ArrayLike<number>,
): UnscaledCovariance {
  const free = Array.from({ length: n }, (_, j) => j).filter((j) => (activeBounds?.[j] ?? 0) === 0);
  if (free.length === 0 || !jacobian.every(Number.isFinite)) return unknown(n, free);
  const { j: scaled, norms } = scaledColumns(jacobian, jacobian.length / n, n, free);
  const decomposition = decompose(scaled);
  const { rank, values } = decomposition;
  const coordinates = free.map((_, a) => {
    const unit = Float64Array.from(free, (__, b) => (a === b ? 1 : 0));
    return whitenedCoordinates(unit, decomposition);
  });
  const states: ParameterState[] = new Array<ParameterState>(n).fill('held');
  const result = matrix(n, n);
  free.forEach((a, row) => {
    states[a] = coordinates[row] ? 'estimated' : 'undetermined';
    free.forEach((b, column) => {
      const [u, v] = [coordinates[row], coordinates[column]];
      const infinite = a === b ? Number.POSITIVE_INFINITY : Number.NaN;
      result.data[a * n + b] = u && v ? dot(u, v) / norms[row]! / norms[column]! : infinite;
    });
  });
  const at = (g: Float64Array): Float64Array | null =>
    whitenedCoordinates(
      Float64Array.from(free, (j, k) => g[j]! / norms[k]!),
      decomposition,
    );
  const varianceOf = (g: Float64Array): number => {
    const u = at(g);
    return u ? dot(u, u) : Number.POSITIVE_INFINITY;
  };
  const covarianceOf = (g: Float64Array, h: Float64Array): number => {
    const [u, v] = [at(g), at(h)];
    return u && v ? dot(u, v) : Number.NaN;
  };
  const condition = rank < free.length ? Number.POSITIVE_INFINITY : values[0]! / values[rank - 1]!;
  return { matrix: result, states, rank, condition, varianceOf, covarianceOf };
}

/** The correlation matrix of a covariance: 1 on the diagonal, NaN where a variance is 0 or infinite. */
export function correlationOf({ rows: n, data }: Matrix): Matrix {
  const result = matrix(n, n);
  const deviations = Float64Array.from({ length: n }, (_, i) => Math.sqrt(data[i * n + i]!));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const value = data[i * n + j]! / deviations[i]! / deviations[j]!;
      result.data[i * n + j] = i === j ? 1 : Math.max(-1, Math.min(1, value));
    }
  }
  return result;
}
