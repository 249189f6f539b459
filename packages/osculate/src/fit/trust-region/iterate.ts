import type { ResidualProblem } from '../residuals/problem.js';
import type { RobustLoss } from '../robust.js';
import { dot } from './dot.js';

/** A point with its residuals, and once it is linearised the Jacobian and what the loss makes of both. */
export class Iterate {
  readonly x: Float64Array;
  readonly residuals: Float64Array;
  /** J, column after column. */
  readonly columns: Float64Array;
  /** w, with gradient Jᵀw; the residuals themselves without a loss. */
  readonly weights: Float64Array;
  /** Residuals of the linear model ‖scaled + S·J·p‖²; the residuals themselves without a loss. */
  readonly scaled: Float64Array;
  /** S, or null without a loss. */
  readonly rows: Float64Array | null;
  /** What S² lacks of the exact second derivative ρ' + 2zρ''. */
  readonly missing: Float64Array;
  readonly gradient: Float64Array;
  /** The norms of the columns of S·J. */
  readonly norms: Float64Array;
  cost = Number.NaN;

  constructor(
    readonly problem: ResidualProblem,
    readonly loss: RobustLoss | null,
  ) {
    const { size: m, parameters: n } = problem;
    this.x = new Float64Array(n);
    this.residuals = new Float64Array(m);
    this.columns = new Float64Array(n * m);
    this.weights = loss ? new Float64Array(m) : this.residuals;
    this.scaled = loss ? new Float64Array(m) : this.residuals;
    this.rows = loss ? new Float64Array(m) : null;
    this.missing = new Float64Array(loss ? m : 0);
    this.gradient = new Float64Array(n);
    this.norms = new Float64Array(n);
  }

  /** Residuals and cost at x. False unless they are finite. */
  evaluate(): boolean {
    const { residuals } = this;
    this.problem.evaluate(this.x, residuals);
    const sum = dot(residuals, 0, residuals, 0, residuals.length);
    this.cost = this.loss && Number.isFinite(sum) ? this.loss.cost(residuals) : 0.5 * sum;
    return Number.isFinite(this.cost);
  }

  /** The Jacobian at x, where `evaluate` was called, and the gradient. False unless they are finite. */
  linearize(): boolean {
    const { residuals, columns, weights, rows, gradient, norms } = this;
    this.problem.jacobian(this.x, residuals, columns);
    if (this.loss) {
      this.loss.weights(residuals, weights);
      this.loss.model(residuals, rows!, this.scaled, this.missing);
    }
    const m = residuals.length;
    let sum = 0;
    for (let j = 0; j < gradient.length; j++) {
      gradient[j] = dot(columns, j * m, weights, 0, m);
      const square = rows === null ? dot(columns, j * m, columns, j * m, m) : this.weightedSquare(j * m);
      norms[j] = Math.sqrt(square);
      sum += Math.abs(gradient[j]!) + square;
    }
    return Number.isFinite(sum);
  }

  /** ½Σ(rᵢ² − r'ᵢ²) in the form that loses least to cancellation: what `trial` gains on this point. */
  reduction(trial: Iterate): number {
    if (this.loss) return this.cost - trial.cost;
    let sum = 0;
    for (let i = 0; i < this.residuals.length; i++) {
      const [a, b] = [this.residuals[i]!, trial.residuals[i]!];
      sum += (a - b) * (a + b);
    }
    return 0.5 * sum;
  }

  private weightedSquare(start: number): number {
    let square = 0;
    this.rows!.forEach((row, i) => {
      square += (row * this.columns[start + i]!) ** 2;
    });
    return square;
  }
}
