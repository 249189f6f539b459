import { gaussNewtonMatrix } from '../../objective/matrices.js';
import type { At, Named } from '../../objective/objective.js';
import { checkNames, checkOptions, type OptionNames, optionsOf } from '../../tensor/check-options.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Generator } from '../../tensor/random.js';
import { sameShape, showShape } from '../../tensor/shape.js';
import { drawProbe } from '../estimators/estimate.js';
import { curvatureOperator } from '../operators/curvature-operator.js';
import { dataOnly, lossAt } from '../operators/loss-and-gradient.js';
import { matrixDiagonal } from '../operators/matrix-diagonal.js';
import { parameterBlock, restrictedOperator } from '../operators/restricted-operator.js';
import { chooseParameters } from '../structured/block-place.js';
import { ekfacOperator } from '../structured/ekfac-operator.js';
import { kfacOperator } from '../structured/kfac-operator.js';
import type { StructureOptions } from '../structured/measured-factors.js';
import { structureOptions } from '../structured/measured-factors.js';
import { diagonalOperator, type StructuredOperator, spectralOperator } from '../structured/structured-operator.js';
import { effectiveParameters, type Likelihood, likelihoodOf, tunePriorPrecision } from './evidence.js';
import { type LinearizedPrediction, linearizedPrediction } from './linearized-prediction.js';

export interface LaplaceOptions extends StructureOptions {
  /** Of the curvature: 'full' for few parameters. Default 'kfac'. `layers` (a last layer, say) limits it to these parameters. */
  readonly structure?: 'full' | 'kfac' | 'ekfac' | 'diagonal';
  /** τ of the prior N(0, I/τ); default 1. */
  readonly priorPrecision?: number;
  /** σ² of the observations, for a loss that is a sum of squares; default ½, of which that loss is the negative log-likelihood. */
  readonly noise?: number;
}

const laplaceOptions: OptionNames<LaplaceOptions> = { ...structureOptions, structure: 1, priorPrecision: 1, noise: 1 };

/** A Gaussian around the parameters of a trained model. */
export interface LaplacePosterior {
  /** τ of the prior N(0, I/τ). */
  readonly priorPrecision: number;
  /** σ² of the observations; null for a loss that is not a sum of squares. Add it to the variance of a prediction for new observations. */
  readonly noise: number | null;
  /** The names of the parameters that it is about; the others are fixed. */
  readonly names: readonly string[];
  /** Their values, one after another. */
  readonly mean: Float64Array;
  /** N · curvature + τ I. */
  readonly precision: StructuredOperator;
  /** (N · curvature + τ I)⁻¹. */
  readonly covariance: StructuredOperator;
  /** γ = Σ s/(s + τ) over the eigenvalues s of N · curvature. */
  readonly effectiveParameters: number;
  /**
   * log p(D|θ) − ½ τ‖θ‖² + ½ n log τ − ½ log det(N · curvature + τ I): the logarithm of the evidence for the data, by Laplace's
   * approximation; terms of the likelihood that depend on the targets alone are left out but for a sum of squares.
   */
  readonly logMarginalLikelihood: number;
  /** The same approximation with another prior; no new pass over the data. */
  withPriorPrecision(priorPrecision: number): LaplacePosterior;
  /** With the prior precision that maximises the evidence at these parameters. Errors as for parameters that are all zero. */
  tuned(): LaplacePosterior;
  /**
   * Mean and covariance of the outputs for new inputs, by the linearised model; inputs by name where the model has several. Several outputs are one
   * after another in a row. ShapeError for inputs of another shape.
   */
  predict(inputs: NDArray | Named<NDArray>): Promise<LinearizedPrediction>;
  /** Parameters drawn from the posterior, in the order of `names`. */
  sample(generator: Generator): Promise<Float64Array>;
}

/** InputError for a structure that there is none of, and for options of the factors where the matrix has none. */
function checkStructure({ structure = 'kfac', estimate = 'exact', sharing = 'expand' }: LaplaceOptions): void {
  const factored = structure === 'kfac' || structure === 'ekfac';
  if (!factored && structure !== 'full' && structure !== 'diagonal') {
    throw new InputError(`laplace: the structure is '${structure}'; it must be full, kfac, ekfac or diagonal`);
  }
  const odd = estimate !== 'exact' ? `estimate '${estimate}'` : sharing !== 'expand' ? `sharing '${sharing}'` : null;
  if (factored || odd === null) return;
  throw new InputError(
    `laplace: the ${odd} is of Kronecker factors; the structure '${structure}' is of the Gauss-Newton matrix itself: leave it out`,
  );
}

/** The mean loss's curvature in the chosen parameters. */
async function curvatureOf(at: At, options: LaplaceOptions): Promise<StructuredOperator> {
  const { structure = 'kfac', layers } = options;
  if (structure === 'kfac') return kfacOperator(at, optionsOf<StructureOptions>(options, structureOptions));
  if (structure === 'ekfac') return ekfacOperator(at, optionsOf<StructureOptions>(options, structureOptions));
  if (structure === 'full') {
    const ggn = curvatureOperator(at, gaussNewtonMatrix);
    return spectralOperator(layers ? restrictedOperator(ggn, parameterBlock(at.objective.layout, layers)) : ggn);
  }
  const { names, starts, size } = chooseParameters(at.objective.layout, layers);
  const flat = new Float64Array(size);
  for (const [name, values] of Object.entries(await matrixDiagonal(at, gaussNewtonMatrix, names)))
    flat.set(values, starts.get(name)!);
  return diagonalOperator(flat, 'diagonal of Gauss-Newton');
}

interface Fitted {
  readonly at: At;
  readonly likelihood: Likelihood;
  readonly logLikelihood: number;
  readonly names: readonly string[];
  readonly mean: Float64Array;
  /** N · curvature, no eigenvalue below zero. */
  readonly curvature: StructuredOperator;
}

/** New inputs by name, as many rows of each. */
function inputsOf({ objective }: At, given: NDArray | Named<NDArray>): Named<NDArray> {
  const fields = Object.entries(objective.batch(1).inputs);
  const named = isArray(given) ? Object.fromEntries(fields.slice(0, 1).map(([name]) => [name, given])) : given;
  const rows = named[fields[0]?.[0] ?? '']?.shape[0] ?? 0;
  for (const [name, { dtype, shape }] of fields) {
    const array = named[name];
    const fits = array && array.dtype === dtype && sameShape(array.shape, [rows, ...shape.slice(1)]);
    if (fits && rows > 0) continue;
    throw new ShapeError(
      `laplace: the input "${name}" is ${array ? `${array.dtype} ${showShape(array.shape)}` : 'not given'}; give at least one row like those of the data, ${dtype} ${showShape(shape)}`,
    );
  }
  return named;
}

const isArray = (given: NDArray | Named<NDArray>): given is NDArray => typeof given.dtype === 'string';

function posterior(fitted: Fitted, priorPrecision: number): LaplacePosterior {
  checkOptions('laplace', { 'a finite number > 0': { priorPrecision } });
  const { at, likelihood, logLikelihood, names, mean, curvature } = fitted;
  const squaredNorm = mean.reduce((sum, x) => sum + x * x, 0);
  const covariance = curvature.inverse(priorPrecision);
  const prior = 0.5 * (mean.length * Math.log(priorPrecision) - priorPrecision * squaredNorm);
  return {
    priorPrecision,
    noise: likelihood.noise,
    names,
    mean,
    precision: curvature.map('posterior precision', (s) => s + priorPrecision),
    covariance,
    effectiveParameters: effectiveParameters(curvature.eigenvalues(), priorPrecision),
    logMarginalLikelihood: logLikelihood + prior - 0.5 * curvature.logDeterminant(priorPrecision),
    withPriorPrecision: (other) => posterior(fitted, other),
    tuned: () => posterior(fitted, tunePriorPrecision(curvature.eigenvalues(), squaredNorm)),
    predict: async (inputs) => linearizedPrediction(at, names, covariance, inputsOf(at, inputs)),
    sample: async (generator) => {
      const root = covariance.map('root of the covariance', Math.sqrt);
      const drawn = await root.apply(drawProbe(mean.length, 'normal', generator));
      return drawn.map((d, i) => mean[i]! + d);
    },
  };
}

/**
 * Laplace's approximation of the posterior of a trained model's parameters (MacKay 1992; Ritter, Botev and Barber 2018; Daxberger et al.
 * 2021): a Gaussian whose precision is N times the Gauss-Newton matrix of the mean loss, in the given structure, plus the prior's. It takes
 * the point as the maximum of the posterior: train with a weight decay of τ/(N · scale of the loss), or tune τ afterwards; the objective's
 * own weight decay does not count, as the prior stands for it. Exact for a model that is linear with a squared error. Cost: as the
 * structure's operator.
 * @throws As the structure's operator; InputError for a prior precision or noise that is not positive, and for an estimate or sharing of
 *   factors with a structure that has none.
 * @example
 * const posterior = await laplace(objective.at(theta), { structure: 'kfac' });
 * const { mean, variance } = await posterior.tuned().predict(x);
 */
export async function laplace(at: At, options: LaplaceOptions = {}): Promise<LaplacePosterior> {
  checkNames('laplace', options, laplaceOptions);
  const { priorPrecision = 1, layers, noise } = options;
  checkStructure(options);
  checkOptions('laplace', { 'a finite number > 0': { priorPrecision } });
  const { layout } = at.objective;
  const likelihood = likelihoodOf(at.objective, noise);
  const { names, size, starts } = chooseParameters(layout, layers);
  const mean = new Float64Array(size);
  for (const slot of layout.slots) {
    const start = starts.get(slot.name);
    if (start !== undefined) mean.set(at.parameters.subarray(slot.offset, slot.offset + slot.size), start);
  }
  const data = dataOnly(at);
  const logLikelihood = likelihood.constant - likelihood.scale * (await lossAt(data));
  // Below zero there is only rounding.
  const curvature = (await curvatureOf(data, options)).map('N · curvature', (s) => likelihood.scale * Math.max(0, s));
  return posterior({ at: data, likelihood, logLikelihood, names, mean, curvature }, priorPrecision);
}
