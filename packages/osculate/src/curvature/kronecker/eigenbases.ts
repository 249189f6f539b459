import { matrix, symmetricEigen } from '../../linalg/index.js';
import type { Block } from './blocks.js';
import { hasEigenbasis } from './eigen-moments.js';
import type { FactorLayout } from './factor-layout.js';

type Vector = Float32Array | Float64Array;

/**
 * Eigenvectors of the factors, a column each, in the places of the factors; blocks without Kronecker structure on both sides keep zeros.
 * In float64. Null when a factor is not finite. Cost: about 9 n³ a factor.
 */
export function eigenbases({ slots, size }: FactorLayout, blocks: readonly Block[], factors: Vector): Vector | null {
  const bases = factors instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  for (const { block, order, offset, length } of slots) {
    if (!hasEigenbasis(blocks[block]!)) continue;
    const data = Float64Array.from(factors.subarray(offset, offset + length));
    if (!data.every(Number.isFinite)) return null;
    bases.set(symmetricEigen(matrix(order, order, data)).vectors.data, offset);
  }
  return bases;
}
