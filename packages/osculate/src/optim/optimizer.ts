import type { Vector } from '../linalg/vectors.js';
import type { Objective } from '../objective/objective.js';
import type { Generator } from '../tensor/random.js';
import type { Demand } from './demand.js';

/** What a step needs besides the state. */
export interface StepContext {
  /** What is minimised. */
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
  /** True where the step was made, false where the parameters stay. */
  readonly accepted: boolean;
  /** The step was rejected because its loss, gradient, curvature or new parameters are not finite. */
  readonly nonFinite?: boolean;
  /** ‖∇f‖ at the parameters before the step over the whole data, of methods that look at all of it. */
  readonly gradientNorm?: number;
  /** The curvature before the step has a negative eigenvalue: a stationary point there is no minimum. */
  readonly indefinite?: boolean;
  /** Why the method cannot go on, where it cannot. */
  readonly stop?: StepStop;
  /** Method-specific figures worth plotting: damping, CG iterations, step length. */
  readonly details: Readonly<Record<string, number>>;
}

/** State that every optimizer has: plain data, so that it can be saved and resumed. */
export interface OptimizerState {
  /** The present parameters. */
  readonly parameters: Vector;
  /** Steps so far, rejected ones included. */
  readonly step: number;
}

/** An optimization method as a pure pair: `step` returns a new state and leaves the old one as it was; what it may overwrite is given to it. */
export interface Optimizer<S extends OptimizerState = OptimizerState> {
  /** What it is called in reports. */
  readonly name: string;
  /** Its options as plain data, for reports and checkpoints. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** A step uses values and gradients of steps before it: dropout masks then stay the same for the whole run. */
  readonly carries?: boolean;
  /** What it takes, for forecasts; computes nothing. Of a method without it nothing is foretold. */
  demand?(objective: Objective): Demand;
  /** The state to start from, for this objective. */
  init(objective: Objective, parameters: Vector): S;
  /** One step from a state: the new state, and how it went. */
  step(state: S, context: StepContext): Promise<{ state: S; report: StepReport }>;
}

/**
 * Vectors to be overwritten by a step, by their names in the state: those of the retired state that the present one does not share, as it
 * does after a rejected step.
 */
export function overwritable<K extends string>(
  retired: OptimizerState | undefined,
  present: OptimizerState,
): (name: K) => Vector | undefined {
  type Vectors = Partial<Readonly<Record<K, Vector>>>;
  const [old, kept] = [retired as Vectors | undefined, present as Vectors];
  return (name) => (old?.[name] === kept[name] ? undefined : old?.[name]);
}

/** A vector that its next user may overwrite. Runs that take turns with one optimizer never have the same. */
export class SpareVector {
  private left: Vector | undefined;

  leave(vector: Vector): void {
    this.left = vector;
  }

  /** The vector that was left last, if it is of the length and type of another one and nobody has taken it. */
  take(like: Vector): Vector | undefined {
    const found = this.left;
    this.left = undefined;
    return found?.length === like.length && found.constructor === like.constructor ? found : undefined;
  }
}

/**
 * Bytes of the arrays of an optimizer's state, the parameters among them. An array that occurs twice counts once.
 * @example
 * stateBytes(adam().init(objective, theta)) / (theta.length * theta.BYTES_PER_ELEMENT); // 3
 */
export function stateBytes(state: OptimizerState): number {
  const arrays = new Set(Object.values(state).filter((value) => ArrayBuffer.isView(value)));
  let bytes = 0;
  for (const array of arrays) bytes += array.byteLength;
  return bytes;
}
