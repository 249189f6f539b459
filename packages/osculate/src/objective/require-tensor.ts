import { InputError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';

/** What a user's function returned. @throws InputError for anything but a tensor, as where `return` was forgotten. */
export function requireTensor(what: string, found: unknown): Tensor {
  if (found instanceof Tensor) return found;
  throw new InputError(
    `${what} returned ${found === null ? 'null' : `a value of type ${typeof found}`}; return a tensor`,
  );
}
