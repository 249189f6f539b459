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
