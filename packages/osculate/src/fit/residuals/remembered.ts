/**
 * A memory of what was made from functions, by function and key, which keeps no function alive: tracing and compiling one costs far more
 * than a fit.
 */
export function remembering<F extends object, V>(): (f: F, key: string, make: () => V) => V {
  const known = new WeakMap<F, Map<string, V>>();
  return (f, key, make) => {
    const made = known.get(f) ?? new Map<string, V>();
    known.set(f, made);
    const found = made.get(key);
    if (found !== undefined) return found;
    const value = make();
    made.set(key, value);
    return value;
  };
}
