import { runElementwise, SHORT } from '../../linalg/kernels/elementwise.js';
import type { Pass } from './elementwise-method.js';

/**
 * Runs a pass as a compiled kernel, whose state is `vectors` in that order; false, with nothing done, where the caller's loop has to run:
 * for vectors of doubles, on hosts without WebAssembly SIMD, and for few elements. The outcome is the loop's, bit for bit.
 */
export function compiledPass<K extends string>(
  kernel: Parameters<typeof runElementwise>[0],
  pass: Pass<K>,
  vectors: readonly K[],
  settings: readonly number[],
): boolean {
  const { from, to, gradient, old, parameters, before, after } = pass;
  if (to - from < SHORT) return false;
  const state = vectors.map((name) => ({ read: before[name], write: after[name] }));
  return runElementwise(kernel, [from, to], [{ read: gradient }, { read: old, write: parameters }, ...state], settings);
}
