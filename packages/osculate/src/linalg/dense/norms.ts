import type { Matrix } from '../matrix.js';
import { largestMagnitude } from './scaling.js';

/** The largest sum of magnitudes of a column, ‖A‖₁. */
export function oneNorm({ rows, columns, data }: Matrix): number {
  const sums = new Float64Array(columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) sums[j] = sums[j]! + Math.abs(data[i * columns + j]!);
  return largestMagnitude(sums);
}

/** The largest sum of magnitudes of a row, ‖A‖∞. */
export function infinityNorm({ rows, columns, data }: Matrix): number {
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += Math.abs(data[i * columns + j]!);
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** The largest magnitude of an element. */
export function maxNorm({ data }: Matrix): number {
  return largestMagnitude(data);
}

/**
 * √Σ aᵢⱼ², without overflow or underflow of the squares.
 * @example
 * const a = matrixFromRows([[1, -2], [3, 4]]);
 * [oneNorm(a), infinityNorm(a), maxNorm(a)]; // [6, 7, 4]
 * frobeniusNorm(a) === euclideanNorm(a.data); // true
 */
export function frobeniusNorm({ data }: Matrix): number {
  return euclideanNorm(data);
}

/** √Σ xᵢ² of a vector, scaled by its largest magnitude when the squares leave the range of doubles. */
export function euclideanNorm(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * x[i]!;
  if (sum > 1e-280 && sum < 1e300) return Math.sqrt(sum);
  const scale = largestMagnitude(x);
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! / scale) ** 2;
  return scale * Math.sqrt(sum);
}
