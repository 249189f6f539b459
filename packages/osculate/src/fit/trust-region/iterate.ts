import { dotAt } from '../../linalg/vectors.js';
import type { ResidualProblem } from '../residuals/problem.js';
import type { RobustLoss } from '../robust.js';
import { costDecrease } from './convergence.js';
import { isTall, type LinearModel, ReducedModel } from './linear-model.js';

/** As many as a run works with. */
const MOST_SPARE = 2;

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
  /** S·J and S·r as they are, or reduced to fewer rows. */
  readonly linear: LinearModel;
  cost = Number.NaN;
  /** Another object for every linearisation, to tell whose a factorisation is. */
  model: object = {};

  private readonly whole: LinearModel;
  private readonly reduced: ReducedModel | null;
  /** Whether J at x came with the residuals. */
  private joint = false;

  constructor(
    readonly problem: ResidualProblem,
    readonly loss: RobustLoss | null,
  ) {
    const { size: m, parameters: n } = problem;
    this.x = new Float64Array(n);
    this.residuals = new Float64Array(m);
    this.columns = problem.spare?.pop() ?? new Float64Array(n * m);
    this.weights = loss ? new Float64Array(m) : this.residuals;
    this.scaled = loss ? new Float64Array(m) : this.residuals;
    this.rows = loss ? new Float64Array(m) : null;
    this.missing = new Float64Array(loss ? m : 0);
    this.gradient = new Float64Array(n);
    this.norms = new Float64Array(n);
    this.whole = { height: m, columns: this.columns, residuals: this.scaled, rows: this.rows };
    this.reduced = isTall(m, n) ? new ReducedModel(m, n) : null;
    this.linear = this.reduced ?? this.whole;
  }

  /** Evaluates and linearises at x, the start. False unless all is finite; the Jacobian is zero where it was not computed. */
  begin(): boolean {
    if (this.evaluate()) return this.linearize();
    if (!this.joint) this.columns.fill(0);
    return false;
  }

  /**
   * Residuals and cost at x. False unless they are finite. When `linearize` is likely to follow, the Jacobian may be computed along, which is
   * cheaper where both share much.
   */
  evaluate(linearizeNext = true): boolean {
    const { residuals, problem } = this;
    this.joint = linearizeNext && this.reduced !== null && problem.together !== undefined;
    if (this.joint) problem.together!(this.x, residuals, this.columns);
    else problem.evaluate(this.x, residuals);
    const sum = dotAt(residuals, 0, residuals, 0, residuals.length);
    this.cost = this.loss && Number.isFinite(sum) ? this.loss.cost(residuals) : 0.5 * sum;
    return Number.isFinite(this.cost);
  }

  /** The Jacobian at x, where `evaluate` was called, and the gradient. False unless they are finite. */
  linearize(): boolean {
    const { residuals, columns } = this;
    this.model = {};
    if (!this.joint) this.problem.jacobian(this.x, residuals, columns);
    if (this.loss) {
      this.loss.weights(residuals, this.weights);
      this.loss.model(residuals, this.rows!, this.scaled, this.missing);
    }
    this.reduced?.reduce(this.whole);
    return this.slopes();
  }

  /** The gradient Jᵀw = (S·J)ᵀ(S·r) and the norms. False unless they are finite. */
  private slopes(): boolean {
    const { gradient, norms, weights } = this;
    const { height, columns, residuals, rows } = this.linear;
    const right = rows === null ? residuals : weights;
    let sum = 0;
    for (let j = 0; j < gradient.length; j++) {
      const at = j * height;
      gradient[j] = dotAt(columns, at, right, 0, height);
      const square = rows === null ? dotAt(columns, at, columns, at, height) : this.weightedSquare(at);
      norms[j] = Math.sqrt(square);
      sum += Math.abs(gradient[j]!) + square;
    }
    return Number.isFinite(sum);
  }

  /** Gives the memory of the Jacobian, where the problem keeps it, to the next fit: this iterate must not be used any more. */
  release(): void {
    if (this.problem.spare && this.problem.spare.length < MOST_SPARE) this.problem.spare.push(this.columns);
  }

  /** What `trial` gains on this point. */
  reduction(trial: Iterate): number {
    return this.loss ? this.cost - trial.cost : costDecrease(this.residuals, trial.residuals);
  }

  private weightedSquare(start: number): number {
    let square = 0;
    this.rows!.forEach((row, i) => {
      square += (row * this.columns[start + i]!) ** 2;
    });
    return square;
  }
}
