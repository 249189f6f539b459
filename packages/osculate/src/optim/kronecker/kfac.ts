import { kroneckerFactors } from '../../curvature/kronecker/factors.js';
import {
  dampedInverses,
  factorInputs,
  factorViews,
  namedFactors,
  precondition,
} from '../../curvature/kronecker/inverses.js';
import type { Vector } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { Optimizer, StepContext } from '../optimizer.js';
import { due, type KfacState, type KroneckerOptions, keepShare, kroneckerOptions, settingsOf } from './options.js';
import {
  averageFeeds,
  averageGraph,
  collect,
  type Direction,
  kfacPrograms,
  type MeasureGraph,
  type Point,
} from './programs.js';
import { kroneckerOptimizer } from './step.js';

/** How K-FAC steps. */
export interface KfacOptions extends KroneckerOptions {
  /**
   * Steps between adaptations of γ, a multiple of `inverseEvery` (default 0: γ = √(λ + weight decay) at all times; 20 in the paper).
   */
  readonly gammaEvery?: number;
}

const kfacOptions: OptionNames<KfacOptions> = { ...kroneckerOptions, gammaEvery: 1 };

/** γ is tried times this for every step between two of its adaptations, and divided by it. */
const gammaRatio = Math.sqrt(19 / 20);

/** @throws InputError unless inverses are renewed where γ is adapted. */
function gammaInterval({ gammaEvery = 0 }: KfacOptions, inverseEvery: number): number {
  if (Number.isInteger(gammaEvery) && gammaEvery >= 0 && gammaEvery % inverseEvery === 0) return gammaEvery;
  throw new InputError(
    `kfac: gammaEvery is ${gammaEvery}; it must be a multiple of inverseEvery (${inverseEvery}), or 0 for no adaptation`,
  );
}

/**
 * K-FAC (Martens and Grosse 2015): the gradient is preconditioned by U = G⁻¹·∇W·A⁻¹ layer by layer, with Kronecker factors of the Fisher
 * matrix (targets sampled from the model) averaged over batches and damped by π-split √λ; the length of the step and its momentum minimise
 * the quadratic model with exact Gauss-Newton products over the span of −U and the last step; λ follows the reduction ratio. Unless it is
 * given, the first λ is found in the first step: of a series 10ᵏ it is the one after whose step the loss is least on a second batch, at the
 * price of a direction, a forward pass and inverses of blocks of at most 512 each; of five values at most where sides are longer. The layers are found in the graph: nothing is registered. Parameters without
 * Kronecker structure get a full block or a diagonal (see `kroneckerBlocks`).
 *
 * With `gammaEvery` γ starts at √(λ + weight decay) and is chosen every T = gammaEvery steps among γ·{ω, 1, 1/ω}, ω = √(19/20)^T, by the
 * decrease that the quadratic model promises (section 6.6): three inversions and three directions in such a step. A rejected step starts it
 * again.
 *
 * Cost a step: one gradient of `batchSize` rows, one backward pass and the products of the factors on `factorRows`, two forward passes and two
 * JVPs on `modelRows`, and two products of the sides of every weight matrix; every `inverseEvery` steps n³ a side in float64 (n·largestSide² a
 * longer one). Where the rows of the model do not stand for the batch (see `bestProposal`), the JVPs and products are done on the whole batch too.
 *
 * A step looks at where it leads before it is made. Where every step sees all the data, the loss must not rise there, and its gradient is that of
 * the next step; otherwise it must not rise, on the rows of the model, or of the batch in the steps that adapt λ, by more than it was to fall. What
 * fails, or is not finite, is tried again with λ raised by 4, 16, 64 … and new inverses, at the price of a gradient, six times at most.
 *
 * A step that starts from a loss that is not finite is rejected: the last step is taken back and λ raised. So is one that finds the
 * loss above those of the last ten steps and, on the same mini-batch, risen through the last step by more than the model promised that it
 * would fall; it costs a forward pass to tell, where the first is so.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: kfac({ damping: 1 }), epochs: 2 });
 */
export function kfac(options: KfacOptions = {}): Optimizer<KfacState> {
  checkNames('kfac', options, kfacOptions);
  const settings = settingsOf('kfac', options, 1024);
  const { estimate, sharing, largestSide, factorEvery, inverseEvery } = settings;
  const gammaEvery = gammaInterval(options, inverseEvery);
  return kroneckerOptimizer('K-FAC', { ...settings, gammaEvery }, (objective) => {
    const programs = kfacPrograms(objective, 'K-FAC', { estimate, sharing, largestSide }, settings.factorRows);
    const { layout } = programs;
    const gammaOf = ({ gamma, damping }: KfacState): number =>
      gammaEvery > 0 && gamma > 0 ? gamma : Math.sqrt(damping + objective.weightDecay);
    const measureFactors: MeasureGraph = (...given) => averageGraph(namedFactors(layout, kroneckerFactors(...given)));
    const learn = async (state: KfacState, rows: Uint32Array, { generator }: StepContext) => {
      let { factors, inverses, averaged, gamma } = state;
      const at: Point = { theta: state.parameters, rows: rows.subarray(0, settings.factorRows) };
      if (due(state, factorEvery)) {
        averaged += 1;
        const old = averageFeeds(factorViews(layout, factors, ''), keepShare(averaged, settings));
        const found = await programs.measure('factors', measureFactors, at, await programs.sample(at, generator), old);
        factors = collect(layout.slots, found, factors);
      }
      if (due(state, inverseEvery)) {
        const renewed = dampedInverses(layout, factors, gammaOf(state));
        if (renewed === null) return null;
        if (gammaEvery > 0) gamma = gammaOf(state);
        inverses = renewed;
      }
      return { ...state, factors, inverses, averaged, gamma };
    };
    const direction = ({ inverses, previous }: KfacState, gradient: Vector, at: Point): Promise<Direction> => {
      const feeds = factorViews(layout, inverses, 'inverse.');
      return programs.direction(at, { gradient, previous, feeds }, (blocks, g, dtype) =>
        precondition(blocks, g, factorInputs(layout, 'inverse.', dtype)),
      );
    };
    const damped = (learnt: KfacState, damping: number, width?: number): KfacState | null => {
      const gamma = Math.sqrt(damping + objective.weightDecay);
      const inverses = dampedInverses(layout, learnt.factors, gamma, width);
      return inverses && { ...learnt, damping, inverses, gamma: gammaEvery > 0 ? gamma : learnt.gamma };
    };
    const candidates = (learnt: KfacState): readonly KfacState[] => {
      if (gammaEvery === 0 || learnt.step === 0 || learnt.step % gammaEvery !== 0) return [learnt];
      const ratio = gammaRatio ** gammaEvery;
      const others = [learnt.gamma * ratio, learnt.gamma / ratio].flatMap((gamma) => {
        const inverses = dampedInverses(layout, learnt.factors, gamma);
        return inverses === null ? [] : [{ ...learnt, gamma, inverses }];
      });
      return [learnt, ...others];
    };
    return { programs, cubes: (order) => 2 * order ** 3, init: (base) => base, learn, direction, damped, candidates };
  });
}
