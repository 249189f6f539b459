import type { Rows } from '../../data/source.js';
import { dampingRule } from '../../linalg/trust-region/rules.js';
import { allFinite, dotInOrder, like, multiple, scaled, type Vector } from '../../linalg/vectors.js';
import { sampledFisherMatrix } from '../../objective/matrices.js';
import type { Objective } from '../../objective/objective.js';
import { allRows, drawRows } from '../../objective/rows.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import type { Generator } from '../../tensor/random.js';
import { engineDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { curvatureShare, dampedSolve, firstDamping } from './damped-solve.js';
import { type Proposal, type RegionState, regionMethod } from './parts/region-method.js';
import type { RowBatchOptions } from './parts/row-batches.js';
import { rowBatchOptions } from './parts/row-batches.js';

export interface NaturalGradientOptions extends RowBatchOptions {
  /** Rows of a step, drawn for each step (default 1000). */
  readonly batchSize?: number | undefined;
  /**
   * 'sampled': the Fisher matrix of targets that are drawn from the model in every step. 'exact' (default): its expectation in closed form,
   * the Gauss-Newton matrix, which it equals for the losses of `nn` except Huber's.
   */
  readonly fisher?: 'exact' | 'sampled';
  /** η, the length of a step (1). */
  readonly learningRate?: number;
  /** First λ (default: the curvature along the first gradient, see `firstDamping`). */
  readonly damping?: number;
  /** Rows for the products of a step, drawn from those of the step (default: see `curvatureShare`; at most the objective's chunk). */
  readonly curvatureRows?: number;
  /** CG iterations at most (50). */
  readonly maxIterations?: number;
  /** ε of the relative progress at which CG ends (5e-4; see `CgTruncation`). */
  readonly tolerance?: number;
}

const naturalGradientOptions: OptionNames<NaturalGradientOptions> = {
  ...rowBatchOptions,
  batchSize: 1,
  fisher: 1,
  learningRate: 1,
  damping: 1,
  curvatureRows: 1,
  maxIterations: 1,
  tolerance: 1,
};

function settingsOf(options: NaturalGradientOptions) {
  const { learningRate = 1, damping, curvatureRows, maxIterations = 50, tolerance = 5e-4 } = options;
  return { learningRate, damping, curvatureRows, maxIterations, tolerance };
}

/** Targets for the rows, drawn from the model; null where its outputs are not finite. */
async function drawnFor(objective: Objective, at: Vector, rows: Rows, generator: Generator) {
  const { outputs } = await objective.run('outputs', (batch) => ({ outputs: batch.outputs }), at, rows);
  return allFinite(outputs!.data as Vector) ? objective.sample(outputs!, generator) : null;
}

/**
 * Natural gradient descent (Amari 1998): θ ← θ − η·d with (F + λI)·d = ∇f, solved by CG on the engine, F the Fisher matrix of the model's
 * predictive distribution, exact or sampled, plus the objective's weight decay; λ follows the gain ratio of the quadratic model on the
 * rows of the step (Martens 2020, section 6.1). A step that does not lower the loss of its rows is tried again with a larger λ. For models of
 * moderate size and a hundred gradients of all rows; not for a few passes over the data of a large one, where `kfac` takes its place.
 *
 * Cost a step: a gradient of the rows, up to `maxIterations` + 1 products on `curvatureRows` (less than two gradients of these rows
 * each) and one loss a trial; with sampled targets a forward pass of these rows. Memory: about 8 vectors.
 * @throws InputError when an option is out of its range, or (in a step) the objective has no outputs.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: naturalGradient(), epochs: 2 });
 */
export function naturalGradient(options: NaturalGradientOptions = {}): Optimizer<RegionState> {
  checkNames('naturalGradient', options, naturalGradientOptions);
  const settings = settingsOf(options);
  const { learningRate, damping, curvatureRows, maxIterations } = settings;
  const { fisher = 'exact' } = options;
  checkOptions('naturalGradient', { 'a finite number > 0': { damping, learningRate } });
  checkOptions('naturalGradient', { 'an integer ≥ 1': { curvatureRows, maxIterations } });
  const model = async (objective: Objective, at: Vector, _: Float64Array, generator: Generator) => {
    const { value, gradient } = await objective.valueAndGradient(at, allRows(objective.rows));
    if (!Number.isFinite(value) || !allFinite(gradient)) return { value, gradient };
    const rows = drawRows(objective, curvatureShare(curvatureRows, objective.rows, objective), generator);
    const targets = fisher === 'sampled' ? await drawnFor(objective, at, rows, generator) : undefined;
    if (targets === null) return { value, gradient };
    const propose = async (lambda: number): Promise<Proposal> => {
      const shift = lambda + objective.weightDecay;
      const system = {
        ...{ parameters: at, rows, damping: shift, ...(targets && { curvature: sampledFisherMatrix, targets }) },
        ...{ b: multiple(gradient, -1), inverse: like(at).fill(1) as Vector, start: like(at) },
      };
      const { iterates, iterations, modelValue } = await dampedSolve(objective, system, settings);
      const solution = iterates.at(-1)?.x ?? system.start;
      const slope = dotInOrder(gradient, solution);
      // modelValue = gᵀp + ½·pᵀ(F + λI)p.
      const square = 2 * (modelValue - slope) - lambda * dotInOrder(solution, solution);
      return {
        step: scaled(solution, learningRate),
        predicted: -learningRate * (slope + 0.5 * learningRate * square),
        details: { damping: lambda, cgIterations: iterations },
      };
    };
    return { value, gradient, propose, firstRegion: () => firstDamping(objective, at, rows, gradient) };
  };
  return regionMethod({
    name: 'Natural gradient',
    demand: engineDemand(maxIterations, curvatureRows, options.batchSize ?? 1000),
    settings: {
      ...{ fisher, ...settings },
      damping: damping ?? 'by curvature',
      curvatureRows: curvatureRows ?? 'an eighth',
    },
    region: damping ?? 0,
    rule: dampingRule,
    batchSize: options.batchSize ?? 1000,
    model,
  });
}
