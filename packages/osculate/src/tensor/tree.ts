import { checkFunction, checkObject, checkText } from './check-value.js';
import type { DType } from './dtype.js';
import { InputError } from './errors.js';
import { type Shape, sameShape, showShape } from './shape.js';

/** Nested objects and arrays with leaves of type T: how a model's parameters are named and grouped. */
export type Tree<T> = T | readonly Tree<T>[] | { readonly [name: string]: Tree<T> };

/** What arrays and tensors have in common. */
interface Typed {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The nesting of T with leaves of another type. Any tree gives any tree: without that case the type would never end. */
export type TreeLike<T, Leaf> = [Tree<never>] extends [T]
  ? Tree<Leaf>
  : T extends Typed
    ? Leaf
    : { readonly [K in keyof T]: TreeLike<T[K], Leaf> };

function isLeaf(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return false;
  const proto = Object.getPrototypeOf(value);
  return (proto !== Object.prototype && proto !== null) || ('dtype' in value && 'shape' in value);
}

/** The branches of a tree that is no leaf. */
function entries<T>(tree: Tree<T>, path: string): [key: string, child: Tree<T>][] {
  const found = Object.entries(tree as Record<string, Tree<T>>);
  for (const [key] of found) {
    if (key === '' || (!Array.isArray(tree) && key.includes('.'))) {
      throw new InputError(`parameter tree: the key "${key}" under "${path}" is empty or contains a dot`);
    }
  }
  return found;
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`);

function* walk<T>(tree: Tree<T>, path: string): Generator<[name: string, leaf: T]> {
  if (isLeaf(tree)) yield [path === '' ? 'value' : path, tree as T];
  else for (const [key, child] of entries(tree, path)) yield* walk(child, join(path, key));
}

/**
 * The leaves with their dotted names, in insertion order; `prefix` is put in front of each as it is. A leaf is anything that
 * is not a plain object or array, and any NDArray; a tree that is one leaf calls it `value`. `fromLeaves` is the inverse.
 * @example
 * leaves({ encoder: [{ weight: 1 }], head: 2 }, 'w.'); // [['w.encoder.0.weight', 1], ['w.head', 2]]
 * @throws InputError for a key that is empty or has a dot.
 */
export function leaves<T>(tree: Tree<T>, prefix = ''): [name: string, leaf: T][] {
  checkText('leaves: the prefix', prefix);
  return Array.from(walk(tree, ''), ([name, leaf]) => [prefix + name, leaf]);
}

/** The subtrees directly below with their keys; none of a leaf. */
export function children<T>(tree: Tree<T>): [key: string, child: Tree<T>][] {
  return isLeaf(tree) ? [] : Object.entries(tree as Record<string, Tree<T>>);
}

function mapFrom<T, U>(tree: Tree<T>, f: (leaf: T, name: string) => U, path: string): Tree<U> {
  if (isLeaf(tree)) return f(tree as T, path === '' ? 'value' : path);
  const mapped = entries(tree, path).map(([key, child]) => [key, mapFrom(child, f, join(path, key))] as const);
  return Array.isArray(tree) ? mapped.map(([, child]) => child) : Object.fromEntries(mapped);
}

/**
 * Applies `f(leaf, name)` to every leaf and keeps the nesting; names are those of `leaves`.
 * @example
 * mapTree({ a: 1, b: [2] }, (x: number) => 10 * x); // { a: 10, b: [20] }
 * @throws InputError for a key that is empty or has a dot.
 */
export function mapTree<T, U>(tree: Tree<T>, f: (leaf: T, name: string) => U): Tree<U> {
  checkFunction('mapTree', f);
  return mapFrom(tree, f, '');
}

const typed = (value: unknown): value is Typed =>
  typeof value === 'object' && value !== null && 'shape' in value && 'dtype' in value && Array.isArray(value.shape);

function checkLike(like: unknown, leaf: unknown, name: string): void {
  if (!typed(like) || !typed(leaf) || (leaf.dtype === like.dtype && sameShape(leaf.shape, like.shape))) return;
  const shown = ({ dtype, shape }: Typed): string => `${dtype} ${showShape(shape)}`;
  throw new InputError(`fromLeaves: "${name}" is ${shown(leaf)}, the tree's leaf ${shown(like)}`);
}

/**
 * A tree in the nesting of `like` of leaves by their dotted names (after `prefix`): the inverse of `leaves`. Names with another
 * prefix are left alone, so that the gradient is found among a program's results. Nothing is copied.
 * @example
 * const named = { 'gradient.0.weight': 1, 'gradient.0.bias': 2, loss: 3 };
 * fromLeaves([{ weight: 0, bias: 0 }], named, 'gradient.'); // a tree like the first: weight 1, bias 2
 * @throws InputError when a leaf is missing, is of another shape or dtype than that of `like`, or belongs nowhere.
 */
export function fromLeaves<T, Leaf>(like: T, named: Readonly<Record<string, Leaf>>, prefix = ''): TreeLike<T, Leaf> {
  checkObject('fromLeaves: the leaves by name', named);
  checkText('fromLeaves: the prefix', prefix);
  const left = new Set(Object.keys(named).filter((name) => name.startsWith(prefix)));
  const tree = mapTree(like as Tree<unknown>, (own, path) => {
    const name = prefix + path;
    const leaf = named[name];
    if (!left.delete(name) || leaf === undefined) throw new InputError(`fromLeaves: there is no leaf "${name}"`);
    checkLike(own, leaf, name);
    return leaf;
  });
  const [extra] = left;
  if (extra !== undefined) throw new InputError(`fromLeaves: the tree has no place for "${extra}"`);
  return tree as TreeLike<T, Leaf>;
}
