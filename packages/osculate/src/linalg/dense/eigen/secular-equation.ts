const EPSILON = 2 ** -52;

/** Interpolation steps before a root is left to bisection alone. */
const STEPS = 40;

/** Bisection steps at most: enough to go through all doubles of one sign. */
const BISECTIONS = 1100;

/**
 * f(λ) = 1/rho + Σ zᵢ²/(dᵢ − λ), d ascending and distinct, rho > 0, no zᵢ zero: its `count` roots are the eigenvalues of
 * diag(d) + rho z zᵀ.
 */
export interface SecularEquation {
  readonly count: number;
  readonly d: Float64Array;
  readonly z: Float64Array;
  readonly rho: number;
}

/** f at the point that `delta` describes, split at the pole `at`: psi sums the poles up to it, phi those above. */
interface Value {
  f: number;
  psiSlope: number;
  phiSlope: number;
  /** A bound on the rounding error of f, in units of 2⁻⁵². */
  error: number;
}

const value: Value = { f: 0, psiSlope: 0, phiSlope: 0, error: 0 };

/** Evaluates f at λ = d[origin] + eta, leaving dᵢ − λ in delta. */
function evaluate(
  { count, d, z, rho }: SecularEquation,
  at: number,
  origin: number,
  eta: number,
  delta: Float64Array,
): void {
  const shift = d[origin]!;
  let psi = 0;
  let psiSlope = 0;
  let error = 0;
  for (let i = 0; i <= at; i++) {
    const gap = d[i]! - shift - eta;
    delta[i] = gap;
    const ratio = z[i]! / gap;
    psi += z[i]! * ratio;
    psiSlope += ratio * ratio;
    error += Math.abs(psi);
  }
  let phi = 0;
  let phiSlope = 0;
  for (let i = count - 1; i > at; i--) {
    const gap = d[i]! - shift - eta;
    delta[i] = gap;
    const ratio = z[i]! / gap;
    phi += z[i]! * ratio;
    phiSlope += ratio * ratio;
    error += Math.abs(phi);
  }
  value.f = 1 / rho + psi + phi;
  value.psiSlope = psiSlope;
  value.phiSlope = phiSlope;
  value.error = error + 8 * (Math.abs(phi) + Math.abs(psi)) + 1 / rho + Math.abs(eta) * (psiSlope + phiSlope);
}

/**
 * The step to the root of the rational function with poles at distances `left` and `right` that has the value and the slopes at hand:
 * the root between the poles, or with `beyond` the one above both (Li 1993, the middle way).
 */
function interpolate(left: number, right: number, beyond: boolean): number {
  const { f, psiSlope, phiSlope } = value;
  const a = (left + right) * f - left * right * (psiSlope + phiSlope);
  const b = left * right * f;
  const c = f - left * psiSlope - right * phiSlope;
  const root = Math.sqrt(Math.abs(a * a - 4 * b * c));
  if (beyond) return a >= 0 ? (a + root) / (2 * c) : (2 * b) / (a - root);
  return a <= 0 ? (a - root) / (2 * c) : (2 * b) / (a + root);
}

/** A point between two bounds of the same sign (or zero): the geometric mean, since roots crowd against the pole at zero. */
function bisect(low: number, high: number): number {
  if (low > 0) return Math.sqrt(low) * Math.sqrt(high);
  if (high < 0) return -Math.sqrt(-low) * Math.sqrt(-high);
  return (low + high) * (low === 0 || high === 0 ? 1e-3 : 0.5);
}

/** The part of the gap above d[j] that holds root j, relative to the nearer pole, and that part's middle, where f is left evaluated. */
function bracket(equation: SecularEquation, j: number, at: number, delta: Float64Array) {
  const { count, d, z, rho } = equation;
  const isLast = j === count - 1;
  const gap = isLast ? rho * sumOfSquares(z, count) : d[j + 1]! - d[j]!;
  evaluate(equation, at, j, gap / 2, delta);
  if (value.f > 0) return { origin: j, low: 0, high: gap / 2, eta: gap / 2 };
  if (isLast) return { origin: j, low: gap / 2, high: gap * (1 + 4 * EPSILON), eta: gap / 2 };
  evaluate(equation, at, j + 1, -gap / 2, delta);
  return { origin: j + 1, low: -gap / 2, high: 0, eta: -gap / 2 };
}

/**
 * Root number j: returns λ and leaves dᵢ − λ in delta to nearly full relative accuracy, by rational interpolation kept inside a
 * shrinking bracket (Li 1993, LAPACK note 89; Gu and Eisenstat 1995). Some 5 evaluations of `count` terms.
 */
export function secularRoot(equation: SecularEquation, j: number, delta: Float64Array): number {
  const { count, d } = equation;
  const isLast = j === count - 1;
  // The last root is interpolated from the two poles below it, any other from the poles on both its sides.
  const at = isLast ? Math.max(0, j - 1) : j;
  const { origin, ...start } = bracket(equation, j, at, delta);
  let { low, high, eta } = start;
  for (let step = 0; step < BISECTIONS && Math.abs(value.f) > EPSILON * value.error; step++) {
    if (value.f < 0) low = eta;
    else high = eta;
    const next = step < STEPS && count > 1 ? eta + interpolate(delta[at]!, delta[at + 1]!, isLast) : Number.NaN;
    const chosen = next > low && next < high ? next : bisect(low, high);
    if (chosen <= low || chosen >= high) break;
    eta = chosen;
    evaluate(equation, at, origin, eta, delta);
  }
  return d[origin]! + eta;
}

function sumOfSquares(z: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += z[i]! * z[i]!;
  return sum;
}
