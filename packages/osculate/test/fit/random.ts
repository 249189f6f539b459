import type { Generator } from '../../src/tensor/index.js';

/** Standard normal numbers. */
export function normals(random: Generator, count: number): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: count }, () => random.normal());
}
