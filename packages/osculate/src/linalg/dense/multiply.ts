import { ShapeError } from '../../tensor/errors.js';
import type { KernelOptions } from '../kernels/kernels.js';
import { kernelsFor, withMemory } from '../kernels/select.js';
import type { Matrix } from '../matrix.js';
import { type IntoOptions, takeMatrix } from './result.js';

export interface MultiplyOptions extends KernelOptions, IntoOptions {
  /** Multiply with Aᵀ in the place of A. */
  readonly transposeA?: boolean;
  /** Multiply with Bᵀ in the place of B. */
  readonly transposeB?: boolean;
}

/**
 * op(A) op(B), in 2 m n k operations.
 * @throws ShapeError when the inner dimensions differ.
 * @example
 * const a = matrixFromRows([[1, 2], [3, 4]]);
 * multiply(a, a); // [7, 10, 15, 22]
 * multiply(a, a, { transposeA: true }); // [10, 14, 14, 20]
 */
export function multiply(a: Matrix, b: Matrix, options: MultiplyOptions = {}): Matrix {
  const { transposeA = false, transposeB = false } = options;
  const [m, inner] = transposeA ? [a.columns, a.rows] : [a.rows, a.columns];
  const [other, n] = transposeB ? [b.columns, b.rows] : [b.rows, b.columns];
  if (inner !== other) {
    throw new ShapeError(
      `multiply: op(A) is ${m} x ${inner} and op(B) is ${other} x ${n}; the inner dimensions must be equal.`,
    );
  }
  const k = kernelsFor(options);
  return withMemory(k, a.data.length + b.data.length + m * n, (offset) => {
    const right = offset + a.data.length;
    const out = right + b.data.length;
    k.heap.set(a.data, offset);
    k.heap.set(b.data, right);
    k.heap.fill(0, out, out + m * n);
    k.gemm(transposeA, transposeB, m, n, inner, 1, offset, a.columns, right, b.columns, out, n, false);
    return takeMatrix(k, out, m, n, options.into);
  });
}
