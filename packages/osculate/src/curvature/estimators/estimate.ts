import { euclideanNorm } from '../../linalg/index.js';
import { scale } from '../../linalg/vectors.js';
import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';

/** A number from random probes. */
export interface Estimate {
  /** The estimate itself. */
  readonly value: number;
  /** Estimated from the probes themselves; 0 where the value is exact. */
  readonly standardError: number;
  /** Products of the operator with single vectors that it took. */
  readonly applications: number;
}

/** Mean and the standard error of the mean of independent samples; at least two. */
export function meanOf(samples: readonly number[]): { value: number; standardError: number } {
  const count = samples.length;
  const value = samples.reduce((sum, x) => sum + x, 0) / count;
  const squares = samples.reduce((sum, x) => sum + (x - value) ** 2, 0);
  return { value, standardError: Math.sqrt(squares / (count - 1) / count) };
}

/** InputError for an operator that is not symmetric, where the method needs it. */
export function requireSymmetric(what: string, { name, symmetric }: LinearOperator): void {
  if (symmetric) return;
  throw new InputError(`${what}: "${name}" is not symmetric; the method holds for symmetric operators only`);
}

/** How probe vectors with E vvᵀ = I are drawn. */
export type ProbeDistribution = 'rademacher' | 'normal' | 'sphere';

/** A probe: independent signs, independent normals, or uniform on the sphere of radius √n. */
export function drawProbe(n: number, distribution: ProbeDistribution, random: Generator): Float64Array {
  const v = new Float64Array(n);
  if (distribution === 'rademacher') for (let i = 0; i < n; i++) v[i] = random.rademacher();
  else for (let i = 0; i < n; i++) v[i] = random.normal();
  if (distribution === 'sphere') scale(Math.sqrt(n) / euclideanNorm(v), v);
  return v;
}

export function drawProbes(
  count: number,
  n: number,
  distribution: ProbeDistribution,
  random: Generator,
): Float64Array[] {
  return Array.from({ length: count }, () => drawProbe(n, distribution, random));
}
