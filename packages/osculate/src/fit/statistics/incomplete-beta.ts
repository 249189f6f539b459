import { logBeta } from './log-beta.js';

/** Enough for a, b up to 1e7: the fraction needs about √max(a, b) terms. */
const TERMS = 20_000;

/** Keeps a denominator off zero (Lentz's method). */
function offZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}

/** The continued fraction of the incomplete beta function, quick for x < (a + 1)/(a + b + 2). */
function fraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / offZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / offZero(1 + even * d);
    c = offZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / offZero(1 + odd * d);
    c = offZero(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 2 ** -52) break;
  }
  return value;
}

/**
 * The regularised incomplete beta function I_x(a, b) = ∫₀ˣ tᵃ⁻¹(1−t)ᵇ⁻¹ dt / B(a, b), with y = 1 − x given apart so that neither loses
 * digits.
 */
export function incompleteBeta(a: number, b: number, x: number, y: number): number {
  if (x <= 0 || y <= 0) return x <= 0 ? 0 : 1;
  if (x >= (a + 1) / (a + b + 2)) return 1 - incompleteBeta(b, a, y, x);
  const logX = x < 0.5 ? Math.log(x) : Math.log1p(-y);
  const logY = y < 0.5 ? Math.log(y) : Math.log1p(-x);
  return (Math.exp(a * logX + b * logY - logBeta(a, b)) / a) * fraction(a, b, x);
}
