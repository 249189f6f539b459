import { denseOperator, type LinearOperator } from '../../../src/curvature/index.js';
import { matrix, orthogonalFactor, qr } from '../../../src/linalg/index.js';
import { type Generator, generator } from '../../../src/tensor/index.js';

/** The symmetric matrix with the given eigenvalues in a random basis. */
export function withSpectrum(eigenvalues: readonly number[], seed = 1): LinearOperator {
  const n = eigenvalues.length;
  const random = generator(seed);
  const q = orthogonalFactor(
    qr(
      matrix(
        n,
        n,
        Float64Array.from({ length: n * n }, () => random.normal()),
      ),
    ),
  ).data;
  const a = matrix(n, n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += q[i * n + k]! * eigenvalues[k]! * q[j * n + k]!;
      a.data[i * n + j] = sum;
      a.data[j * n + i] = sum;
    }
  }
  return denseOperator(a);
}

/** The same eigenvalues in ascending order, n of them. */
export const spectrum = (n: number, f: (i: number) => number): number[] =>
  Array.from({ length: n }, (_, i) => f(i + 1)).sort((a, b) => a - b);

export const sumOf = (values: Iterable<number>, f: (x: number) => number = (x) => x): number => {
  let sum = 0;
  for (const x of values) sum += f(x);
  return sum;
};

interface Guess {
  readonly value: number;
  readonly standardError: number;
}

/** The share of seeds for which the truth lies within three standard errors (and rounding) of the estimate. */
export async function coverage(truth: number, estimate: (random: Generator) => Promise<Guess>, seeds = 200) {
  let within = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const { value, standardError } = await estimate(generator(1000 + seed));
    if (Math.abs(value - truth) <= 3 * standardError + 1e-12 * Math.abs(truth)) within++;
  }
  return within / seeds;
}

/** The root mean square error over seeds. */
export async function rootMeanSquare(truth: number, estimate: (random: Generator) => Promise<Guess>, seeds: number) {
  let sum = 0;
  for (let seed = 0; seed < seeds; seed++) sum += ((await estimate(generator(seed))).value - truth) ** 2;
  return Math.sqrt(sum / seeds);
}
