import type { Program } from '../compile/program.js';
import { checkObject, showValue } from '../tensor/check-value.js';
import { type AnyTypedArray, type DType, holds } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { inputName } from '../tensor/leaf.js';
import { type ArrayValue, arrayOf } from '../tensor/ndarray.js';
import { type Shape, sameShape, showShape } from '../tensor/shape.js';
import type { Feeds } from './executor.js';

const wanted = (t: Tensor): string => `${t.dtype} ${showShape(t.shape)}`;

/**
 * The data bound to one input, checked against its shape and dtype; plain numbers are converted. Messages are made only when they are
 * needed: small programs run in microseconds.
 */
export function bind(t: Tensor, feeds: Feeds, name = inputName(t)): AnyTypedArray {
  const value: ArrayValue | undefined = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
  if (ArrayBuffer.isView(value)) return checkedData(t, value as AnyTypedArray);
  if (value === undefined) throw new InputError(`run: no value for input "${name}" (${wanted(t)})`);
  if (typeof value === 'object' && value !== null && 'dtype' in value) {
    checkFit(t, value.dtype, value.shape);
    return checkedData(t, value.data);
  }
  const array = arrayOf(`run: input "${name}" (${wanted(t)})`, value, t.dtype);
  checkFit(t, array.dtype, array.shape);
  return array.data;
}

function checkFit(t: Tensor, dtype: DType, shape: Shape): void {
  if (dtype === t.dtype && Array.isArray(shape) && sameShape(shape, t.shape)) return;
  const given = Array.isArray(shape) ? showShape(shape) : `with the shape ${showValue(shape)}`;
  throw new InputError(`run: input "${inputName(t)}" is ${dtype} ${given}, but the program needs ${wanted(t)}`);
}

function checkedData(t: Tensor, data: AnyTypedArray): AnyTypedArray {
  if (data && holds(data, t.dtype) && data.length === t.size) return data;
  const given = ArrayBuffer.isView(data) ? `a ${data.constructor.name} of length ${data.length}` : showValue(data);
  throw new InputError(
    `run: input "${inputName(t)}" is ${given}, but the program needs ${wanted(t)} (${t.size} elements)`,
  );
}

/** Throws when a feed's name is not an input of the program. */
export function checkNames(program: Program, feeds: Feeds): void {
  checkFeeds(feeds);
  const names = Object.keys(feeds);
  // A name that is missing is reported by `bind`, so equal counts leave nothing to find here.
  if (names.length <= program.inputs.length) return;
  const known = new Set(program.inputs.map(inputName));
  const unknown = names.find((name) => !known.has(name));
  const list = [...known].map((n) => `"${n}"`).join(', ');
  throw new InputError(`run: the program has no input "${unknown}"; its inputs are ${list}`);
}

/** Throws unless there is an object of feeds. */
export function checkFeeds(feeds: Feeds): void {
  checkObject('run: the values by input', feeds);
}
