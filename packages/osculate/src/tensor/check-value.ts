import { InputError } from './errors.js';

/** How messages show a value that is not what it must be: short, with its kind. */
export function showValue(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return `${value}`;
  if (typeof value === 'bigint') return `the bigint ${value}n`;
  if (typeof value === 'string') return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  const name = value.constructor?.name ?? 'Object';
  return name === 'Object' ? `an object with the keys [${Object.keys(value).slice(0, 5).join(', ')}]` : `a ${name}`;
}

/** @throws InputError unless a value is an object: options, or things by name. */
export function checkObject(what: string, value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new InputError(`${what}: needs an object, got ${showValue(value)}`);
}

/** @throws InputError unless a value is a function. */
export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw new InputError(`${what}: needs a function, got ${showValue(value)}`);
}

/** @throws InputError unless a value is a string. */
export function checkText(what: string, value: unknown): void {
  if (typeof value !== 'string') throw new InputError(`${what}: needs a string, got ${showValue(value)}`);
}

/** @throws InputError unless a value is a number. */
export function checkNumber(what: string, value: unknown): void {
  if (typeof value !== 'number') throw new InputError(`${what}: needs a number, got ${showValue(value)}`);
}
