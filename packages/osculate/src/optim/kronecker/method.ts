import type { Vector } from '../../linalg/vectors.js';
import type { StepContext } from '../optimizer.js';
import type { KfacState } from './options.js';
import type { Direction, KfacPrograms, Point } from './programs.js';

/** What distinguishes the methods that precondition by Kronecker factors. */
export interface KroneckerMethod<S extends KfacState> {
  readonly programs: KfacPrograms;
  /** Operations for a side of this order when it is renewed, and vectors of second moments beside the factors (default 0): see `Demand`. */
  cubes(order: number): number;
  readonly moments?: number;
  /** The state that a run starts from. */
  init(base: KfacState, zeros: (length: number) => Vector): S;
  /** The state with its curvature renewed where due; null when the factors allow no preconditioner. */
  learn(state: S, rows: Uint32Array, context: StepContext): Promise<S | null>;
  direction(state: S, gradient: Vector, at: Point): Promise<Direction>;
  /**
   * The learnt state with another λ, its curvature as it is; null when that allows no preconditioner. A preconditioner of blocks of at most
   * `largestSide` costs less.
   */
  damped(learnt: S, damping: number, largestSide?: number): S | null;
  /** States with other γ to choose among where that is due, the learnt one first. Without it there is no choice. */
  candidates?(learnt: S): readonly S[];
}
