import type { KernelOptions } from '../kernels/kernels.js';
import type { Matrix } from '../matrix.js';
import { lu } from './lu.js';

/** det A = sign · exp(logMagnitude). A singular matrix has sign 0 and logMagnitude −∞. */
export interface LogDeterminant {
  /** The sign of det A; 0 for a singular matrix. */
  readonly sign: -1 | 0 | 1;
  /** log |det A|; −∞ for a singular matrix. */
  readonly logMagnitude: number;
}

/**
 * The sign and the logarithm of the magnitude of det A, from an LU factorisation; InputError when A is not finite.
 * @example
 * const { sign, logMagnitude } = logDeterminant(matrixFromRows([[0, 2], [3, 0]]));
 * sign * Math.exp(logMagnitude); // -6.000
 */
export function logDeterminant(a: Matrix, options: KernelOptions = {}): LogDeterminant {
  const { factors, sign, singularAt } = lu(a, options);
  if (singularAt !== undefined) return { sign: 0, logMagnitude: -Infinity };
  let result: -1 | 1 = sign;
  let logMagnitude = 0;
  for (let i = 0; i < a.rows; i++) {
    const pivot = factors.data[i * (a.rows + 1)]!;
    if (pivot < 0) result = result === 1 ? -1 : 1;
    logMagnitude += Math.log(Math.abs(pivot));
  }
  return { sign: result, logMagnitude };
}

/**
 * det A, the product of the pivots; over- or underflows where `logDeterminant` does not.
 * @throws InputError when A is not finite.
 * @example
 * determinant(matrixFromRows([[1, 2], [3, 4]])); // -2.000
 */
export function determinant(a: Matrix, options: KernelOptions = {}): number {
  const { factors, sign } = lu(a, options);
  let product: number = sign;
  for (let i = 0; i < a.rows; i++) product *= factors.data[i * (a.rows + 1)]!;
  return product;
}
