import { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';

/** A tensor, or a number that becomes a scalar of the other operand's dtype. */
export type Operand = Tensor | number;

type BinaryFunction = (x: Tensor, y: Tensor) => Tensor;
/** The arguments of a function that may take any: `never` is of every type. */
type Rest = never[];
type TensorFunction = (x: Tensor, ...rest: Rest) => unknown;

export type UnaryMethods<T> = { [K in keyof T]: () => Tensor };
export type BinaryMethods<T> = { [K in keyof T]: (y: Operand) => Tensor };

/** Turns a number into a scalar of `like`'s dtype. */
export function operand(value: Operand, like: Tensor): Tensor {
  return typeof value === 'number' ? full(value, like.dtype) : value;
}

function define(name: string, f: TensorFunction): void {
  function method(this: Tensor, ...rest: Rest): unknown {
    return f(this, ...rest);
  }
  Object.defineProperty(Tensor.prototype, name, { value: method, writable: true, configurable: true });
}

/** Installs functions that take a tensor first as methods. */
export function defineMethods(functions: Readonly<Record<string, TensorFunction>>): void {
  for (const [name, f] of Object.entries(functions)) define(name, f);
}

/** Installs functions of two tensors as methods that take a number too. */
export function defineBinary(functions: Readonly<Record<string, BinaryFunction>>): void {
  for (const [name, f] of Object.entries(functions)) {
    define(name, (x: Tensor, y: Operand) => f(x, operand(y, x)));
  }
}
