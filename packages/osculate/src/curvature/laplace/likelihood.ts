import { InputError } from '../../tensor/errors.js';
import type { CurvatureModel } from '../operators/index.js';

/** How a mean loss is a likelihood of the whole data set: log p(D|θ) = constant − scale · loss. */
export interface Likelihood {
  readonly scale: number;
  readonly constant: number;
  /** σ² of a Gaussian likelihood, else null. */
  readonly noise: number | null;
}

/**
 * For a loss that is a sum of squares the Gaussian with variance `noise` around the outputs; for others the distribution whose negative
 * log-likelihood the loss is, of which the part that does not depend on the outputs is left out. InputError for a noise that is not positive, or
 * given for another loss.
 */
export function likelihoodOf(model: CurvatureModel, noise?: number): Likelihood {
  const parts = model.rows * model.normalizer;
  if (model.loss.residuals === undefined) {
    if (noise === undefined) return { scale: parts, constant: 0, noise: null };
    throw new InputError(`laplace: a noise is given, and ${model.loss.name} is no sum of squares; leave it out`);
  }
  const variance = noise ?? 0.5;
  if (!(variance > 0 && variance < Infinity)) {
    throw new InputError(`laplace: the noise is ${variance}; it must be a positive variance`);
  }
  const elements = model.rows * model.graph(1).outputs.size;
  return {
    scale: parts / (2 * variance),
    constant: -0.5 * elements * Math.log(2 * Math.PI * variance),
    noise: variance,
  };
}
