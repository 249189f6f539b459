import type { Box } from '../bounds.js';
import type { ResidualProblem } from './problem.js';

/** ∛ε: the step of central differences, relative to the size of the parameter, that balances truncation and rounding. */
const RELATIVE_STEP = Math.cbrt(2 ** -52);

/** Relative errors of a differenced Jacobian, with a margin for residuals that nearly cancel. */
export const DIFFERENCE_ACCURACY = 1e-9;

/** A size is not trusted whose effect on the residuals is so many times smaller than they have been; the one that takes its place has this share of them. */
const [faint, share] = [1000, 0.1];
/** A step may grow by so much at once, and so often. */
const [growth, mostGrown] = [1e4, 6];
/** Forward and backward differences differ by at most this share of their sum where a longer step still sees a straight line. */
const straight = 1e-3;

/** The two points about xⱼ at a distance of h, in the box where there is room for one at all; both are exact, so that their distance is. */
function points(x: number, h: number, lower: number, upper: number): readonly [below: number, above: number] {
  const above = x + h <= upper ? x + h : x;
  const below = x - h >= lower ? x - h : x;
  return above > below ? [below, above] : [lower, upper];
}

const norm = (v: Float64Array): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

/**
 * The size of each parameter, to which steps are relative: its own, or, where that is as good as zero, a share of the change that would change
 * the residuals by as much as they have been at most. With its own alone, differences by a parameter whose true value is zero would be rounding.
 */
class Sizes {
  private readonly effect: Float64Array;
  /** Searches in vain, and Jacobians until the next: a parameter without effect is not looked for every time. */
  private readonly vain: Uint32Array;
  private readonly pause: Uint32Array;
  private largest = 0;

  constructor(private readonly start: Float64Array) {
    this.effect = new Float64Array(start.length);
    this.vain = new Uint32Array(start.length);
    this.pause = new Uint32Array(start.length);
  }

  /** Whether a size is to be looked for now. */
  due(j: number): boolean {
    if (this.pause[j] === 0) return true;
    this.pause[j]!--;
    return false;
  }

  failed(j: number): void {
    this.pause[j] = 2 ** Math.min(++this.vain[j]!, 20) - 1;
  }

  /** Takes the residuals at a point. */
  see(residuals: Float64Array): void {
    const size = norm(residuals);
    if (Number.isFinite(size)) this.largest = Math.max(this.largest, size);
  }

  of(j: number, x: number): number {
    return Math.max(Math.abs(x), this.effect[j]!) || Math.abs(this.start[j]!) || 1;
  }

  /** The change of a parameter that would matter, from the norm of its column. */
  mattering(slope: number): number {
    return slope > 0 ? this.largest / slope : Number.POSITIVE_INFINITY;
  }

  set(j: number, size: number): void {
    this.effect[j] = size;
  }
}

/** What two points about a parameter tell. */
interface Probe {
  readonly h: number;
  /** The norm of the column. */
  readonly slope: number;
  /** ‖r(above) − 2r + r(below)‖/‖r(above) − r(below)‖ */
  readonly bend: number;
}

/** Columns of a Jacobian at a point by differences. */
class Columns {
  evaluated = 0;
  private readonly x: Float64Array;
  private readonly high: Float64Array;
  private readonly low: Float64Array;

  constructor(
    private readonly evaluate: ResidualProblem['evaluate'],
    at: Float64Array,
    private readonly residuals: Float64Array,
    private readonly box: Box,
  ) {
    this.x = at.slice();
    this.high = new Float64Array(residuals.length);
    this.low = new Float64Array(residuals.length);
  }

  private move(j: number, to: number, result: Float64Array): number {
    const own = this.x[j]!;
    if (to !== own) {
      this.x[j] = to;
      this.evaluated++;
      this.evaluate(this.x, result);
      this.x[j] = own;
      if (result.every(Number.isFinite)) return to;
    }
    result.set(this.residuals);
    return own;
  }

  /** Writes a column by steps of h; null for a parameter that cannot move. */
  probe(j: number, h: number, column: Float64Array): Probe | null {
    const { high, low, residuals } = this;
    const own = this.x[j]!;
    const [below, above] = points(own, h, this.box.lower[j]!, this.box.upper[j]!);
    if (!(above > below)) return null;
    const [to, from] = [this.move(j, above, high), this.move(j, below, low)];
    const distance = to - from;
    let [change, second] = [0, 0];
    for (let i = 0; i < column.length; i++) {
      const difference = high[i]! - low[i]!;
      change += difference * difference;
      second += (high[i]! - residuals[i]! - (residuals[i]! - low[i]!)) ** 2;
      column[i] = difference / distance;
    }
    // One side alone tells no bend: a longer step is not to be trusted by it.
    const sided = to === own || from === own;
    return {
      h,
      slope: Math.sqrt(change) / distance,
      bend: sided ? Number.POSITIVE_INFINITY : Math.sqrt(second / change),
    };
  }

  /** Writes a column by steps relative to the parameter's size, which is found first where it is not known. */
  write(j: number, sizes: Sizes, column: Float64Array): void {
    const size = sizes.of(j, this.x[j]!);
    const first = this.probe(j, RELATIVE_STEP * size, column);
    if (first === null || sizes.mattering(first.slope) <= faint * size || !sizes.due(j)) return;
    const longer = new Float64Array(column.length);
    let { h, slope } = first;
    let found = false;
    for (let k = 0; k < mostGrown; k++) {
      const wanted = RELATIVE_STEP * share * sizes.mattering(slope);
      if (!(wanted > 10 * h)) break;
      h = Math.min(wanted, h * growth);
      const next = this.probe(j, h, longer);
      if (next === null) break;
      // Where nothing changes the step is too short; where it bends it is too long, or still sees rounding.
      if (!(next.slope > 0 && next.bend <= straight)) continue;
      column.set(longer);
      slope = next.slope;
      found = true;
      sizes.set(j, Math.min(h / RELATIVE_STEP, share * sizes.mattering(slope)));
    }
    if (!found) sizes.failed(j);
  }
}

/**
 * J by central differences, 2n residual vectors, with steps of ∛ε relative to the size of each parameter (see `Sizes`); one-sided at a bound, and where one of
 * the two points has no finite residuals. Error about ε^⅔ relative. A parameter fixed by equal bounds gets zeros. A size that has
 * to be found costs up to twelve residual vectors more, once.
 */
export function differencedJacobian(
  evaluate: ResidualProblem['evaluate'],
  m: number,
  start: Float64Array,
  box: Box,
): ResidualProblem['jacobian'] {
  const sizes = new Sizes(start);
  return (at, residuals, columns) => {
    columns.fill(0);
    sizes.see(residuals);
    const found = new Columns(evaluate, at, residuals, box);
    for (let j = 0; j < at.length; j++) found.write(j, sizes, columns.subarray(j * m, (j + 1) * m));
    return found.evaluated;
  };
}

/** Σ wᵢ∇²rᵢ by central differences of Jᵀw with w held fixed: 2n + 1 Jacobians; made symmetric. */
export function differencedCurvature(
  jacobian: ResidualProblem['jacobian'],
  m: number,
  start: Float64Array,
  box: Box,
): NonNullable<ResidualProblem['curvature']> {
  const n = start.length;
  const sizes = new Sizes(start);
  const columns = new Float64Array(m * n);
  const product = (x: Float64Array, weights: Float64Array): Float64Array => {
    jacobian(x, weights, columns);
    const result = new Float64Array(n);
    for (let j = 0; j < n; j++) for (let i = 0; i < m; i++) result[j]! += columns[j * m + i]! * weights[i]!;
    return result;
  };
  return (at, weights, result) => {
    result.fill(0);
    sizes.see(weights);
    product(at, weights);
    const slopes = Float64Array.from({ length: n }, (_, j) => norm(columns.subarray(j * m, (j + 1) * m)));
    const x = at.slice();
    let taken = 1;
    for (let j = 0; j < n; j++) {
      const mattering = sizes.mattering(slopes[j]!);
      const size =
        mattering > faint * Math.abs(at[j]!) && Number.isFinite(mattering) ? share * mattering : sizes.of(j, at[j]!);
      const [below, above] = points(at[j]!, RELATIVE_STEP * size, box.lower[j]!, box.upper[j]!);
      if (!(above > below)) continue;
      x[j] = above;
      const high = product(x, weights);
      x[j] = below;
      const low = product(x, weights);
      x[j] = at[j]!;
      taken += 2;
      for (let k = 0; k < n; k++) {
        const slope = (high[k]! - low[k]!) / (above - below) / 2;
        result[j * n + k]! += slope;
        result[k * n + j]! += slope;
      }
    }
    return taken;
  };
}
