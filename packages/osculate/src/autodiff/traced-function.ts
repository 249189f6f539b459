import { describe } from '../tensor/describe.js';
import { InputError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import type { ArrayValue, NDArray } from '../tensor/ndarray.js';
import type { Like } from '../tensor/plain.js';
import type { Tree } from '../tensor/tree.js';
import type { TensorTree } from './trees.js';

/** What is given for an argument: numbers of any kind for a tensor, the same nesting of them for a tree. */
export type ArgumentOf<T> = [TensorTree] extends [T]
  ? Tree<ArrayValue>
  : T extends Tensor
    ? ArrayValue
    : { readonly [K in keyof T]: ArgumentOf<T[K]> };

/** What is given for arguments. */
export type ArgumentsOf<A extends readonly unknown[]> = { [K in keyof A]: ArgumentOf<A[K]> };

/** The arguments after the first. */
export type RestOf<A extends readonly unknown[]> = A extends readonly [unknown, ...infer R]
  ? { [K in keyof R]: ArgumentOf<R[K]> }
  : { [K in keyof A]: ArgumentOf<A[K]> };

/** Arrays in the nesting of tensors. */
export type ArraysOf<T> = [TensorTree] extends [T]
  ? Tree<NDArray>
  : T extends Tensor
    ? NDArray
    : { readonly [K in keyof T]: ArraysOf<T[K]> };

/** How the arrays of a result are given, from them and the arguments of the call. */
export type Present = (result: Tree<NDArray>, given: readonly unknown[]) => unknown;

/** A function that is called with numbers and traced with tensors; transforms make others of it. */
export interface Traced<A extends readonly TensorTree[] = readonly TensorTree[], T extends TensorTree = TensorTree> {
  /** The function of tensors. */
  readonly trace: (...args: A) => T;
  /** Another function that runs as this one does. */
  derive(trace: (...args: never) => TensorTree, present: Present): unknown;
}

/** A scalar function of arrays: what `fn` makes. */
export interface ScalarFunction<A extends readonly TensorTree[] = readonly TensorTree[]> extends Traced<A, Tensor> {
  (...args: ArgumentsOf<A>): Promise<number>;
}

/** A function of arrays whose results are arrays. */
export interface ArrayFunction<A extends readonly TensorTree[], T extends TensorTree> extends Traced<A, T> {
  (...args: ArgumentsOf<A>): Promise<ArraysOf<T>>;
}

/** A derivative in the kind and nesting of the first argument. */
export interface GradientFunction<A extends readonly TensorTree[]> extends Traced<A, A[0]> {
  <X extends ArgumentOf<A[0]>>(x: X, ...rest: RestOf<A>): Promise<Like<X>>;
}

/** True for what `fn`, `vectorFn` and transforms of them make. */
export function isTraced<A extends readonly TensorTree[]>(f: unknown): f is Traced<A> {
  return typeof f === 'function' && 'trace' in f && 'derive' in f;
}

/** The tensor that a transform needs where a function may give a tree. */
export function soleTensor(what: string, result: TensorTree): Tensor {
  if (result instanceof Tensor) return result;
  throw new InputError(`${what}: the function returns a tree of tensors; it must return one tensor`);
}

/** @throws InputError for a result that is not a scalar. */
export function scalarTensor(what: string, result: unknown): Tensor {
  if (result instanceof Tensor && result.size === 1) return result.reshape([]);
  const shown = result instanceof Tensor ? describe(result) : `a value of type ${typeof result}`;
  throw new InputError(
    `${what}: the function returns ${shown}; return a scalar tensor, as by sum() or mean(), or make it with vectorFn`,
  );
}
