import type { Generator } from '../tensor/random.js';
import type { Objective, Vector } from './objective.js';

/** What a step needs besides the state. */
export interface StepContext {
  readonly objective: Objective;
  /** The only source of randomness; its state is saved with the run. */
  readonly generator: Generator;
  /** An earlier state of the run that nobody needs any more: the step may overwrite those of its vectors that are not in the present state. */
  readonly retired?: OptimizerState | undefined;
}

/** Why a method cannot go on from where it is: a typed result, never an exception. */
export type StepStop =
  /** No step decreases the objective, or the step is zero. */
  | 'stalled'
  /** The objective, its gradient or its curvature is not finite. */
  | 'diverged'
  /** The method needs a positive definite model, and has none. */
  | 'indefinite';

/** How a step went. A non-finite loss or gradient is never stepped on: the step is rejected and says so. */
export interface StepReport {
  /** Loss at the parameters before the step, on the rows that the step looked at. */
  readonly loss: number;
  readonly accepted: boolean;
  /** The step was rejected because its loss, gradient, curvature or new parameters are not finite. */
  readonly nonFinite?: boolean;
  /** ‖∇f‖ at the parameters before the step over the whole data, of methods that look at all of it. */
  readonly gradientNorm?: number;
  /** The curvature before the step has a negative eigenvalue: a stationary point there is no minimum. */
  readonly indefinite?: boolean;
  readonly stop?: StepStop;
  /** Method-specific figures worth plotting: damping, CG iterations, step length. */
  readonly details: Readonly<Record<string, number>>;
}

/** State that every optimizer has: plain data, so that it can be saved and resumed. */
export interface OptimizerState {
  readonly parameters: Vector;
  readonly step: number;
}

/** An optimization method as a pure pair: `step` returns a new state and leaves the old one as it was; what it may overwrite is given to it. */
export interface Optimizer<S extends OptimizerState = OptimizerState> {
  readonly name: string;
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  init(parameters: Vector): S;
  step(state: S, context: StepContext): Promise<{ state: S; report: StepReport }>;
}

/** Rows drawn without replacement for one mini-batch: all of them when `size` is not smaller. */
export function drawRows(objective: Objective, size: number, generator: Generator): Uint32Array {
  return size >= objective.rows ? allRows(objective.rows) : generator.sample(objective.rows, size);
}

/** Rows 0 … n−1. */
export function allRows(n: number): Uint32Array {
  const rows = new Uint32Array(n);
  for (let i = 0; i < n; i++) rows[i] = i;
  return rows;
}

/** True when every element is finite. */
export function allFinite(vector: Vector): boolean {
  for (let i = 0; i < vector.length; i++) if (!Number.isFinite(vector[i]!)) return false;
  return true;
}

/** A new vector of the same type and length, all zeros. */
export function like(vector: Vector): Vector {
  return vector instanceof Float32Array ? new Float32Array(vector.length) : new Float64Array(vector.length);
}
