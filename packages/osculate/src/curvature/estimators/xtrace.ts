import { euclideanNorm } from '../../linalg/index.js';
import { axpy, dot, scale } from '../../linalg/krylov/vectors.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { type Estimate, meanOf, requireCount, requireSymmetric } from './estimate.js';
import type { TraceOptions } from './hutch-plus-plus.js';
import { orthonormalize } from './orthonormal.js';
import { drawProbes } from './probes.js';

/** For each i a unit vector of coefficients orthogonal to all columns of R but column i: normalised columns of R⁻ᵀ. */
function leaveOneOut(r: readonly Float64Array[]): Float64Array[] {
  const k = r.length;
  return r.map((_, i) => {
    const s = new Float64Array(k);
    for (let j = i; j < k; j++) {
      let sum = j === i ? 1 : 0;
      for (let l = i; l < j; l++) sum -= r[j]![l]! * s[l]!;
      s[j] = sum / r[j]![j]!;
    }
    scale(1 / euclideanNorm(s), s);
    return s;
  });
}

/** aᵀ H b for a matrix given by its columns. */
function form(a: Float64Array, h: readonly Float64Array[], b: Float64Array): number {
  return h.reduce((sum, column, j) => sum + b[j]! * dot(a, column), 0);
}

/**
 * tr A of a symmetric A by XTrace (Epperly, Tropp and Webber 2024): every probe in turn is left out of the basis that the others span and
 * estimates what is orthogonal to it; the mean of these is exchangeable in the probes and of least variance among such. Takes two
 * products a probe. Where the products span the range of A the result is exact. The error follows Hutch++'s rate with a smaller constant, and
 * falls exponentially with the number of products where the spectrum does. InputError for fewer than 4 products or an operator that
 * is not symmetric.
 */
export async function xtrace(operator: LinearOperator, { generator, applications }: TraceOptions): Promise<Estimate> {
  requireCount('xtrace', 'applications', applications, 4);
  requireSymmetric('xtrace', operator);
  const n = operator.size;
  const count = Math.min(Math.floor(applications / 2), n);
  const probes = drawProbes(count, n, 'sphere', generator);
  const { basis, coefficients: r } = orthonormalize(await operator.applyBatch(probes));
  const images = await operator.applyBatch(basis);
  const trace = basis.reduce((sum, q, i) => sum + dot(q, images[i]!), 0);
  const used = count + basis.length;
  // Fewer directions than probes: they span the range of A. As many as n: they span everything.
  if (basis.length < count || count === n) return { value: trace, standardError: 0, applications: used };
  const h = images.map((image) => Float64Array.from(basis, (q) => dot(q, image)));
  const samples = leaveOneOut(r).map((s, i) => {
    const w = Float64Array.from(basis, (q) => dot(q, probes[i]!));
    const x = w.slice();
    axpy(-dot(s, w), s, x);
    const outside = dot(w, r[i]!) - 2 * dot(r[i]!, x) + form(x, h, x);
    // The part of the probe outside the basis, stretched to the length it has on average.
    const stretch = (n - count + 1) / (n - dot(x, x));
    return trace - form(s, h, s) + stretch * outside;
  });
  return { ...meanOf(samples), applications: used };
}
