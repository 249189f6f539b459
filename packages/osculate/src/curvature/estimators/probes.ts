import { euclideanNorm } from '../../linalg/index.js';
import { scale } from '../../linalg/krylov/vectors.js';
import type { Generator } from '../../tensor/random.js';

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
