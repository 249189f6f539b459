import type { Program } from '../compile/program.js';
import { type AnyTypedArray, allocate } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { inputName } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { sameShape, showShape } from '../tensor/shape.js';
import type { Feeds } from './executor.js';

function typeName(data: AnyTypedArray): string {
  return data.constructor.name;
}

/** The data bound to one input, checked against its shape and dtype. */
export function bind(t: Tensor, feeds: Feeds): AnyTypedArray {
  const name = inputName(t);
  const value: NDArray | AnyTypedArray | undefined = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
  const wanted = `${t.dtype} ${showShape(t.shape)}`;
  if (value === undefined) throw new InputError(`run: no value for input "${name}" (${wanted})`);
  const data = ArrayBuffer.isView(value) ? (value as AnyTypedArray) : (value as NDArray).data;
  if (!ArrayBuffer.isView(value)) {
    const array = value as NDArray;
    if (array.dtype !== t.dtype || !sameShape(array.shape, t.shape)) {
      throw new InputError(
        `run: input "${name}" is ${array.dtype} ${showShape(array.shape)}, but the program needs ${wanted}`,
      );
    }
  }
  if (data.constructor !== allocate(t.dtype, 0).constructor || data.length !== t.size) {
    throw new InputError(
      `run: input "${name}" is a ${typeName(data)} of length ${data.length}, but the program needs ${wanted} (${t.size} elements)`,
    );
  }
  return data;
}

/** Throws when a feed's name is not an input of the program. */
export function checkNames(program: Program, feeds: Feeds): void {
  const known = new Set(program.inputs.map(inputName));
  for (const name of Object.keys(feeds)) {
    if (!known.has(name)) {
      throw new InputError(
        `run: the program has no input "${name}"; its inputs are ${[...known].map((n) => `"${n}"`).join(', ')}`,
      );
    }
  }
}
