import { InputError, ShapeError } from '../../tensor/errors.js';

/** When an iterative solver stops. */
export interface StoppingOptions {
  /** Relative to the right-hand side's norm (each solver says of what); default 1e-10. */
  readonly tolerance?: number;
  /** Iterations at most (default 2 n, at least 20). */
  readonly maxIterations?: number;
}

/** The options with their defaults filled in. InputError for a tolerance or a budget that is negative or NaN. */
export function stopping(routine: string, n: number, options: StoppingOptions): Required<StoppingOptions> {
  const { tolerance = 1e-10, maxIterations = Math.max(20, 2 * n) } = options;
  if (!(tolerance >= 0)) throw new InputError(`${routine}: the tolerance is ${tolerance}; it must be a number ≥ 0.`);
  if (!(maxIterations >= 0)) {
    throw new InputError(`${routine}: maxIterations is ${maxIterations}; it must be a number ≥ 0.`);
  }
  return { tolerance, maxIterations };
}

/** A copy of the start, zeros without one. ShapeError when it has another length than the right-hand side. */
export function startVector(routine: string, n: number, start: Float64Array | undefined): Float64Array {
  if (start !== undefined && start.length !== n) {
    throw new ShapeError(`${routine}: the start has ${start.length} elements and the right-hand side ${n}.`);
  }
  return start?.slice() ?? new Float64Array(n);
}
