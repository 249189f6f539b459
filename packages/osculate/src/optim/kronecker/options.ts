import type { FactorEstimate, WeightSharing } from '../../curvature/kronecker/factors.js';
import type { Vector } from '../../linalg/vectors.js';
import { checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { OptimizerState } from '../optimizer.js';

/** Options that K-FAC and EKFAC share. */
export interface KroneckerOptions {
  /** Rows a step (default 1000). */
  readonly batchSize?: number;
  /** Rows of the batch for the factors (default half of it, and at least 64 or the whole batch): fewer measure no curvature that a step could trust. */
  readonly factorRows?: number;
  /**
   * Rows of the batch for the products of the quadratic model (default an eighth of it, and at least 64 or the whole batch). Where they do
   * not stand for the batch, the model is made again of the whole batch: see `bestProposal`.
   */
  readonly modelRows?: number;
  /** Initial λ (default: by a short trial in the first step, see `kfac`; 150 in the paper, whose losses are sums over 784 pixels). */
  readonly damping?: number;
  /** Steps between updates of the factors (default 10); they are also updated in the first three steps. */
  readonly factorEvery?: number;
  /** Steps between updates of the inverses of the factors (default 20); they are also updated in the first three steps. */
  readonly inverseEvery?: number;
  /** Steps between adaptations of λ (default 5; 0: λ stays). */
  readonly dampingEvery?: number;
  /** Largest share of the old factors in the average, a step: min(1 − 1/k, decay^factorEvery) after k updates (default 0.95). */
  readonly decay?: number;
  /**
   * Keeps θ̄ ← ξ·θ̄ + (1 − ξ)·θ with ξ = min(1 − 1/k, average) after k steps in the state's `average` (default: not kept; 0.99 in the
   * paper).
   */
  readonly average?: number;
  /**
   * The step, counted from 1, at which the batch has grown exponentially from `batchSize` to the whole data (default 0: it does not
   * grow; 500 in the paper). Rows of the factors and of the model stay.
   */
  readonly wholeDataAt?: number;
  /**
   * Longest side of a weight matrix whose factor is kept whole (default 1024; 512 for `ekfac`): of a longer one blocks on the diagonal are, as
   * equal as can be, and what lies between them is taken as zero. The whole would cost n³ where they cost n·largestSide². The report of the
   * first step names the sides in its details, with the number of their blocks.
   */
  readonly largestSide?: number;
  /** Whose curvature the factors are of: by default 'sampled', the true Fisher matrix. */
  readonly estimate?: FactorEstimate;
  /** How weights shared over time, tokens or patches are treated (default 'expand'). */
  readonly sharing?: WeightSharing;
}

export const kroneckerOptions: OptionNames<KroneckerOptions> = {
  batchSize: 1,
  factorRows: 1,
  modelRows: 1,
  damping: 1,
  factorEvery: 1,
  inverseEvery: 1,
  dampingEvery: 1,
  decay: 1,
  average: 1,
  wholeDataAt: 1,
  largestSide: 1,
  estimate: 1,
  sharing: 1,
};

export interface KfacState extends OptimizerState {
  /** λ; 0 before the trial that finds it. */
  readonly damping: number;
  /** γ that the factors are damped by; 0 for √(λ + weight decay). */
  readonly gamma: number;
  /** Average of the iterates, when the options ask for it. */
  readonly average?: Vector;
  /** Averages of all factors, and the inverses of the damped factors, in the order of their layout. */
  readonly factors: Vector;
  readonly inverses: Vector;
  /** Batches that the averages are made of. */
  readonly averaged: number;
  /** The last step δ, and what its model promised: M(δ) − M(0), 0 when there is no last step. */
  readonly previous: Vector;
  readonly promised: number;
  /** The mini-batch losses of the last accepted steps. */
  readonly losses: Float64Array;
}

export interface KfacSettings {
  readonly batchSize: number;
  readonly factorRows: number;
  readonly modelRows: number;
  /** 0: by a trial. */
  readonly damping: number;
  readonly factorEvery: number;
  readonly inverseEvery: number;
  readonly dampingEvery: number;
  readonly decay: number;
  /** 0 when the iterates are not averaged. */
  readonly average: number;
  readonly wholeDataAt: number;
  readonly largestSide: number;
  readonly estimate: FactorEstimate;
  readonly sharing: WeightSharing;
}

/** In the first steps the averages change too fast for old inverses. */
const firstInverses = 3;

/** Fewest rows that curvature is measured on by default. */
const fewestRows = 64;
const shareOf = (batchSize: number, parts: number): number =>
  Math.max(Math.ceil(batchSize / parts), Math.min(batchSize, fewestRows));

/** @throws InputError for an option out of range, in the name of the method. */
export function settingsOf(method: string, options: KroneckerOptions, longest: number): KfacSettings {
  const { largestSide = longest } = options;
  const { average, wholeDataAt = 0, factorRows, modelRows, factorEvery, inverseEvery, dampingEvery, decay } = options;
  checkOptions(method, {
    'a number from 0 to below 1': { average },
    'an integer ≥ 1': { batchSize: options.batchSize, factorRows, modelRows, factorEvery, inverseEvery, largestSide },
    'an integer ≥ 0': { dampingEvery },
    'a number > 0': { damping: options.damping },
    'a number from 0 to 1': { decay },
  });
  if (wholeDataAt !== 0 && !(Number.isInteger(wholeDataAt) && wholeDataAt > 1)) {
    throw new InputError(
      `${method}: wholeDataAt is ${wholeDataAt}; it must be a step after the first, or 0 for no growth`,
    );
  }
  const batchSize = options.batchSize ?? 1000;
  return {
    batchSize,
    factorRows: factorRows ?? shareOf(batchSize, 2),
    modelRows: modelRows ?? shareOf(batchSize, 8),
    damping: options.damping ?? 0,
    factorEvery: factorEvery ?? 10,
    inverseEvery: inverseEvery ?? 20,
    dampingEvery: dampingEvery ?? 5,
    decay: decay ?? 0.95,
    average: average ?? 0,
    wholeDataAt,
    largestSide,
    estimate: options.estimate ?? 'sampled',
    sharing: options.sharing ?? 'expand',
  };
}

/** The share of the old average after k batches. */
export function keepShare(k: number, { decay, factorEvery }: KfacSettings): number {
  return Math.min(1 - 1 / k, decay ** factorEvery);
}

/** Whether something is due: in the first steps, and then every so many. */
export function due({ averaged, step }: KfacState, every: number): boolean {
  return averaged < firstInverses || step % every === 0;
}

/**
 * Rows of the batch of step k, counted from 1: m₁·(N/m₁)^((k − 1)/(K − 1)) of N, all of them from step K on (Martens and Grosse 2015,
 * section 13, with m₁ = 1000 and K = 500). It is rounded down to a multiple of m₁, since every other size is another program. K = 0: m₁.
 */
export function batchSizeAt(k: number, first: number, rows: number, wholeAt: number): number {
  if (wholeAt === 0 || first >= rows) return first;
  if (k >= wholeAt) return rows;
  return first * Math.floor((rows / first) ** ((k - 1) / (wholeAt - 1)));
}
