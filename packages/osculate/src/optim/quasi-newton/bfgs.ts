import { dotInOrder } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import type { Optimizer } from '../optimizer.js';
import type { LineSearch, LineSlope } from '../search/line-search.js';
import { strongWolfe } from '../search/strong-wolfe.js';
import { isUsablePair, type QuasiNewtonState, quasiNewtonMethod } from './quasi-newton-method.js';

export interface BfgsOptions {
  /** How a step's length is found (default strong Wolfe). */
  readonly search?: LineSearch<LineSlope>;
}

const bfgsOptions: OptionNames<BfgsOptions> = { search: 1 };

export interface BfgsMemory {
  /** H ≈ (∇²f)⁻¹, n x n, row by row. */
  readonly inverse: Float64Array;
  /** Pairs that it has been updated with. */
  readonly updates: number;
}

function times(h: Float64Array, v: ArrayLike<number>): Float64Array {
  const n = v.length;
  return Float64Array.from({ length: n }, (_, i) => dotInOrder(h.subarray(i * n, (i + 1) * n), v));
}

/**
 * H⁺ = (I − ρ·s·yᵀ)·H·(I − ρ·y·sᵀ) + ρ·s·sᵀ, ρ = 1/sᵀy (Nocedal and Wright 2006, equation 6.17); before the first update H is scaled
 * to γI, γ = sᵀy/yᵀy (equation 6.20).
 */
function bfgsUpdate({ inverse, updates }: BfgsMemory, s: Float64Array, y: Float64Array): BfgsMemory {
  const n = s.length;
  const sy = dotInOrder(s, y);
  const next = inverse.slice();
  if (updates === 0) for (let i = 0; i < n; i++) next[i * (n + 1)]! *= sy / dotInOrder(y, y);
  const hy = times(next, y);
  const factor = (1 + dotInOrder(y, hy) / sy) / sy;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) next[i * n + j]! += factor * s[i]! * s[j]! - (hy[i]! * s[j]! + s[i]! * hy[j]!) / sy;
  }
  return { inverse: next, updates: updates + 1 };
}

function identity(n: number): Float64Array {
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * (n + 1)] = 1;
  return data;
}

/**
 * BFGS with the dense inverse Hessian and a strong Wolfe search: superlinear convergence without second derivatives. A pair with sᵀy not
 * clearly positive is skipped. Cost a step: about one gradient and 6n² operations; memory 2n²: for up to a few thousand parameters, with the
 * gradient of all rows; beyond, `lbfgs`.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: bfgs() });
 * x; // [1.000, 1.000]
 */
export function bfgs(options: BfgsOptions = {}): Optimizer<QuasiNewtonState & BfgsMemory> {
  checkNames('bfgs', options, bfgsOptions);
  const { search = strongWolfe() } = options;
  return quasiNewtonMethod<BfgsMemory>({
    name: 'BFGS',
    demand: ({ layout: { size: n } }) => ({
      vectors: 10,
      bytes: 8 * (3 * n ** 2 + 8 * n),
      what: `its ${n.toLocaleString('en')} × ${n.toLocaleString('en')} inverse Hessian`,
      gradients: [1, 3],
      flops: 100 * n ** 2,
    }),
    settings: {},
    search,
    empty: ({ length }) => ({ inverse: identity(length), updates: 0 }),
    isScaled: ({ updates }) => updates > 0,
    direction: ({ inverse }, gradient) => times(inverse, gradient).map((x) => -x),
    update: ({ inverse, updates }, s, y) =>
      isUsablePair(s, y) ? bfgsUpdate({ inverse, updates }, s, y) : { inverse, updates },
  });
}
