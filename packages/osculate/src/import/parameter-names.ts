import type { Tree } from '../tensor/tree.js';

type Branch<T> = { [key: string]: T | Branch<T> };

/**
 * Path in the parameter tree for each tensor name of a file: split at its dots, so that the leaf is named like the tensor. Where that
 * is not possible (an empty part, or a name that continues another) its dots become underscores, and what is still taken gets more.
 */
export function treePaths(names: readonly string[]): string[][] {
  const inner = new Set<string>();
  for (const name of names) {
    const parts = name.split('.');
    for (let i = 1; i < parts.length; i++) inner.add(parts.slice(0, i).join('.'));
  }
  const all = new Set(names);
  const used = new Set<string>();
  return names.map((name) => {
    const parts = name.split('.');
    const clash = parts.some((p, i) => p === '' || (i > 0 && all.has(parts.slice(0, i).join('.'))));
    if (!clash && !inner.has(name) && !used.has(name)) {
      used.add(name);
      return parts;
    }
    let flat = name === '' ? '_' : name.replaceAll('.', '_');
    while (used.has(flat) || all.has(flat) || inner.has(flat)) flat += '_';
    used.add(flat);
    return [flat];
  });
}

/** The tree with these leaves at these paths. */
export function nest<T>(paths: readonly (readonly string[])[], values: readonly T[]): Tree<T> {
  // Without a prototype: `constructor` is a name like any other.
  const branch = (): Branch<T> => Object.create(null);
  const root = branch();
  paths.forEach((path, i) => {
    let at = root;
    for (const key of path.slice(0, -1)) {
      at[key] ??= branch();
      at = at[key] as Branch<T>;
    }
    at[path.at(-1)!] = values[i]!;
  });
  return root as Tree<T>;
}
