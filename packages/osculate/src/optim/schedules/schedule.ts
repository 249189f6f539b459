import { InputError } from '../../tensor/errors.js';

/** A learning-rate schedule: a factor of the learning rate for every update. */
export interface Schedule {
  /** For the settings of a run: `cosine(1000)`. */
  readonly name: string;
  /** The factor of update `step`, counted from 1; rejected steps are not counted. */
  factor(step: number): number;
}

/** @throws InputError unless `value` is an integer ≥ `least`. */
export function requireSteps(what: string, value: number, least = 0): void {
  if (!Number.isInteger(value) || value < least) {
    throw new InputError(`${what}: a number of steps is an integer ≥ ${least}, got ${value}`);
  }
}

/** @throws InputError unless `value` is in [0, 1]. */
export function requireShare(what: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new InputError(`${what}: needs a factor from 0 to 1, got ${value}`);
}
