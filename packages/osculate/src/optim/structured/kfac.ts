import {
  dampedInverses,
  factorInputs,
  factorViews,
  kroneckerFactors,
  namedFactors,
  precondition,
} from '../../curvature/index.js';
import type { Vector } from '../objective.js';
import type { Optimizer, StepContext } from '../optimizer.js';
import {
  average,
  due,
  type KfacOptions,
  type KfacState,
  keepShare,
  kroneckerOptimizer,
  settingsOf,
} from './kfac-method.js';
import { type Direction, kfacPrograms, type Point } from './kfac-programs.js';

/**
 * K-FAC (Martens and Grosse 2015): the gradient is preconditioned by U = G⁻¹·∇W·A⁻¹ layer by layer, with Kronecker factors of the
 * Fisher matrix (targets sampled from the model) averaged over batches and damped by π-split √λ; the length of the step and its
 * momentum minimise the quadratic model with exact Gauss-Newton products over the span of −U and the last step; λ follows the
 * reduction ratio. The layers are found in the graph: nothing is registered. Parameters without Kronecker structure get a full
 * block or a diagonal (see `kroneckerBlocks`).
 *
 * Cost a step: one gradient of `batchSize` rows, one backward pass and the products of the factors on `factorRows`, a forward pass and
 * two JVPs on `modelRows`, and two products of the sides of every weight matrix; every `inverseEvery` steps n³ a side in float64.
 * A step with a loss, gradient or model that is not finite is rejected: the last step is taken back and λ raised.
 */
export function kfac(options: KfacOptions): Optimizer<KfacState> {
  const settings = settingsOf(options);
  const { estimate, sharing, factorEvery, inverseEvery } = settings;
  const programs = kfacPrograms(options, { estimate, sharing }, settings.factorRows);
  const { layout } = programs;
  const learn = async (state: KfacState, rows: Uint32Array, { objective, generator }: StepContext) => {
    let { factors, inverses, averaged } = state;
    const at: Point = { objective, theta: state.parameters, rows: rows.subarray(0, settings.factorRows) };
    if (due(state, factorEvery)) {
      averaged += 1;
      const build = (...given: Parameters<typeof kroneckerFactors>) => namedFactors(layout, kroneckerFactors(...given));
      const found = await programs.measure('kfac factors', build, at, await programs.sample(at, generator));
      factors = average(layout.slots, factors, found, keepShare(averaged, settings));
    }
    if (due(state, inverseEvery)) {
      const renewed = dampedInverses(layout, factors, Math.sqrt(state.damping + objective.weightDecay));
      if (renewed === null) return null;
      inverses = renewed;
    }
    return { ...state, factors, inverses, averaged };
  };
  const direction = ({ inverses, previous }: KfacState, gradient: Vector, at: Point): Promise<Direction> => {
    const feeds = factorViews(layout, inverses, 'inverse.');
    return programs.direction(at, { gradient, previous, feeds }, (blocks, g, dtype) =>
      precondition(blocks, g, factorInputs(layout, 'inverse.', dtype)),
    );
  };
  return kroneckerOptimizer({ name: 'K-FAC', programs, init: (base) => base, learn, direction }, settings);
}
