import { InputError } from '../../../tensor/errors.js';

/** The option if it is a positive, finite number. @throws InputError that names method and option otherwise. */
export function requirePositive(method: string, option: string, value: number): number {
  if (value > 0 && Number.isFinite(value)) return value;
  throw new InputError(`${method}: the ${option} is ${value}; it must be a positive number`);
}
