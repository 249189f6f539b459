import { tallTriangle } from '../../linalg/dense/tall-triangle.js';
import { transposeAt } from '../../linalg/dense/transpose.js';
import type { Matrix } from '../../linalg/matrix.js';
import { insideBracket, MoreSteps, moreRadius, type Triangle } from '../../linalg/trust-region/more.js';
import type { RegionRule } from '../../linalg/trust-region/rules.js';
import { allFinite, norm } from '../../linalg/vectors.js';
import { residualJacobian } from '../../objective/residuals.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { jacobianDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { type RegionState, regionMethod } from './parts/region-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { rowBatchOptions } from './parts/row-batches.js';

export interface LevenbergMarquardtOptions extends RowBatchOptions {
  /** The first radius is this times ‖D·x‖ at the start, or this itself where that is zero (100, as in MINPACK). */
  readonly factor?: number;
}

const levenbergMarquardtOptions: OptionNames<LevenbergMarquardtOptions> = { ...rowBatchOptions, factor: 1 };

/** Moré's update of Δ: half where the step disappoints, twice the step where the model is good. */
const rule: RegionRule = {
  accept: 1e-4,
  next: (radius, rho, length) => moreRadius(radius, rho, length, { shrink: 0.5, grow: 2, poor: 0.25, reach: 10 }),
};

/** The norms of the columns, row after row, without overflow or underflow of the squares. */
function columnNorms({ rows, columns, data }: Matrix): Float64Array {
  const largest = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) largest[j] = Math.max(largest[j]!, Math.abs(data[at]!));
  }
  const inverse = largest.map((value) => (value > 0 ? 1 / value : 0));
  const squares = new Float64Array(columns);
  for (let i = 0, at = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, at++) squares[j]! += (data[at]! * inverse[j]!) ** 2;
  }
  return largest.map((value, j) => value * Math.sqrt(squares[j]!));
}

/** What is kept between steps: for each variable the largest norm so far of its column of J (0: always zero), then the last λ. */
function grown(jacobian: Matrix, before: Float64Array): Float64Array {
  const norms = columnNorms(jacobian);
  return before.map((old, j) => (j < norms.length ? Math.max(old, norms[j]!) : old));
}

/**
 * The triangle of min ‖J·p + r‖ in q = D·p, by one pass over [J·D⁻¹, −r] without Q and without pivoting: a damped step needs no rank, and an
 * undamped one is only taken where it stays within Δ. Cost: 2mn². J with fewer rows than columns is completed by zeros.
 */
function scaledTriangle({ rows: m, columns: n, data }: Matrix, residuals: Float64Array, scale: Float64Array): Triangle {
  const width = n + 1;
  const size = norm(residuals) || 1;
  const inverse = scale.map((d) => 1 / d);
  const triangle = new Float64Array(width * width);
  const read = (start: number, count: number, into: Float64Array, offset: number, stride: number): void => {
    transposeAt(data, count, n, start * n, n, offset, stride, into);
    for (let j = 0; j < n; j++) {
      const at = offset + j * stride;
      for (let i = at; i < at + count; i++) into[i]! *= inverse[j]!;
    }
    for (let i = 0; i < count; i++) into[offset + n * stride + i] = -residuals[start + i]! / size;
  };
  tallTriangle(m, width, read, triangle);
  const [upper, c] = [new Float64Array(n * n), new Float64Array(n)];
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < n; i++) {
    upper.set(triangle.subarray(i * width, i * width + n), i * n);
    c[i] = size * triangle[i * width + n]!;
    least = Math.min(least, Math.abs(upper[i * n + i]!));
    most = Math.max(most, Math.abs(upper[i * n + i]!));
  }
  const regular = least > Math.max(m, n) * 2 ** -52 * most;
  return { n, k: n, upper, c, rank: regular ? n : n - 1, pivoted: false };
}

/** ‖r‖² − ‖r + J·p‖² = ‖R·q‖² + 2λ·‖q‖² of a step, without cancellation. */
function promised({ n, upper }: Triangle, { q, length, damping }: MoreSteps): number {
  let square = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = i; j < n; j++) sum += upper[i * n + j]! * q[j]!;
    square += sum * sum;
  }
  return square + 2 * damping * length * length;
}

/**
 * Levenberg-Marquardt as Moré 1978 (MINPACK) states it, for f = Σ rᵢ²: p minimises ‖J·p + r‖ over ‖D·p‖ ≤ Δ, from QR
 * factorisations of the augmented Jacobian, whose λ is sought from that of the step before; D grows with the columns of J, so that the
 * iterates do not depend on the units of the variables. A step that is zero, or that cannot decrease f, ends the run as stalled. For small
 * n. Cost a step: a Jacobian, 2mn² operations, and a value and some n³ a trial.
 * @throws InputError when the factor is not positive, or (in a step) the objective is not a sum of squares.
 * @example
 * const { x, f } = await minimize(residuals, [-1.2, 1], { method: levenbergMarquardt() });
 * x; // [1.000, 1.000]
 */
export function levenbergMarquardt(options: LevenbergMarquardtOptions = {}): Optimizer<RegionState> {
  checkNames('levenbergMarquardt', options, levenbergMarquardtOptions);
  const { factor = 100, batchSize } = options;
  checkOptions('levenbergMarquardt', { 'a finite number > 0': { factor } });
  return regionMethod({
    name: 'Levenberg-Marquardt',
    demand: jacobianDemand(2),
    settings: { factor },
    region: 0,
    rule,
    batchSize,
    memory: (n) => new Float64Array(n + 1),
    model: async (objective, at, memory) => {
      const { value, gradient, residuals, jacobian } = await residualJacobian(objective, at);
      if (!allFinite(jacobian.data) || !allFinite(residuals)) return { value, gradient };
      const kept = grown(jacobian, memory);
      const last = at.length;
      const scale = kept.subarray(0, last).map((d) => d || 1);
      const triangle = scaledTriangle(jacobian, residuals, scale);
      const steps = new MoreSteps(triangle, insideBracket);
      return {
        value,
        gradient,
        memory: kept,
        firstRegion: () => factor * (norm(scale.map((d, i) => d * at[i]!)) || 1),
        propose: (radius) => {
          steps.within(radius, kept[last]);
          const { q, length, damping } = steps;
          kept[last] = damping;
          const step = q.map((x, j) => x / scale[j]!);
          return { step, length, predicted: promised(triangle, steps), details: { damping } };
        },
      };
    },
  });
}
