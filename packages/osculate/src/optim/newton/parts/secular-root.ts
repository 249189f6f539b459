/** ‖s(τ)‖ with sᵢ = −cᵢ/(dᵢ + τ), and the derivative of its square halved, negated: Σ cᵢ²/(dᵢ + τ)³. */
function lengthAt(c: Float64Array, d: Float64Array, tau: number): { length: number; cubes: number } {
  let [squares, cubes] = [0, 0];
  for (let i = 0; i < c.length; i++) {
    if (c[i] === 0) continue;
    const s = c[i]! / (d[i]! + tau);
    squares += s * s;
    cubes += (s * s) / (d[i]! + tau);
  }
  return { length: Math.sqrt(squares), cubes };
}

/**
 * The τ ≥ 0 at which ‖s(τ)‖ = offset + slope·τ, sᵢ = −cᵢ/(dᵢ + τ), all dᵢ ≥ 0, when the left side is the greater at 0: Newton's
 * iteration on 1/‖s‖ − 1/(offset + slope·τ), which is nearly linear (Moré and Sorensen 1983), kept in a bracket.
 */
export function secularRoot(c: Float64Array, d: Float64Array, offset: number, slope: number): number {
  const size = Math.sqrt(c.reduce((sum, x) => sum + x * x, 0));
  let low = 0;
  // ‖s(τ)‖ ≤ ‖c‖/τ: at the smaller of these bounds the left side is no greater.
  let high = Math.min(offset > 0 ? size / offset : Infinity, slope > 0 ? Math.sqrt(size / slope) : Infinity);
  let tau = high;
  for (let i = 0; i < 200; i++) {
    const { length, cubes } = lengthAt(c, d, tau);
    const wanted = offset + slope * tau;
    if (Math.abs(length - wanted) <= 4e-16 * wanted) break;
    if (length > wanted) low = tau;
    else high = tau;
    const change = (1 / length - 1 / wanted) / (cubes / length ** 3 + slope / wanted ** 2);
    const next = tau - change;
    if (next > low && next < high) tau = next;
    else tau = low > 0 ? Math.sqrt(low) * Math.sqrt(high) : 1e-3 * high;
    if (!(tau > low && tau < high)) break;
  }
  return tau;
}
