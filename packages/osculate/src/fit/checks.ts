import { InputError } from '../tensor/errors.js';

/** A value in a message. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'bigint') return `the bigint ${value}n`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}

/** Whether it is an array or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

/** @throws InputError that names the place of what is no number, as null or a bigint. Numbers that are not finite pass. */
export function requireNumbers(what: string, given: unknown): asserts given is ArrayLike<number> {
  if (!isList(given)) throw new InputError(`${what} is ${show(given)}; give a list of numbers`);
  if (given instanceof Float64Array) return;
  for (let i = 0; i < given.length; i++) {
    if (typeof given[i] !== 'number')
      throw new InputError(`${what} is ${show(given[i])} at place ${i} (counted from 0); give numbers only`);
  }
}

/** A list of numbers as float64, always a copy. @throws as `requireNumbers`. */
export function numbers(what: string, given: unknown): Float64Array {
  requireNumbers(what, given);
  return Float64Array.from(given);
}

/** @throws InputError unless the value is an object with names. */
export function requireObject(what: string, value: unknown, hint: string): void {
  if (typeof value !== 'object' || value === null || isList(value))
    throw new InputError(`${what} is ${show(value)}; give ${hint}`);
}

/** @throws InputError for what no fit returned. */
export function requireFit(
  what: string,
  fit: Readonly<Record<'parameters' | 'names' | 'residuals' | 'jacobian', unknown>>,
): void {
  requireObject(what, fit, 'what a fit returned');
  const { parameters, names, residuals, jacobian } = fit;
  if (![parameters, names, residuals, jacobian].every(isList))
    throw new InputError(`${what} lacks parameters, names, residuals or jacobian; give what a fit returned`);
}

/** Options that are numbers, where they are given. @throws InputError for NaN and for what is no number. */
export function requireNumberOptions(what: string, options: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && (typeof value !== 'number' || Number.isNaN(value)))
      throw new InputError(`${what}: ${name} is ${show(value)}; give a number`);
  }
}

/** @throws InputError unless the value is a function. */
export function requireFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw new InputError(`${what} is ${show(value)}; give a function`);
}

/** Calls a function of the user's. @throws InputError that says what it was given, for a parameter that was not there. */
export function callUser<T>(what: string, given: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const missing = error instanceof InputError && error.message.endsWith('got undefined');
    if (!(error instanceof TypeError || missing)) throw error;
    throw new InputError(`${what}: the function failed: ${error.message}; it was given ${given}`, { cause: error });
  }
}
