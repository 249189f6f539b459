/** Terms of the series, and depth of the continued fraction, that reach float64 accuracy for every z. */
const TERMS = 120;

/** The density of the standard normal distribution. */
function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** Φ(z) − ½ by its series z φ(z) Σ z²ᵏ/(1·3·…·(2k+1)), all of whose terms are positive. */
function centralSeries(z: number): number {
  let [term, sum] = [z, z];
  for (let k = 1; k < TERMS; k++) {
    term *= (z * z) / (2 * k + 1);
    sum += term;
  }
  return sum * normalDensity(z);
}

/** P(Z > z) for z ≥ 2 by Laplace's continued fraction φ(z)/(z + 1/(z + 2/(z + …))). */
function tailFraction(z: number): number {
  let below = z;
  for (let k = TERMS; k > 0; k--) below = z + k / below;
  return normalDensity(z) / below;
}

/** P(Z > z) of the standard normal distribution; relative accuracy 1e-13. */
export function normalTail(z: number): number {
  if (Number.isNaN(z)) return Number.NaN;
  if (z < 0) return 1 - normalTail(-z);
  return z < 2.5 ? 0.5 - centralSeries(z) : tailFraction(z);
}

/** A start for the quantile at P(Z > z) = tail ≤ ½, off by less than 5e-4 (Abramowitz and Stegun 26.2.23). */
function quantileStart(tail: number): number {
  const t = Math.sqrt(-2 * Math.log(tail));
  return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

/** The z ≥ 0 with P(|Z| ≤ z) = level, by Halley's iteration. */
export function normalQuantile(level: number): number {
  const tail = (1 - level) / 2;
  let z = Math.max(0, quantileStart(tail));
  for (let i = 0; i < 4; i++) {
    // The centre keeps the digits of a small level, the tail those of a level near 1.
    const excess = z < 1 ? level / 2 - centralSeries(z) : normalTail(z) - tail;
    const newton = excess / normalDensity(z);
    z += newton / (1 - (z * newton) / 2);
  }
  return z;
}
