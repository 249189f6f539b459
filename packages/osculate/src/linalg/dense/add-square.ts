import { ShapeError } from '../../tensor/errors.js';
import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import type { Matrix } from '../matrix.js';

interface AddSquareOptions extends KernelOptions {
  /** AᵀA instead of A Aᵀ. */
  readonly transpose?: boolean;
  /** What the old C is multiplied by (default 0: C is not read). */
  readonly keep?: number;
  /** What the square is multiplied by (default 1). */
  readonly share?: number;
}

/** C ← keep C + share A Aᵀ in place, C symmetric: about n² k operations, half of those of a product. ShapeError unless they fit. */
export function addSquare(c: Matrix, a: Matrix, options: AddSquareOptions = {}): Matrix {
  const { transpose = false, keep = 0, share = 1 } = options;
  const [n, inner] = transpose ? [a.columns, a.rows] : [a.rows, a.columns];
  if (c.rows !== n || c.columns !== n) {
    throw new ShapeError(`addSquare: the square is ${n} x ${n} and C is ${c.rows} x ${c.columns}; they must be equal.`);
  }
  const k = kernelsFor(options);
  return withMemory(k, a.data.length + n * n, (offset) => {
    const out = offset + a.data.length;
    const { heap } = k;
    heap.set(a.data, offset);
    heap.fill(0, out, out + n * n);
    k.gemm(transpose, !transpose, n, n, inner, share, offset, a.columns, offset, a.columns, out, n, true);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const value = heap[out + i * n + j]! + (keep === 0 ? 0 : keep * c.data[i * n + j]!);
        c.data[i * n + j] = value;
        c.data[j * n + i] = value;
      }
    }
    return c;
  });
}
