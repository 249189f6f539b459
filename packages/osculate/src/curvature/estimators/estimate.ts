import { InputError } from '../../tensor/errors.js';
import type { LinearOperator } from '../operators/linear-operator.js';

/** A number from random probes. */
export interface Estimate {
  readonly value: number;
  /** Estimated from the probes themselves; 0 where the value is exact. */
  readonly standardError: number;
  /** Products of the operator with single vectors that it took. */
  readonly applications: number;
}

/** Mean and the standard error of the mean of independent samples; at least two. */
export function meanOf(samples: readonly number[]): { value: number; standardError: number } {
  const count = samples.length;
  const value = samples.reduce((sum, x) => sum + x, 0) / count;
  const squares = samples.reduce((sum, x) => sum + (x - value) ** 2, 0);
  return { value, standardError: Math.sqrt(squares / (count - 1) / count) };
}

/** InputError unless `value` is an integer of at least `least`. */
export function requireCount(what: string, name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new InputError(`${what}: ${name} is ${value}; it must be an integer ≥ ${least}`);
}

/** InputError for an operator that is not symmetric, where the method needs it. */
export function requireSymmetric(what: string, { name, symmetric }: LinearOperator): void {
  if (symmetric) return;
  throw new InputError(`${what}: "${name}" is not symmetric; the method holds for symmetric operators only`);
}
