import { Tensor } from '../../tensor/ir.js';
import { type Operand, operand } from '../../tensor/leaf.js';

type BinaryFunction = (x: Tensor, y: Tensor) => Tensor;
/** The arguments of a function that may take any: `never` is of every type. */
type Rest = never[];
type TensorFunction = (x: Tensor, ...rest: Rest) => unknown;

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

/** Installs functions of two tensors as methods that take numbers and arrays too. */
export function defineBinary(functions: Readonly<Record<string, BinaryFunction>>): void {
  for (const [name, f] of Object.entries(functions)) {
    define(name, (x: Tensor, y: Operand) => f(x, operand(name, y, x.dtype)));
  }
}
