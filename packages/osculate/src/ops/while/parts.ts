import type { Graph } from '../../tensor/ir.js';

/**
 * A while node's inputs are `[...init, ...consts]`, its outputs the carries at the end. Both graphs take `[...carries, ...consts]`.
 */
export interface WhileAttrs {
  /** Gives one bool scalar: whether another step runs. */
  readonly condition: Graph;
  /** Gives the next carries. */
  readonly body: Graph;
  readonly carries: number;
  readonly maxIterations: number;
}
