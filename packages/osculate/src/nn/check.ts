import { InputError } from '../tensor/errors.js';

const shown = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : String(value));

/** @throws InputError for a size that is not an integer ≥ 1: missing, null, NaN, a bigint. */
export function checkSizes(what: string, sizes: Readonly<Record<string, unknown>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isSafeInteger(size) && Number(size) >= 1) continue;
    throw new InputError(`${what}: ${name} must be an integer ≥ 1, got ${shown(size)}`);
  }
}

/** @throws InputError unless a number is as the condition says; `needs` says it in words. */
export function checkNumber(what: string, value: unknown, fits: (v: number) => boolean, needs: string): void {
  if (typeof value !== 'number' || !fits(value)) throw new InputError(`${what} must be ${needs}, got ${shown(value)}`);
}

/** @throws InputError unless an option is one of some words, or not given. */
export function checkChoice(what: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  throw new InputError(`${what} must be one of ${choices.join(', ')}; got ${shown(value)}`);
}

/** @throws InputError unless a value is a function, or not given. */
export function checkFunction(what: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new InputError(`${what} must be a function, got ${shown(value)}`);
  }
}
