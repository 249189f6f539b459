import { type Matrix, matrix } from '../../linalg/matrix.js';
import type { FitConstraints } from '../result.js';
import type { UnscaledCovariance } from './covariance.js';

/**
 * The covariance with tied parameters in it, by the delta method: S·C·Sᵀ with the exact derivatives S of their formulas. A tied parameter
 * has a variance also where the data determine its formula but nothing that it names. `varianceOf` takes gradients by all parameters as
 * if they were free.
 */
export function tiedCovariance(
  free: UnscaledCovariance,
  names: readonly string[],
  { fixed, tied, sensitivity }: FitConstraints,
): UnscaledCovariance {
  const n = names.length;
  const rows = names.map((_, i) => sensitivity.data.subarray(i * n, (i + 1) * n));
  const follows = names.map((name) => Object.hasOwn(tied, name));
  const result = matrix(n, n, free.matrix.data.slice());
  rows.forEach((g, i) => {
    rows.forEach((h, j) => {
      if (follows[i] || follows[j]) result.data[i * n + j] = i === j ? free.varianceOf(g) : free.covarianceOf(g, h);
    });
  });
  const states = free.states.map((state, i) => {
    if (fixed.includes(names[i]!)) return 'fixed';
    if (!follows[i]) return state;
    return result.data[i * (n + 1)]! < Number.POSITIVE_INFINITY ? 'tied' : 'undetermined';
  });
  const pulled = (g: Float64Array): Float64Array => product(g, sensitivity);
  return {
    ...free,
    matrix: result,
    states,
    varianceOf: (g) => free.varianceOf(pulled(g)),
    covarianceOf: (g, h) => free.covarianceOf(pulled(g), pulled(h)),
  };
}

/** gᵀS. */
function product(g: Float64Array, { rows: n, data }: Matrix): Float64Array {
  const result = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) result[j]! += g[i]! * data[i * n + j]!;
  return result;
}
