import { linearRegression, median } from 'simple-statistics';

/** The error after a step. */
export interface ErrorAt {
  readonly step: number;
  readonly error: number;
}

/** How the errors of a run fall in the end. */
export interface Asymptotics {
  /** p of eₖ₊₁ ≈ C·eₖᵖ: 1 linear, 2 quadratic, below 1 slower than linear. */
  readonly order: number;
  /** The mean factor a step over the second half of the steps in which errors fall. */
  readonly rate: number;
}

/** Errors that have fallen by less say nothing of where they tend to. */
const leastFall = 100;

/**
 * The order from three errors at any steps: with eₖ₊₁ = C·eₖᵖ, ln eₖ = a + b·pᵏ, so that with gaps m and n between the steps
 * ln(e₃/e₂)/ln(e₂/e₁) = (pⁿ − 1)/(1 − p⁻ᵐ), which grows with p. Found by bisection in ln p.
 */
function orderOfThree([one, two, three]: readonly [ErrorAt, ErrorAt, ErrorAt]): number {
  const found = Math.log(three.error / two.error) / Math.log(two.error / one.error);
  const [m, n] = [two.step - one.step, three.step - two.step];
  const quotient = (t: number): number => (t === 0 ? n / m : Math.expm1(n * t) / -Math.expm1(-m * t));
  let [low, high] = [-3, 3];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (quotient(middle) < found) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/**
 * Order and rate of the convergence of a run whose errors are known at some of its steps, above rounding: the order is the median of what
 * the last three triples of errors say. Undefined unless the last errors, three at least, fall, by a factor of 100 in all.
 */
export function asymptotics(errors: readonly ErrorAt[]): Asymptotics | undefined {
  let from = errors.length - 1;
  while (from > 0 && errors[from - 1]!.error > errors[from]!.error && errors[from - 1]!.step < errors[from]!.step)
    from--;
  const tail = errors.slice(Math.max(0, from));
  if (tail.length < 3 || !(tail[0]!.error >= leastFall * tail.at(-1)!.error)) return undefined;
  const orders = tail.slice(2).map((last, i) => orderOfThree([tail[i]!, tail[i + 1]!, last]));
  const [start, end] = [tail[Math.floor((tail.length - 1) / 2)]!, tail.at(-1)!];
  return { order: median(orders.slice(-3)), rate: (end.error / start.error) ** (1 / (end.step - start.step)) };
}

/** A least-squares slope with its standard error. */
export interface Slope {
  readonly slope: number;
  readonly standardError: number;
}

/** The exponent a in y ≈ c·xᵃ, by least squares on logarithms. Needs three points for a standard error. */
export function powerLaw(points: readonly (readonly [number, number])[]): Slope {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const { m: slope, b } = linearRegression(logs);
  const centre = logs.reduce((sum, [x]) => sum + x!, 0) / logs.length;
  const spread = logs.reduce((sum, [x]) => sum + (x! - centre) ** 2, 0);
  const squares = logs.reduce((sum, [x, y]) => sum + (y! - b - slope * x!) ** 2, 0);
  return { slope, standardError: Math.sqrt(squares / (logs.length - 2) / spread) };
}
