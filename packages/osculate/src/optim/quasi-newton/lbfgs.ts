import { InputError } from '../../tensor/errors.js';
import type { Optimizer } from '../optimizer.js';
import type { LineSearch, LineSlope } from '../search/line-search.js';
import { strongWolfe } from '../search/strong-wolfe.js';
import { dot } from '../vector.js';
import { isUsablePair } from './curvature-pair.js';
import { type QuasiNewtonState, quasiNewtonMethod } from './quasi-newton-method.js';

export interface LbfgsOptions {
  /** Pairs that are kept (10). */
  readonly memory?: number;
  /** Default: strong Wolfe. */
  readonly search?: LineSearch<LineSlope>;
}

/** The last pairs in a ring: pair k lies at (k mod memory)·n. */
export interface LbfgsMemory {
  readonly s: Float64Array;
  readonly y: Float64Array;
  /** Pairs stored so far, those overwritten included. */
  readonly pairs: number;
}

export type LbfgsState = QuasiNewtonState & LbfgsMemory;

/** −H·g by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4), H₀ = γI with γ = sᵀy/yᵀy of the newest pair. */
export function lbfgsDirection({ s, y, pairs }: LbfgsMemory, gradient: ArrayLike<number>): Float64Array {
  const n = gradient.length;
  const memory = s.length / n;
  const at = (array: Float64Array, k: number) => array.subarray((k % memory) * n, ((k % memory) + 1) * n);
  const first = Math.max(0, pairs - memory);
  const q = Float64Array.from(gradient, (g) => -g);
  const alphas = new Float64Array(pairs - first);
  for (let k = pairs - 1; k >= first; k--) {
    const [sk, yk] = [at(s, k), at(y, k)];
    const alpha = dot(sk, q) / dot(sk, yk);
    alphas[k - first] = alpha;
    for (let i = 0; i < n; i++) q[i]! -= alpha * yk[i]!;
  }
  if (pairs > 0) {
    const newest = at(y, pairs - 1);
    const gamma = dot(at(s, pairs - 1), newest) / dot(newest, newest);
    for (let i = 0; i < n; i++) q[i]! *= gamma;
  }
  for (let k = first; k < pairs; k++) {
    const [sk, yk] = [at(s, k), at(y, k)];
    const change = alphas[k - first]! - dot(yk, q) / dot(sk, yk);
    for (let i = 0; i < n; i++) q[i]! += change * sk[i]!;
  }
  return q;
}

/** The memory with one more pair, the oldest overwritten when it is full. */
export function withPair({ s, y, pairs }: LbfgsMemory, newS: Float64Array, newY: Float64Array): LbfgsMemory {
  const offset = (pairs % (s.length / newS.length)) * newS.length;
  const [nextS, nextY] = [s.slice(), y.slice()];
  nextS.set(newS, offset);
  nextY.set(newY, offset);
  return { s: nextS, y: nextY, pairs: pairs + 1 };
}

/**
 * L-BFGS (Liu and Nocedal 1989): the inverse Hessian from the last pairs of steps and gradient changes, a strong Wolfe search. A pair
 * with sᵀy not clearly positive is skipped. Cost a step: about one gradient over all rows and 4·memory·n operations; memory
 * 2·memory·n numbers, twice while a step is made.
 * @throws InputError when the memory is no integer ≥ 1.
 */
export function lbfgs({ memory = 10, search = strongWolfe() }: LbfgsOptions = {}): Optimizer<LbfgsState> {
  if (!Number.isInteger(memory) || memory < 1) {
    throw new InputError(`lbfgs: the memory is ${memory}; keep at least one pair (an integer ≥ 1)`);
  }
  return quasiNewtonMethod<LbfgsMemory>({
    name: 'L-BFGS',
    settings: { memory },
    search,
    empty: ({ length }) => ({ s: new Float64Array(memory * length), y: new Float64Array(memory * length), pairs: 0 }),
    isScaled: ({ pairs }) => pairs > 0,
    direction: lbfgsDirection,
    update: (state, s, y) =>
      isUsablePair(s, y) ? withPair(state, s, y) : { s: state.s, y: state.y, pairs: state.pairs },
  });
}
