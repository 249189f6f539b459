import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { type Shape, sameShape, sizeOf } from '../../tensor/shape.js';
import { checkChoice } from '../check.js';

/**
 * What a sum over the parts of the loss is divided by. `elements`: their number (PyTorch's mean). `examples`: the number
 * of examples (the leading axis), so that the parts of one example are summed, as in the autoencoder literature.
 */
export type Reduction = 'elements' | 'examples';

/** Sum and number of what is averaged; of several batches the metric is Σ sum / Σ count, whatever the batches are. */
export interface Average {
  readonly sum: Tensor;
  readonly count: Tensor | number;
}

/** A figure of outputs and targets to be read beside the loss. */
export type Metric = (outputs: Tensor, targets: Tensor) => Average;

/**
 * A loss ℓ(outputs, targets) with what curvature needs of it: Σ wᵢ·nllᵢ/m over its parts, negative log-likelihoods with weights. All members
 * use the same m, which does not depend on the targets, so that no factor of 2 or of the batch size differs between the loss, its output Hessian
 * and its label distribution, and so that means over batches of any size add up to the loss of all rows.
 */
export interface Loss {
  /** What it is called in messages. */
  readonly name: string;
  /** The scalar loss: a mean over the rows of `outputs` and `targets`, `[rows, …]` each. */
  value(outputs: Tensor, targets: Tensor): Tensor;
  /** r with value = Σ rᵢ², for losses that are sums of squares: what Gauss-Newton and Levenberg-Marquardt work on. */
  residuals?(outputs: Tensor, targets: Tensor): Tensor;
  /** H·u with H = ∂²value/∂outputs², in closed form; u has the outputs' shape. */
  hessianProduct(outputs: Tensor, targets: Tensor, u: Tensor): Tensor;
  /** m: `value` is the weighted sum of negative log-likelihoods over all parts, divided by this. */
  normalizer(outputs: Tensor): number;
  /**
   * Targets drawn from the model's own predictive distribution, whose negative log-likelihood is nll (up to a constant). Weights do not
   * enter it: see `score`.
   */
  sample(outputs: NDArray<'f32' | 'f64'>, generator: Generator): NDArray;
  /**
   * Σ √wᵢ·nllᵢ(outputs, drawn)/m with the weights of the data's targets and labels that were drawn; `value(outputs, drawn)` where there is none.
   * m·Σ E[∇score·∇scoreᵀ] over the examples is the Fisher matrix of the weighted loss, Σ wᵢ·E[∇nllᵢ·∇nllᵢᵀ]/m. It equals the Gauss-Newton
   * matrix of `value` for all losses here but Huber's (whose outputs are not natural parameters); with the data's targets instead of drawn ones
   * it would be the empirical Fisher matrix, which does not.
   */
  score?(outputs: Tensor, targets: Tensor, drawn: Tensor): Tensor;
  /**
   * Refuses targets that the loss is not defined for; `outputs` is the shape of the outputs of these rows.
   * @throws InputError that names the row.
   */
  checkTargets?(targets: NDArray, outputs: Shape): void;
  /** Targets that are whole numbers are numbers of classes. */
  readonly classes?: boolean;
  /** Figures to be read beside the loss, by name: `accuracy`. */
  readonly metrics?: Readonly<Record<string, Metric>>;
}

/** The divisor of a reduction for outputs of a shape whose last axis is a distribution or not counted. */
export function divisor(reduction: Reduction, outputs: Tensor, parts: number): number {
  return reduction === 'elements' ? parts : rowsOf(outputs);
}

/** The number of rows; a scalar is one. */
export const rowsOf = ({ shape }: Tensor): number => shape[0] ?? 1;

/** @throws InputError for options that a loss does not have, and for a reduction that is none. */
export function checkLossOptions<T extends { readonly reduction?: Reduction }>(
  what: string,
  options: T,
  names: OptionNames<T>,
): void {
  checkNames(what, options, names);
  checkChoice(`${what}: reduction`, options.reduction, ['elements', 'examples']);
}

/** @throws InputError unless all weights are finite numbers ≥ 0. */
export function checkWeights(what: string, option: string, weights: ArrayLike<unknown>): void {
  const bad = Array.from(weights).find((w) => !(typeof w === 'number' && w >= 0 && w < Infinity));
  if (bad !== undefined) {
    throw new InputError(`${what}: ${option} must be finite numbers ≥ 0, got ${String(bad)}`);
  }
}

/** Throws a ShapeError that names both tensors unless they have one shape, or when the batch is empty. */
export function checkShapes(what: string, outputs: Tensor, targets: Tensor): void {
  checkNotEmpty(what, outputs);
  if (!sameShape(outputs.shape, targets.shape)) {
    throw new ShapeError(`${what}: outputs ${describe(outputs)} and targets ${describe(targets)} differ in shape`);
  }
}

/** Throws when there is nothing to average over: the mean would be 0/0. */
export function checkNotEmpty(what: string, outputs: Tensor): void {
  if (outputs.size === 0) throw new ShapeError(`${what}: the batch is empty: ${describe(outputs)}`);
}

/** Throws before sampling from outputs that define no distribution. */
export function checkFinite(what: string, outputs: NDArray): void {
  const { data } = outputs;
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) throw new InputError(`${what}: cannot sample, output ${i} is ${data[i]}`);
  }
}

/** @throws InputError that names the row of a target which is not what the loss needs. */
export function checkEach(what: string, targets: NDArray, fits: (value: number) => boolean, needs: string): void {
  const { data, shape } = targets;
  for (let i = 0; i < data.length; i++) {
    if (fits(Number(data[i]))) continue;
    const row = Math.floor(i / Math.max(1, sizeOf(shape.slice(1))));
    throw new InputError(`${what}: the target of row ${row} of the batch is ${data[i]}; it must be ${needs}`);
  }
}
