/** Coefficients of the asymptotic series of ln Γ: B₂ₖ/(2k(2k−1)). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/** Below this the series lacks digits and the recurrence moves the argument up. */
const LARGE = 10;

/** ln Γ(x) − (x − ½) ln x + x − ½ ln 2π, for x ≥ 10. */
function stirlingRest(x: number): number {
  const square = 1 / (x * x);
  return STIRLING.reduceRight((sum, c) => sum * square + c, 0) / x;
}

/** ln Γ(x) for x > 0. */
function logGamma(x: number): number {
  let [at, product] = [x, 1];
  while (at < LARGE) product *= at++;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + stirlingRest(at) - Math.log(product);
}

/**
 * ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b), for a, b > 0, without the cancellation of the three where one is large (Didonato and
 * Morris 1992).
 */
export function logBeta(a: number, b: number): number {
  const [p, q] = [Math.min(a, b), Math.max(a, b)];
  if (q < LARGE) return logGamma(p) + logGamma(q) - logGamma(p + q);
  const rest = stirlingRest(q) - stirlingRest(p + q);
  const share = Math.log1p(-p / (p + q));
  if (p < LARGE) return logGamma(p) + rest + p - p * Math.log(p + q) + (q - 0.5) * share;
  const size = 0.5 * Math.log(2 * Math.PI) - 0.5 * Math.log(q);
  return size + stirlingRest(p) + rest + (p - 0.5) * Math.log(p / (p + q)) + q * share;
}

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
