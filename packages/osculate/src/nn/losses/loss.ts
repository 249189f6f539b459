import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { sameShape } from '../../tensor/shape.js';

/**
 * What a sum over the parts of the loss is divided by. `elements`: their number (PyTorch's mean). `examples`: the number
 * of examples (the leading axis), so that the parts of one example are summed, as in the autoencoder literature.
 */
export type Reduction = 'elements' | 'examples';

/**
 * A loss ℓ(outputs, targets) with what curvature needs of it. All members use the same reduction, so that no factor of 2
 * or of the batch size differs between the loss, its output Hessian and its label distribution.
 */
export interface Loss {
  readonly name: string;
  /** The scalar loss. */
  value(outputs: Tensor, targets: Tensor): Tensor;
  /** r with value = Σ rᵢ², for losses that are sums of squares: what Gauss-Newton and Levenberg-Marquardt work on. */
  residuals?(outputs: Tensor, targets: Tensor): Tensor;
  /** H·u with H = ∂²value/∂outputs², in closed form; u has the outputs' shape. */
  hessianProduct(outputs: Tensor, targets: Tensor, u: Tensor): Tensor;
  /** m: `value` is the sum of negative log-likelihoods over all parts, divided by this. */
  normalizer(outputs: Tensor): number;
  /**
   * Targets drawn from the model's own predictive distribution, the one whose negative log-likelihood is ℓ·m (up to a
   * constant). With these, Σ E[∇nll·∇nllᵀ]/m over the examples is the true Fisher, which equals the Gauss-Newton matrix of
   * `value` for all losses here but Huber's (whose outputs are not natural parameters); with the data's targets it would be the empirical Fisher, which does not.
   */
  sample(outputs: NDArray<'f32' | 'f64'>, generator: Generator): NDArray;
}

/** The divisor of a reduction for outputs of a shape whose last axis is a distribution or not counted. */
export function divisor(reduction: Reduction, outputs: Tensor, parts: number): number {
  return reduction === 'elements' ? parts : outputs.rank === 0 ? 1 : outputs.shape[0]!;
}

/** Throws a ShapeError that names both tensors unless they have one shape, or when the batch is empty. */
export function checkTargets(what: string, outputs: Tensor, targets: Tensor): void {
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
