/** A straight line y = a + b x fitted in closed form, as textbooks have it, with weights 1/σ². */
export interface Line {
  readonly a: number;
  readonly b: number;
  readonly sumOfSquares: number;
  readonly variance: number;
  readonly errors: readonly [number, number];
  readonly covariance: number;
  readonly mean: number;
  readonly sxx: number;
  readonly rSquared: number;
}

export const x = [1, 2, 3.5, 4, 5.5, 7, 8, 9.5];
export const y = [2.1, 3.9, 7.2, 8.3, 10.6, 14.4, 15.8, 19.3];

export function line(sigma: readonly number[] = x.map(() => 1)): Line {
  const w = sigma.map((s) => 1 / s ** 2);
  const total = (f: (i: number) => number): number => w.reduce((sum, wi, i) => sum + wi * f(i), 0);
  const weight = total(() => 1);
  const mean = total((i) => x[i]!) / weight;
  const height = total((i) => y[i]!) / weight;
  const sxx = total((i) => (x[i]! - mean) ** 2);
  const b = total((i) => (x[i]! - mean) * (y[i]! - height)) / sxx;
  const a = height - b * mean;
  const sumOfSquares = total((i) => (y[i]! - a - b * x[i]!) ** 2);
  const variance = sumOfSquares / (x.length - 2);
  const errors = [Math.sqrt(variance * (1 / weight + mean ** 2 / sxx)), Math.sqrt(variance / sxx)] as const;
  const rSquared = 1 - sumOfSquares / total((i) => (y[i]! - height) ** 2);
  return { a, b, sumOfSquares, variance, errors, covariance: (-variance * mean) / sxx, mean, sxx, rSquared };
}

/** The same fit as the statistics take it: weighted residuals and their Jacobian. */
export function lineFit(sigma: readonly number[] = x.map(() => 1)) {
  const { a, b } = line(sigma);
  return {
    names: ['a', 'b'],
    parameters: Float64Array.of(a, b),
    residuals: Float64Array.from(x, (xi, i) => (a + b * xi - y[i]!) / sigma[i]!),
    jacobian: Float64Array.from(x.flatMap((xi, i) => [1 / sigma[i]!, xi / sigma[i]!])),
    observed: { y: Float64Array.from(y), sigma: Float64Array.from(sigma) },
  };
}
