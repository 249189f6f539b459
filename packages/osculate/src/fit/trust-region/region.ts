import { cholesky, choleskySolve } from '../../linalg/dense/cholesky.js';
import { dotAt } from '../../linalg/krylov/vectors.js';
import { matrix } from '../../linalg/matrix.js';
import { InputError } from '../../tensor/errors.js';
import { scaledLength } from './convergence.js';
import type { Iterate } from './iterate.js';

/** How the trust region is steered. The defaults are MINPACK's. */
export interface TrustRegionOptions {
  /** λ > 0: the first radius is the length of the step (JᵀJ + λI)p = −Jᵀr; default: 100 times the scaled length of the parameters. */
  readonly damping?: number;
  /** Factor of the radius after a poor step, between 0 and 1; default 0.25. */
  readonly shrink?: number;
  /** Radius after a good step as a multiple of its length, 1 or more; default 2. */
  readonly grow?: number;
  /** Least gain of the cost, relative to the model's promise, of a step that is taken, from 0 to below 1; default 1e-4. */
  readonly leastRatio?: number;
}

/** @throws InputError for an option outside its range. */
export function checkedRegion(what: string, options: TrustRegionOptions = {}): TrustRegionOptions {
  const { damping = 1, shrink = 0.25, grow = 2, leastRatio = 1e-4 } = options;
  const refuse = (name: string, value: number, range: string): never => {
    throw new InputError(`${what}: ${name} of the trust region is ${value}; it must be ${range}`);
  };
  if (!(damping > 0 && damping < Number.POSITIVE_INFINITY)) refuse('damping', damping, 'finite and above 0');
  if (!(shrink > 0 && shrink < 1)) refuse('shrink', shrink, 'between 0 and 1, or no step would get shorter');
  if (!(grow >= 1 && grow < Number.POSITIVE_INFINITY)) refuse('grow', grow, 'finite and 1 or more');
  if (!(leastRatio >= 0 && leastRatio < 1))
    refuse('leastRatio', leastRatio, '0 or more and below 1, since no step gains more than it promises for long');
  return options;
}

/** ‖D·p‖ of the step (JᵀS²J + λI)p = −g at an iterate; NaN where that matrix has no factor. Cost mn²/2. */
export function dampedLength(
  { problem, columns, rows, gradient }: Iterate,
  scale: Float64Array,
  damping: number,
): number {
  const { size: m, parameters: n } = problem;
  const weighted = rows ? columns.map((value, i) => value * rows[i % m]!) : columns;
  const normal = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) normal.data[i * n + j] = dotAt(weighted, i * m, weighted, j * m, m);
    normal.data[i * (n + 1)]! += damping;
  }
  const result = cholesky(normal);
  if (result.status !== 'ok') return Number.NaN;
  const step = choleskySolve(result.factor, gradient);
  return scaledLength(step, scale);
}
