import type { Box } from '../bounds.js';
import type { ResidualProblem } from './problem.js';

/** ∛ε: the step of central differences, relative to the parameter, that balances truncation and rounding. */
const RELATIVE_STEP = Math.cbrt(2 ** -52);

/** Relative errors of a differenced Jacobian, with a margin for residuals that nearly cancel. */
export const DIFFERENCE_ACCURACY = 1e-9;

/** The two points about xⱼ, in the box where there is room for one at all; both are exact, so that their distance is. */
function points(x: number, typical: number, lower: number, upper: number): readonly [below: number, above: number] {
  const h = RELATIVE_STEP * (Math.abs(x) || typical);
  const above = x + h <= upper ? x + h : x;
  const below = x - h >= lower ? x - h : x;
  return above > below ? [below, above] : [lower, upper];
}

/** Calls `visit` with each parameter moved down and up in turn; x is restored. */
function sweep(
  at: Float64Array,
  typical: Float64Array,
  box: Box,
  visit: (j: number, x: Float64Array, below: number, above: number) => void,
): void {
  const x = at.slice();
  for (let j = 0; j < x.length; j++) {
    const [below, above] = points(x[j]!, typical[j]!, box.lower[j]!, box.upper[j]!);
    if (above > below) visit(j, x, below, above);
    x[j] = at[j]!;
  }
}

/** What a parameter's size is while it is zero. */
function typicalSizes(start: Float64Array): Float64Array {
  return start.map((x) => Math.abs(x) || 1) as Float64Array;
}

/**
 * J by central differences, 2n residual vectors, with steps of ∛ε relative to each parameter; one-sided at a bound, and where one of the
 * two points has no finite residuals. Error about ε^⅔ relative. A parameter fixed by equal bounds gets zeros.
 */
export function differencedJacobian(
  evaluate: ResidualProblem['evaluate'],
  m: number,
  start: Float64Array,
  box: Box,
): ResidualProblem['jacobian'] {
  const typical = typicalSizes(start);
  const [high, low] = [new Float64Array(m), new Float64Array(m)];
  return (at, residuals, columns) => {
    columns.fill(0);
    let evaluated = 0;
    sweep(at, typical, box, (j, x, below, above) => {
      const probe = (to: number, result: Float64Array): number => {
        x[j] = to;
        if (to !== at[j]) {
          evaluated++;
          evaluate(x, result);
          if (result.every(Number.isFinite)) return to;
        }
        result.set(residuals);
        return at[j]!;
      };
      const distance = probe(above, high) - probe(below, low);
      for (let i = 0; i < m; i++) columns[j * m + i] = (high[i]! - low[i]!) / distance;
    });
    return evaluated;
  };
}

/** Σ wᵢ∇²rᵢ by central differences of Jᵀw with w held fixed: 2n Jacobians; made symmetric. */
export function differencedCurvature(
  jacobian: ResidualProblem['jacobian'],
  m: number,
  start: Float64Array,
  box: Box,
): NonNullable<ResidualProblem['curvature']> {
  const n = start.length;
  const typical = typicalSizes(start);
  const columns = new Float64Array(m * n);
  const product = (x: Float64Array, weights: Float64Array): Float64Array => {
    jacobian(x, weights, columns);
    const result = new Float64Array(n);
    for (let j = 0; j < n; j++) for (let i = 0; i < m; i++) result[j]! += columns[j * m + i]! * weights[i]!;
    return result;
  };
  return (at, weights, result) => {
    result.fill(0);
    let taken = 0;
    sweep(at, typical, box, (j, x, below, above) => {
      x[j] = above;
      const high = product(x, weights);
      x[j] = below;
      const low = product(x, weights);
      taken += 2;
      for (let k = 0; k < n; k++) {
        const slope = (high[k]! - low[k]!) / (above - below) / 2;
        result[j * n + k]! += slope;
        result[k * n + j]! += slope;
      }
    });
    return taken;
  };
}
