import { InputError } from '../tensor/errors.js';
import { isNDArray, type NDArray } from '../tensor/ndarray.js';
import { arrayTree } from '../tensor/parameters.js';
import { sameShape, showShape } from '../tensor/shape.js';
import { leaves, mapTree } from '../tensor/tree.js';

/**
 * Parameters in the nesting of `like` (from a layer's `init`) with the values of arrays by dotted name, as a safetensors file or
 * PyTorch's `state_dict` names them. Nothing is copied or converted.
 * @throws InputError when an array is missing, has another shape or dtype, or belongs to no parameter; and for a `like` that holds anything else.
 * @example
 * const { tensors } = readSafetensors(await readFileBytes('net.safetensors'));
 * const weights = loadParameters(net.init(generator(0)), tensors);
 */
export function loadParameters<P>(like: P, named: Readonly<Record<string, NDArray>>): P {
  const tree = arrayTree('loadParameters', like);
  const names = new Set(leaves<NDArray>(tree).map(([name]) => name));
  if (typeof named !== 'object' || named === null) {
    throw new InputError(`loadParameters: the arrays must be in an object by name, got ${String(named)}`);
  }
  const extra = Object.keys(named).filter((name) => !names.has(name));
  if (extra.length > 0) {
    throw new InputError(`loadParameters: no parameter is named "${extra[0]}"; there are ${[...names].join(', ')}`);
  }
  return mapTree<NDArray, NDArray>(tree, ({ dtype, shape }, name) => {
    const array = named[name];
    if (!isNDArray(array)) throw new InputError(`loadParameters: there is no array for the parameter "${name}"`);
    if (array.dtype !== dtype || !sameShape(array.shape, shape)) {
      throw new InputError(
        `loadParameters: "${name}" is ${array.dtype} ${showShape(array.shape)}, the parameter ${dtype} ${showShape(shape)}`,
      );
    }
    return array;
  }) as P;
}
