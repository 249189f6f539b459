import { matrix, symmetricEigen } from '../../linalg/index.js';
import { axpy, dot, scale } from '../../linalg/vectors.js';
import { checkOptions } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';

export interface PrincipalDirections {
  /** Orthonormal, the one with most variance first; each points from the first to the last point. */
  readonly directions: readonly Float64Array[];
  /** Share of the variance of the points that each explains. */
  readonly explained: readonly number[];
}

export interface Projection {
  /** A row a point: coordinates of the nearest θ + Σ cᵢ dᵢ, the origin at θ. */
  readonly coordinates: readonly (readonly number[])[];
  /** Σ ‖projection‖² / Σ ‖point − θ‖²: how much of the path is seen in this plane. 1 when no point moves. */
  readonly explained: number;
}

function checkPoints(what: string, points: readonly ArrayLike<number>[], least: number): void {
  const size = points[0]?.length;
  const odd = points.findIndex((p) => p.length !== size);
  if (odd >= 0) {
    throw new InputError(`${what}: point ${odd} has ${points[odd]!.length} elements and point 0 has ${size}`);
  }
  if (points.length < least) {
    throw new InputError(`${what}: there are ${points.length} points; give at least ${least}`);
  }
}

function centred(points: readonly ArrayLike<number>[]): Float64Array[] {
  const rows = points.map((p) => Float64Array.from(p));
  const mean = new Float64Array(rows[0]!.length);
  for (const row of rows) axpy(1 / rows.length, row, mean);
  for (const row of rows) axpy(-1, mean, row);
  return rows;
}

/**
 * The `count` principal directions of the points of a trajectory, from their Gram matrix: for T points of n elements T² n operations, with
 * no n x n matrix (Li et al. 2018, section 7).
 * @throws InputError for points of different lengths, fewer than count + 1 of them, or points that span fewer directions.
 * @example
 * const { directions, explained } = principalDirections([[0, 0], [1, 1], [2, 2]], 1);
 * explained; // [1]
 * projectTrajectory([[0, 0], [1, 1], [2, 2]], [0, 0], directions).coordinates.map(([c]) => c!); // [0, 1.414, 2.828]
 */
export function principalDirections(points: readonly ArrayLike<number>[], count = 2): PrincipalDirections {
  checkOptions('principalDirections', { 'an integer ≥ 1': { count } });
  checkPoints('principalDirections', points, count + 1);
  const rows = centred(points);
  const n = rows.length;
  const gram = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(rows[i]!, rows[j]!);
      gram.data[i * n + j] = product;
      gram.data[j * n + i] = product;
    }
  }
  const { values, vectors } = symmetricEigen(gram);
  const total = values.reduce((sum, v) => sum + Math.max(0, v), 0);
  const picked = Array.from({ length: count }, (_, k) => {
    const column = n - 1 - k;
    const value = values[column]!;
    // Eigenvalues of the Gram matrix below its rounding belong to no direction.
    if (!(value > 1e-14 * n * total)) {
      throw new InputError(
        `principalDirections: the points span ${k} directions and not ${count}; give points that differ, or ask for fewer`,
      );
    }
    const direction = new Float64Array(rows[0]!.length);
    rows.forEach((row, i) => void axpy(vectors.data[i * n + column]!, row, direction));
    const along = dot(direction, rows[n - 1]!) - dot(direction, rows[0]!);
    scale((along < 0 ? -1 : 1) / Math.sqrt(dot(direction, direction)), direction);
    return { direction, share: value / total };
  });
  return { directions: picked.map((p) => p.direction), explained: picked.map((p) => p.share) };
}

function checkLengths(what: string, vectors: readonly ArrayLike<number>[], size: number): void {
  const odd = vectors.findIndex(({ length }) => length !== size);
  if (odd < 0) return;
  throw new InputError(`projectTrajectory: ${what} ${odd} has ${vectors[odd]!.length} elements and the origin ${size}`);
}

/** G⁻¹ b for the Gram matrix of one or two directions. */
function solveGram(gram: readonly (readonly number[])[], b: readonly number[]): number[] {
  if (b.length === 1) return [b[0]! / gram[0]![0]!];
  const [[p, q], [, r]] = gram as [[number, number], [number, number]];
  const determinant = p * r - q * q;
  if (!(determinant > 1e-12 * p * r)) {
    throw new InputError('projectTrajectory: the two directions are parallel and span no plane; choose another');
  }
  return [(r * b[0]! - q * b[1]!) / determinant, (p * b[1]! - q * b[0]!) / determinant];
}

/**
 * Points of a trajectory in the line or plane through `origin` along one or two directions, which need not be orthogonal.
 * @throws InputError for another number of directions, for lengths that differ, and for directions that are zero or parallel.
 */
export function projectTrajectory(
  points: readonly ArrayLike<number>[],
  origin: ArrayLike<number>,
  directions: readonly Float64Array[],
): Projection {
  if (directions.length < 1 || directions.length > 2) {
    throw new InputError(
      `projectTrajectory: there are ${directions.length} directions; give one for a line or two for a plane`,
    );
  }
  checkLengths('direction', directions, origin.length);
  checkLengths('point', points, origin.length);
  const gram = directions.map((d) => directions.map((e) => dot(d, e)));
  const zero = gram.findIndex((row, i) => !(row[i]! > 0));
  if (zero >= 0) throw new InputError(`projectTrajectory: direction ${zero} is zero or not finite; choose another`);
  let [seen, all] = [0, 0];
  const coordinates = points.map((point) => {
    const moved = Float64Array.from(point, (v, i) => v - origin[i]!);
    const along = directions.map((d) => dot(d, moved));
    const c = solveGram(gram, along);
    seen += c.reduce((sum, value, i) => sum + value * along[i]!, 0);
    all += dot(moved, moved);
    return c;
  });
  return { coordinates, explained: all > 0 ? seen / all : 1 };
}
