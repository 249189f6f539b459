import { InputError } from './errors.js';

/** Nested objects and arrays with leaves of type T: how a model's parameters are named and grouped. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

function isLeaf(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return false;
  const proto = Object.getPrototypeOf(value);
  return (proto !== Object.prototype && proto !== null) || ('dtype' in value && 'shape' in value);
}

/**
 * The leaves with their dotted names (`encoder.0.weight`), in insertion order. A leaf is anything that is not a plain
 * object or array, and any NDArray.
 */
export function leaves<T>(tree: Tree<T>, prefix = ''): [name: string, leaf: T][] {
  if (isLeaf(tree)) return [[prefix === '' ? 'value' : prefix, tree as T]];
  return Object.entries(tree as Record<string, Tree<T>>).flatMap(([key, value]) => {
    if (key === '' || (!Array.isArray(tree) && key.includes('.'))) {
      throw new InputError(`parameter tree: the key "${key}" under "${prefix}" is empty or contains a dot`);
    }
    return leaves(value, prefix === '' ? key : `${prefix}.${key}`);
  });
}

/** The subtrees directly below with their keys; none of a leaf. */
export function children<T>(tree: Tree<T>): [key: string, child: Tree<T>][] {
  return isLeaf(tree) ? [] : Object.entries(tree as Record<string, Tree<T>>);
}

/** Applies `f(leaf, name)` to every leaf and keeps the nesting. */
export function mapTree<T, U>(tree: Tree<T>, f: (leaf: T, name: string) => U, prefix = ''): Tree<U> {
  if (isLeaf(tree)) return f(tree as T, prefix === '' ? 'value' : prefix);
  const join = (key: string) => (prefix === '' ? key : `${prefix}.${key}`);
  if (Array.isArray(tree)) return tree.map((value, i) => mapTree(value, f, join(String(i))));
  return Object.fromEntries(
    Object.entries(tree as Record<string, Tree<T>>).map(([key, value]) => [key, mapTree(value, f, join(key))]),
  );
}
