import { checkObject, checkText, showValue } from './check-value.js';
import { allocate, bytesOf, type DType, type DTypeArray, elementsIn } from './dtype.js';
import { InputError } from './errors.js';
import type { Tensor } from './ir.js';
import { input } from './leaf.js';
import { isNDArray, type NDArray } from './ndarray.js';
import { type Shape, sameShape, showShape, sizeOf } from './shape.js';
import { leaves, mapTree, type Tree, type TreeLike } from './tree.js';

/** Where one parameter lies in the flat view. */
export interface ParameterSlot {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
  readonly size: number;
}

type Typed = { readonly shape: Shape; readonly dtype: DType };

/** @throws InputError for a leaf without shape and dtype. */
function checkTyped(what: string, leaf: Typed, name: string): void {
  if (typeof leaf === 'object' && leaf !== null && Array.isArray(leaf.shape)) return;
  throw new InputError(`${what}: the leaf "${name}" must be an array or a tensor, got ${showValue(leaf)}`);
}

/**
 * The flat view of a parameter tree: all leaves in one contiguous array, in the tree's order, so that vector algebra runs
 * over one array and each tensor is a view of it.
 * @example
 * const layout = ParameterLayout.of(run.parameters);
 * const vector = layout.flat(run.parameters); // tree → vector
 * const tree = fromLeaves(run.parameters, layout.views(vector)); // vector → tree, over the vector's memory
 * layout.views(vector)['0.weight']!.shape; // [4, 2]
 */
export class ParameterLayout<D extends 'f32' | 'f64' = 'f32' | 'f64'> {
  private constructor(
    /** The dtype of all parameters. */
    readonly dtype: D,
    /** Where each parameter lies, in order. */
    readonly slots: readonly ParameterSlot[],
    /** Number of elements in all. */
    readonly size: number,
  ) {}

  /** The layout of a tree of arrays or tensors, which must all be of one float dtype. */
  static of(tree: Tree<Typed>): ParameterLayout {
    const named = leaves(tree);
    const first = named[0];
    if (first === undefined) throw new InputError('parameter layout: the tree has no leaves');
    let offset = 0;
    const slots = named.map(([name, leaf]) => {
      checkTyped('parameter layout', leaf, name);
      if (leaf.dtype !== first[1].dtype || (leaf.dtype !== 'f32' && leaf.dtype !== 'f64')) {
        throw new InputError(
          `parameter layout: "${name}" is ${leaf.dtype}, "${first[0]}" is ${first[1].dtype}; all must be f32 or all f64`,
        );
      }
      const slot = { name, shape: leaf.shape, offset, size: sizeOf(leaf.shape) };
      offset += slot.size;
      return slot;
    });
    return new ParameterLayout(first[1].dtype as 'f32' | 'f64', slots, offset);
  }

  /** A flat vector of zeros. */
  zeros(): DTypeArray[D] {
    return allocate(this.dtype, this.size);
  }

  /** The arrays of a tree, which has the names, shapes and dtype of the layout, as one new flat vector. */
  flat<P>(tree: P & ArrayTree<P>): DTypeArray[D] {
    return this.gather(Object.fromEntries(leaves<NDArray>(arrayTree('parameter layout', tree))));
  }

  /** The arrays of a tree as one flat vector: over their own memory where they lie in it one behind the other, as `views` gives them; else a new one. */
  vector<P>(tree: P & ArrayTree<P>): DTypeArray[D] {
    const named = leaves<NDArray>(arrayTree('parameter layout', tree));
    const first = named[0]?.[1].data;
    const adjacent = this.slots.every(({ name, offset, shape }, i) => {
      const [own, array] = named[i] ?? [];
      const at = first && first.byteOffset + offset * bytesOf(this.dtype);
      const follows = own === name && array?.data.buffer === first?.buffer && array?.data.byteOffset === at;
      return follows && array?.dtype === this.dtype && sameShape(array.shape, shape);
    });
    if (!adjacent || !(first?.buffer instanceof ArrayBuffer)) return this.gather(Object.fromEntries(named));
    return elementsIn(this.dtype, first.buffer, first.byteOffset, this.size);
  }

  /** The parameters as named views into `flat`: no copy, so writing to either shows in the other. */
  views(flat: DTypeArray[D], prefix = ''): Record<string, NDArray<D>> {
    checkText('parameter layout: the prefix', prefix);
    if (flat?.length !== this.size) {
      throw new InputError(
        `parameter layout: the vector has ${flat?.length ?? 'no'} elements, the parameters ${this.size}`,
      );
    }
    return Object.fromEntries(
      this.slots.map(({ name, shape, offset, size }) => [
        prefix + name,
        { dtype: this.dtype, shape, data: flat.subarray(offset, offset + size) as DTypeArray[D] },
      ]),
    );
  }

  /** Copies named arrays (as a program returns them, their names after `prefix`) into a flat vector. */
  gather(arrays: Readonly<Record<string, NDArray>>, prefix = '', into: DTypeArray[D] = this.zeros()): DTypeArray[D] {
    checkObject('parameter layout: the arrays by name', arrays);
    checkText('parameter layout: the prefix', prefix);
    if (!ArrayBuffer.isView(into))
      throw new InputError(`parameter layout: needs a typed array, got ${showValue(into)}`);
    for (const { name, shape, offset } of this.slots) {
      const array = arrays[prefix + name];
      if (!isNDArray(array)) throw new InputError(`parameter layout: there is no array "${prefix + name}"`);
      if (array.dtype !== this.dtype || !sameShape(array.shape, shape)) {
        throw new InputError(
          `parameter layout: "${prefix + name}" is ${array.dtype} ${showShape(array.shape)}, the parameter ${this.dtype} ${showShape(shape)}`,
        );
      }
      (into as Float64Array).set(array.data as Float64Array, offset);
    }
    return into;
  }
}

/** P where it nests arrays in objects and lists, also as an interface, which has no index signature; otherwise what it lacks is `never`. */
export type ArrayTree<P> = [Tree<NDArray>] extends [P]
  ? P
  : P extends NDArray
    ? P
    : P extends object
      ? { readonly [K in keyof P]: ArrayTree<P[K]> }
      : never;

function isArrayTree(tree: object): tree is Tree<NDArray> {
  return leaves<unknown>({ tree }).every(([, leaf]) => isNDArray(leaf));
}

/** A tree of arrays, of whatever type. @throws InputError that names what is not an array. */
export function arrayTree(what: string, tree: unknown): Tree<NDArray> {
  if (typeof tree !== 'object' || tree === null) {
    throw new InputError(`${what}: the parameters must be arrays in objects or lists, got ${String(tree)}`);
  }
  if (isArrayTree(tree)) return tree;
  const [name] = leaves<unknown>({ tree }).find(([, leaf]) => !isNDArray(leaf))!;
  throw new InputError(
    `${what}: the parameter "${name.replace(/^tree\.?/, '')}" is not an array; make one with ndarray(…)`,
  );
}

/** The same nesting with symbolic tensors as leaves. */
export type TensorsOf<T> = TreeLike<T, Tensor>;

/**
 * Symbolic inputs for a tree of arrays (or anything with a shape and dtype), named by their path after `prefix`, which is put
 * in front as it is.
 * @example
 * const { w } = parameters({ w: zeros('f64', [3]) }, 'p.');
 * inputName(w); // 'p.w'
 * @throws InputError for a leaf without shape and dtype.
 */
export function parameters<T>(tree: T, prefix = ''): TensorsOf<T> {
  checkText('parameters: the prefix', prefix);
  return mapTree(tree as Tree<Typed>, (leaf, name) => {
    checkTyped('parameters', leaf, name);
    return input(prefix + name, leaf.dtype, leaf.shape);
  }) as TensorsOf<T>;
}
