import { dot } from '../../linalg/vectors.js';
import type { RobustLoss } from '../robust.js';
import type { CheckedProblem } from './block-problem.js';
import type { ObservationProgram } from './observation-program.js';

/**
 * Residuals and Jacobian blocks of all observations, observation after observation: r of d, ∂r/∂camera of d×p, ∂r/∂point of d×q. The
 * memory is linear in the observations; nothing of the size of J is ever formed.
 */
export class LinearBlocks {
  /** d. */
  readonly rows: number;
  /** Residuals of the linear model: r, or what the loss makes of it. */
  readonly residuals: Float64Array;
  readonly camera: Float64Array;
  readonly point: Float64Array;
  /** ‖r‖ of each observation, what the loss acts on. */
  private readonly norms: Float64Array;
  private readonly weights: Float64Array;
  private readonly radial: Float64Array;
  private readonly scaled: Float64Array;
  private readonly missing: Float64Array;

  constructor(
    private readonly problem: CheckedProblem,
    private readonly program: ObservationProgram,
    private readonly loss: RobustLoss | null,
  ) {
    const { observations, cameraSize, pointSize } = problem;
    this.rows = program.residuals;
    this.residuals = new Float64Array(observations * this.rows);
    this.camera = new Float64Array(observations * this.rows * cameraSize);
    this.point = new Float64Array(observations * this.rows * pointSize);
    const used = loss ? observations : 0;
    this.norms = new Float64Array(used);
    this.weights = new Float64Array(used);
    this.radial = new Float64Array(used);
    this.scaled = new Float64Array(used);
    this.missing = new Float64Array(used);
  }

  /** r at x, into `result`. */
  evaluate(x: Float64Array, result: Float64Array): void {
    const { program, rows } = this;
    this.batches(x, (from, count) => {
      program.evaluate();
      for (let i = 0; i < rows; i++) {
        const values = program.values[i]!;
        for (let l = 0; l < count; l++) result[(from + l) * rows + i] = values[l]!;
      }
    });
  }

  /** ½Σ s²ρ(‖r‖²/s²) over observations, ½‖r‖² without a loss. */
  cost(residuals: Float64Array): number {
    if (this.loss) {
      this.measure(residuals);
      return this.loss.cost(this.norms);
    }
    return 0.5 * dot(residuals, residuals);
  }

  /** All blocks at x, where the residuals are `residuals`. */
  linearize(x: Float64Array, residuals: Float64Array): void {
    const { program, rows } = this;
    const { cameraSize: p, pointSize: q, fixedCameras, fixedPoints, camera, point } = this.problem;
    this.residuals.set(residuals);
    this.batches(x, (from, count) => {
      program.differentiate();
      for (let i = 0; i < rows; i++) {
        const slopes = program.slopes.slice(i * (p + q), (i + 1) * (p + q));
        for (let l = 0; l < count; l++) {
          const place = from + l;
          const row = place * rows + i;
          const [moveCamera, movePoint] = [fixedCameras[camera[place]!] === 0, fixedPoints[point[place]!] === 0];
          for (let j = 0; j < p; j++) this.camera[row * p + j] = moveCamera ? slopes[j]![l]! : 0;
          for (let j = 0; j < q; j++) this.point[row * q + j] = movePoint ? slopes[p + j]![l]! : 0;
        }
      }
    });
    if (this.loss) this.weigh(this.loss);
  }

  /** Calls `run` on batch after batch with the program's inputs filled. */
  private batches(x: Float64Array, run: (from: number, count: number) => void): void {
    const { program } = this;
    const { observations, cameras, cameraSize: p, pointSize: q, dataSize, camera, point, data } = this.problem;
    for (let from = 0; from < observations; from += program.batch) {
      const count = Math.min(program.batch, observations - from);
      const fill = (
        column: Float64Array,
        source: Float64Array,
        offset: number,
        size: number,
        index?: Int32Array,
      ): void => {
        if (index) for (let l = 0; l < count; l++) column[l] = source[offset + index[from + l]! * size]!;
        else for (let l = 0; l < count; l++) column[l] = source[offset + (from + l) * size]!;
      };
      for (let j = 0; j < p; j++) fill(program.inputs[j]!, x, j, p, camera);
      for (let j = 0; j < q; j++) fill(program.inputs[p + j]!, x, cameras * p + j, q, point);
      for (let j = 0; j < dataSize; j++) fill(program.inputs[p + q + j]!, data, j, dataSize);
      run(from, count);
    }
  }

  private measure(residuals: Float64Array): void {
    const { rows, norms } = this;
    for (let o = 0; o < norms.length; o++) {
      let sum = 0;
      for (let i = o * rows; i < (o + 1) * rows; i++) sum += residuals[i]! ** 2;
      norms[o] = Math.sqrt(sum);
    }
  }

  /**
   * Scales residuals and blocks such that ½‖r̃ + J̃·p‖² models the cost to second order (Triggs, McLauchlan, Hartley and Fitzgibbon 2000):
   * across r by √ρ', along it by the root of the radial curvature ρ' + 2zρ''.
   */
  private weigh(loss: RobustLoss): void {
    const { residuals, norms, weights, radial, scaled, rows } = this;
    const { cameraSize: p, pointSize: q } = this.problem;
    this.measure(residuals);
    loss.weights(norms, weights);
    loss.model(norms, radial, scaled, this.missing);
    for (let o = 0; o < norms.length; o++) {
      const norm = norms[o]!;
      // ρ'(0) = 1: an observation without a residual keeps its blocks.
      if (norm === 0) continue;
      const across = Math.sqrt(weights[o]! / norm);
      for (let i = o * rows; i < (o + 1) * rows; i++) residuals[i]! /= norm;
      this.rescale(this.camera, o, p, across, radial[o]!);
      this.rescale(this.point, o, q, across, radial[o]!);
      for (let i = o * rows; i < (o + 1) * rows; i++) residuals[i]! *= scaled[o]!;
    }
  }

  /** B ← across·B + (along − across)·u·uᵀB, with the unit vector u in `residuals`. */
  private rescale(blocks: Float64Array, o: number, width: number, across: number, along: number): void {
    const { residuals, rows } = this;
    const start = o * rows;
    for (let j = 0; j < width; j++) {
      let share = 0;
      for (let i = 0; i < rows; i++) share += residuals[start + i]! * blocks[(start + i) * width + j]!;
      for (let i = 0; i < rows; i++) {
        const at = (start + i) * width + j;
        blocks[at] = across * blocks[at]! + (along - across) * residuals[start + i]! * share;
      }
    }
  }
}
