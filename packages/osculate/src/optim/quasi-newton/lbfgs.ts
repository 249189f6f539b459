import { axpy, dot, scale } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { Optimizer } from '../optimizer.js';
import type { LineSearch, LineSlope } from '../search/line-search.js';
import { strongWolfe } from '../search/strong-wolfe.js';
import { isUsablePair, type QuasiNewtonState, quasiNewtonMethod } from './quasi-newton-method.js';

/** A step s = Δx with the change y = Δg of the gradient along it. */
export interface Pair {
  readonly s: Float64Array;
  readonly y: Float64Array;
}

/** q ← q + α·x, and then uᵀq and uᵀv. */
function addThenDots(
  alpha: number,
  x: Float64Array,
  q: Float64Array,
  u: Float64Array,
  v: Float64Array,
): readonly [uq: number, uv: number] {
  const n = q.length;
  let [q0, q1, v0, v1, i] = [0, 0, 0, 0, 0];
  for (; i + 2 <= n; i += 2) {
    const a = q[i]! + alpha * x[i]!;
    const b = q[i + 1]! + alpha * x[i + 1]!;
    q[i] = a;
    q[i + 1] = b;
    q0 += u[i]! * a;
    q1 += u[i + 1]! * b;
    v0 += u[i]! * v[i]!;
    v1 += u[i + 1]! * v[i + 1]!;
  }
  if (i < n) {
    const a = q[i]! + alpha * x[i]!;
    q[i] = a;
    q0 += u[i]! * a;
    v0 += u[i]! * v[i]!;
  }
  return [q0 + q1, v0 + v1];
}

/** q ← q + α·x, and then uᵀq. */
function addThenDot(alpha: number, x: Float64Array, q: Float64Array, u: Float64Array): number {
  const n = q.length;
  let [q0, q1, i] = [0, 0, 0];
  for (; i + 2 <= n; i += 2) {
    const a = q[i]! + alpha * x[i]!;
    const b = q[i + 1]! + alpha * x[i + 1]!;
    q[i] = a;
    q[i + 1] = b;
    q0 += u[i]! * a;
    q1 += u[i + 1]! * b;
  }
  if (i < n) {
    const a = q[i]! + alpha * x[i]!;
    q[i] = a;
    q0 += u[i]! * a;
  }
  return q0 + q1;
}

/**
 * q ← H·q in place by the two-loop recursion (Nocedal and Wright 2006, algorithm 7.4) over pairs, oldest first, with H₀ = γI and
 * γ = sᵀy/yᵀy of the newest pair; without pairs H is the identity. Cost: 8·m·n operations for m pairs, whose arrays are each read
 * twice: where they are larger than the caches that is what takes the time, so an update of q and the products behind it are one pass.
 */
function twoLoops(pairs: readonly Pair[], q: Float64Array): void {
  const newest = pairs.at(-1);
  if (newest === undefined) return;
  const last = pairs.length - 1;
  const [alphas, sy] = [new Float64Array(pairs.length), new Float64Array(pairs.length)];
  let [along, own] = [dot(newest.s, q), dot(newest.s, newest.y)];
  for (let k = last; k >= 0; k--) {
    sy[k] = own;
    alphas[k] = along / own;
    const next = pairs[k - 1];
    if (next) [along, own] = addThenDots(-alphas[k]!, pairs[k]!.y, q, next.s, next.y);
    else axpy(-alphas[k]!, pairs[k]!.y, q);
  }
  scale(sy[last]! / dot(newest.y, newest.y), q);
  along = dot(pairs[0]!.y, q);
  for (let k = 0; k <= last; k++) {
    const change = alphas[k]! - along / sy[k]!;
    const next = pairs[k + 1];
    if (next) along = addThenDot(change, pairs[k]!.s, q, next.y);
    else axpy(change, pairs[k]!.s, q);
  }
}

export interface LbfgsOptions {
  /** Pairs that are kept (10). */
  readonly memory?: number;
  /** How a step's length is found (default strong Wolfe). */
  readonly search?: LineSearch<LineSlope>;
}

const lbfgsOptions: OptionNames<LbfgsOptions> = { memory: 1, search: 1 };

/**
 * The last pairs in a ring: pair k is `s.j` and `y.j` with j = k mod capacity. Each is an array of its own, which the states of many steps
 * share: a step stores one pair and copies none.
 */
export interface LbfgsMemory {
  readonly capacity: number;
  /** Pairs stored so far, those overwritten included. */
  readonly pairs: number;
  readonly [s: `s.${number}`]: Float64Array;
  readonly [y: `y.${number}`]: Float64Array;
}

export type LbfgsState = QuasiNewtonState & LbfgsMemory;

/** The last pairs, oldest first. */
function pairsOf(memory: LbfgsMemory): Pair[] {
  const count = Math.min(memory.pairs, memory.capacity);
  return Array.from({ length: count }, (_, i) => {
    const j = (memory.pairs - count + i) % memory.capacity;
    return { s: memory[`s.${j}`]!, y: memory[`y.${j}`]! };
  });
}

/** The newest pair; undefined before the first. */
export function newestPair(memory: LbfgsMemory): Pair | undefined {
  return pairsOf(memory).at(-1);
}

/** A memory with these arrays in the places of the ring. */
function ring(capacity: number, pairs: number, at: (name: `s.${number}` | `y.${number}`) => Float64Array): LbfgsMemory {
  const slots: Record<`s.${number}` | `y.${number}`, Float64Array> = {};
  for (let j = 0; j < capacity; j++) {
    slots[`s.${j}`] = at(`s.${j}`);
    slots[`y.${j}`] = at(`y.${j}`);
  }
  return { capacity, pairs, ...slots };
}

/** A memory without pairs for vectors of length n. */
export function noPairs(n: number, capacity: number): LbfgsMemory {
  const zeros = new Float64Array(n);
  return ring(capacity, 0, () => zeros);
}

/** The memory alone of a state that has more. */
export function memoryOf(state: LbfgsMemory): LbfgsMemory {
  return ring(state.capacity, state.pairs, (name) => state[name]!);
}

/** −H·g of the pairs in memory, by `twoLoops`. */
export function lbfgsDirection(memory: LbfgsMemory, gradient: ArrayLike<number>): Float64Array {
  const q = new Float64Array(gradient.length);
  for (let i = 0; i < q.length; i++) q[i] = -gradient[i]!;
  twoLoops(pairsOf(memory), q);
  return q;
}

/** The memory with one more pair, in the place of the oldest when it is full. */
export function withPair(memory: LbfgsMemory, s: Float64Array, y: Float64Array): LbfgsMemory {
  const j = memory.pairs % memory.capacity;
  return { ...memoryOf(memory), [`s.${j}`]: s, [`y.${j}`]: y, pairs: memory.pairs + 1 };
}

/**
 * L-BFGS (Liu and Nocedal 1989): the inverse Hessian from the last pairs of steps and gradient changes, a strong Wolfe search. A pair
 * with sᵀy not clearly positive is skipped. For hundreds of exact gradients: functions, physics, networks on little data; not for a few passes over
 * many rows, where `multiBatchLbfgs` takes its place. Cost a step: about one gradient over all rows and 4·memory·n operations; memory
 * 2·memory·n numbers.
 * @throws InputError when the memory is not an integer ≥ 1.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: lbfgs({ memory: 5 }) });
 * x; // [1.000, 1.000]
 */
export function lbfgs(options: LbfgsOptions = {}): Optimizer<LbfgsState> {
  checkNames('lbfgs', options, lbfgsOptions);
  const { memory = 10, search = strongWolfe() } = options;
  if (!Number.isInteger(memory) || memory < 1) {
    throw new InputError(`lbfgs: the memory is ${memory}; keep at least one pair (an integer ≥ 1)`);
  }
  return quasiNewtonMethod<LbfgsMemory>({
    name: 'L-BFGS',
    demand: ({ layout: { size: n } }) => ({
      vectors: 10,
      bytes: 8 * n * (2 * memory + 6),
      programs: 1,
      gradients: [1, 3],
    }),
    settings: { memory },
    search,
    empty: ({ length }) => noPairs(length, memory),
    isScaled: ({ pairs }) => pairs > 0,
    direction: lbfgsDirection,
    update: (state, s, y) => (isUsablePair(s, y) ? withPair(state, s, y) : memoryOf(state)),
  });
}
