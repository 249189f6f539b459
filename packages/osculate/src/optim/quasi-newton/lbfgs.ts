import { InputError } from '../../tensor/errors.js';
import type { Optimizer } from '../optimizer.js';
import type { LineSearch, LineSlope } from '../search/line-search.js';
import { strongWolfe } from '../search/strong-wolfe.js';
import { isUsablePair } from './curvature-pair.js';
import { type QuasiNewtonState, quasiNewtonMethod } from './quasi-newton-method.js';
import { type Pair, twoLoops } from './two-loops.js';

export interface LbfgsOptions {
  /** Pairs that are kept (10). */
  readonly memory?: number;
  /** Default: strong Wolfe. */
  readonly search?: LineSearch<LineSlope>;
}

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
 * with sᵀy not clearly positive is skipped. Cost a step: about one gradient over all rows and 4·memory·n operations; memory
 * 2·memory·n numbers.
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
    empty: ({ length }) => noPairs(length, memory),
    isScaled: ({ pairs }) => pairs > 0,
    direction: lbfgsDirection,
    update: (state, s, y) => (isUsablePair(s, y) ? withPair(state, s, y) : memoryOf(state)),
  });
}
