import { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';

/** A tensor, or a number that becomes a scalar of the other operand's dtype. */
export type Operand = Tensor | number;

type UnaryFunction = (x: Tensor) => Tensor;
type BinaryFunction = (x: Tensor, y: Tensor) => Tensor;

export type UnaryMethods<T> = { [K in keyof T]: () => Tensor };
export type BinaryMethods<T> = { [K in keyof T]: (y: Operand) => Tensor };

/** Turns a number into a scalar of `like`'s dtype. */
export function operand(value: Operand, like: Tensor): Tensor {
  return typeof value === 'number' ? full(value, like.dtype) : value;
}

function define(name: string, method: (this: Tensor, ...args: never[]) => unknown): void {
  Object.defineProperty(Tensor.prototype, name, { value: method, writable: true, configurable: true });
}

/** Installs functions of one tensor as methods. */
export function defineUnary(functions: Readonly<Record<string, UnaryFunction>>): void {
  for (const [name, f] of Object.entries(functions)) {
    define(name, function (this: Tensor) {
      return f(this);
    });
  }
}

/** Installs functions of two tensors as methods that take a number too. */
export function defineBinary(functions: Readonly<Record<string, BinaryFunction>>): void {
  for (const [name, f] of Object.entries(functions)) {
    define(name, function (this: Tensor, y: Operand) {
      return f(this, operand(y, this));
    });
  }
}

/** Installs functions that take a tensor first and anything after it. */
export function defineMethods(functions: Readonly<Record<string, (x: Tensor, ...rest: never[]) => unknown>>): void {
  for (const [name, f] of Object.entries(functions)) {
    define(name, function (this: Tensor, ...args: never[]) {
      return f(this, ...args);
    });
  }
}
