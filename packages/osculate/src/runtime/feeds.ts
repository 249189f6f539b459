import type { Program } from '../compile/program.js';
import { type AnyTypedArray, holds } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { inputName } from '../tensor/leaf.js';
import type { NDArray } from '../tensor/ndarray.js';
import { sameShape, showShape } from '../tensor/shape.js';
import type { Feeds } from './executor.js';

const wanted = (t: Tensor): string => `${t.dtype} ${showShape(t.shape)}`;

/**
 * The data bound to one input, checked against its shape and dtype. Messages are made only when they are needed: small programs
 * run in microseconds.
 */
export function bind(t: Tensor, feeds: Feeds): AnyTypedArray {
  const name = inputName(t);
  const value: NDArray | AnyTypedArray | undefined = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
  if (value === undefined) throw new InputError(`run: no value for input "${name}" (${wanted(t)})`);
  if (ArrayBuffer.isView(value)) return checkedData(t, value as AnyTypedArray);
  const { dtype, shape, data } = value as NDArray;
  if (dtype !== t.dtype || !sameShape(shape, t.shape)) {
    throw new InputError(`run: input "${name}" is ${dtype} ${showShape(shape)}, but the program needs ${wanted(t)}`);
  }
  return checkedData(t, data);
}

function checkedData(t: Tensor, data: AnyTypedArray): AnyTypedArray {
  if (ArrayBuffer.isView(data) && holds(data, t.dtype) && data.length === t.size) return data;
  const found = ArrayBuffer.isView(data) ? `a ${data.constructor.name} of length ${data.length}` : 'no typed array';
  throw new InputError(
    `run: input "${inputName(t)}" is ${found}, but the program needs ${wanted(t)} (${t.size} elements)`,
  );
}

/** Throws when a feed's name is not an input of the program. */
export function checkNames(program: Program, feeds: Feeds): void {
  const names = Object.keys(feeds);
  // A name that is missing is reported by `bind`, so equal counts leave nothing to find here.
  if (names.length <= program.inputs.length) return;
  const known = new Set(program.inputs.map(inputName));
  const unknown = names.find((name) => !known.has(name));
  const list = [...known].map((n) => `"${n}"`).join(', ');
  throw new InputError(`run: the program has no input "${unknown}"; its inputs are ${list}`);
}
