/** What the residuals say about the assumption that errors are independent and normal. */
export interface ResidualDiagnostics {
  /** Durbin-Watson statistic in the order of the data: about 2 without, towards 0 with positive serial correlation. */
  readonly durbinWatson: number;
  readonly skewness: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
  /** P-value of D'Agostino and Pearson's K² test of normality; NaN below 8 residuals. A small one speaks against normal errors. */
  readonly normality: number;
  /** Index of the largest residual in size, and how many standard deviations it is. */
  readonly largest: { readonly index: number; readonly deviations: number };
}

/** Fewer residuals than this and the test's approximations do not hold. */
const LEAST = 8;

/** Σ(rᵢ − rᵢ₋₁)² / Σrᵢ² (Durbin and Watson 1950). */
function durbinWatson(residuals: Float64Array): number {
  let [steps, squares] = [0, 0];
  residuals.forEach((r, i) => {
    squares += r * r;
    if (i > 0) steps += (r - residuals[i - 1]!) ** 2;
  });
  return steps / squares;
}

/** Central moments m₂, m₃, m₄. */
function moments(values: Float64Array): [number, number, number] {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  const moment = (power: number): number => values.reduce((sum, v) => sum + (v - mean) ** power, 0) / n;
  return [moment(2), moment(3), moment(4)];
}

/** The skewness √b₁ as a standard normal deviate (D'Agostino 1970). */
function skewnessDeviate(skewness: number, n: number): number {
  const y = skewness * Math.sqrt(((n + 1) * (n + 3)) / (6 * (n - 2)));
  const beta = (3 * (n * n + 27 * n - 70) * (n + 1) * (n + 3)) / ((n - 2) * (n + 5) * (n + 7) * (n + 9));
  const square = Math.sqrt(2 * (beta - 1)) - 1;
  const alpha = Math.sqrt(2 / (square - 1));
  return Math.asinh(y / alpha) / Math.sqrt(0.5 * Math.log(square));
}

/** The kurtosis b₂ as a standard normal deviate (Anscombe and Glynn 1983). */
function kurtosisDeviate(kurtosis: number, n: number): number {
  const mean = (3 * (n - 1)) / (n + 1);
  const variance = (24 * n * (n - 2) * (n - 3)) / ((n + 1) ** 2 * (n + 3) * (n + 5));
  const x = (kurtosis - mean) / Math.sqrt(variance);
  const skew =
    ((6 * (n * n - 5 * n + 2)) / ((n + 7) * (n + 9))) * Math.sqrt((6 * (n + 3) * (n + 5)) / (n * (n - 2) * (n - 3)));
  const a = 6 + (8 / skew) * (2 / skew + Math.sqrt(1 + 4 / skew ** 2));
  const ratio = (1 - 2 / a) / (1 + x * Math.sqrt(2 / (a - 4)));
  return (1 - 2 / (9 * a) - Math.cbrt(ratio)) / Math.sqrt(2 / (9 * a));
}

function largestOf(residuals: Float64Array, deviation: number): ResidualDiagnostics['largest'] {
  const index = residuals.reduce((best, r, i) => (Math.abs(r) > Math.abs(residuals[best]!) ? i : best), 0);
  return { index, deviations: residuals[index]! / deviation };
}

/** Diagnostics of weighted residuals whose standard deviation is estimated as `deviation`. NaN where all residuals are equal. */
export function residualDiagnostics(residuals: Float64Array, deviation: number): ResidualDiagnostics {
  const n = residuals.length;
  const [m2, m3, m4] = moments(residuals);
  const [skewness, kurtosis] = [m3 / m2 ** 1.5, m4 / m2 ** 2];
  const enough = n >= LEAST;
  const square = enough ? skewnessDeviate(skewness, n) ** 2 + kurtosisDeviate(kurtosis, n) ** 2 : Number.NaN;
  return {
    durbinWatson: durbinWatson(residuals),
    skewness,
    kurtosis,
    // χ² with two degrees of freedom.
    normality: Math.exp(-square / 2),
    largest: largestOf(residuals, deviation),
  };
}
