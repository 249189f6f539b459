import { hasEigenbasis, type ModelGraph } from '../../curvature/kronecker/blocks.js';
import { eigenbases, eigenMoments } from '../../curvature/kronecker/eigenbasis.js';
import { type FactorOptions, kroneckerFactors } from '../../curvature/kronecker/factors.js';
import {
  dampedInverses,
  eigenPrecondition,
  factorInputs,
  factorViews,
  momentInputs,
  momentLayout,
  momentViews,
  namedFactors,
} from '../../curvature/kronecker/inverses.js';
import type { Vector } from '../../linalg/vectors.js';
import { checkNames } from '../../tensor/check-options.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';
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

/** `inverses` holds eigenvectors of the factors where a block has them on both sides. */
export interface EkfacState extends KfacState {
  /** Averages of the second moments of the gradient in the eigenbases, and the batches since the bases were renewed. */
  readonly moments: Vector;
  readonly measured: number;
}

type Programs = ReturnType<typeof kfacPrograms>;

/** Inverses for the blocks that have no eigenbases, in a vector for all. */
function otherInverses({ blocks, layout }: Programs, factors: Vector, damping: number): Vector | null {
  const others = { ...layout, slots: layout.slots.filter((s) => !hasEigenbasis(blocks[s.block]!)) };
  return dampedInverses(others, factors, Math.sqrt(damping));
}

/** Eigenbases, and inverses for the blocks that have none, in one vector. */
function renewBases(programs: Programs, factors: Vector, damping: number): Vector | null {
  const inverses = otherInverses(programs, factors, damping);
  return inverses && eigenbases(programs.layout, programs.blocks, factors, inverses);
}

/**
 * EKFAC (George et al. 2018): K-FAC with the second moments of the gradient, measured in the eigenbases of the Kronecker factors, in the
 * place of the products of their eigenvalues: U = U_G·[(U_Gᵀ·∇W·U_A) / (S + λ)]·U_Aᵀ. Step, momentum and λ are those of `kfac`, and
 * so are the options, with a `largestSide` of 512; bases are renewed every `inverseEvery` steps (about 9 n³ a side in float64: several times
 * the price of an inverse), moments with the factors. Blocks without two sides are treated as in `kfac`.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: ekfac({ damping: 1 }), epochs: 2 });
 */
export function ekfac(options: KroneckerOptions = {}): Optimizer<EkfacState> {
  checkNames('ekfac', options, kroneckerOptions);
  const settings = settingsOf('ekfac', options, 512);
  const { estimate, sharing, largestSide, factorEvery, inverseEvery } = settings;
  return kroneckerOptimizer('EKFAC', settings, (objective) => {
    const programs = kfacPrograms(objective, 'EKFAC', { estimate, sharing, largestSide }, settings.factorRows);
    const { blocks, layout } = programs;
    const places = momentLayout(blocks);
    const withoutBases = places.slots.length === 0;
    const dtype = (t: Vector): 'f32' | 'f64' => (t instanceof Float32Array ? 'f32' : 'f64');
    const measureFactors: MeasureGraph = (...given) => averageGraph(namedFactors(layout, kroneckerFactors(...given)));
    const measureMoments =
      (type: 'f32' | 'f64') =>
      (graph: ModelGraph, found: typeof blocks, given: FactorOptions): Record<string, Tensor> => {
        const moments = eigenMoments(graph, found, factorInputs(layout, 'basis.', type), given);
        return averageGraph(Object.fromEntries(places.slots.map(({ name, block }) => [name, moments[block]!])));
      };
    const learn = async (state: EkfacState, rows: Uint32Array, { generator }: StepContext) => {
      let { factors, inverses, averaged, moments, measured } = state;
      const at: Point = { theta: state.parameters, rows: rows.subarray(0, settings.factorRows) };
      const [refresh, renew] = [due(state, factorEvery), due(state, inverseEvery)];
      if (!refresh && !renew) return state;
      const sampled = await programs.sample(at, generator);
      if (refresh) {
        averaged += 1;
        const old = averageFeeds(factorViews(layout, factors, ''), keepShare(averaged, settings));
        const found = await programs.measure('factors', measureFactors, at, sampled, old);
        factors = collect(layout.slots, found, factors);
      }
      if (renew) {
        const bases = renewBases(programs, factors, state.damping + objective.weightDecay);
        if (bases === null) return null;
        inverses = bases;
        measured = 0;
      }
      if (withoutBases) return { ...state, factors, inverses, averaged };
      measured += 1;
      const feeds = factorViews(
        { ...layout, slots: layout.slots.filter((s) => hasEigenbasis(blocks[s.block]!)) },
        inverses,
        'basis.',
      );
      const old = averageFeeds(momentViews(places, moments, ''), keepShare(measured, settings));
      const found = await programs.measure('moments', measureMoments(dtype(moments)), at, sampled, {
        ...feeds,
        ...old,
      });
      moments = collect(places.slots, found, moments);
      return { ...state, factors, inverses, averaged, moments, measured };
    };
    const direction = (state: EkfacState, gradient: Vector, at: Point): Promise<Direction> => {
      const { inverses, moments, previous } = state;
      const damping = ndarray(dtype(moments), [state.damping + objective.weightDecay], []);
      const feeds = {
        ...factorViews(layout, inverses, 'inverse.'),
        ...momentViews(places, moments, 'moments.'),
        ...(!withoutBases && { 'step.damping': damping }),
      };
      return programs.direction(at, { gradient, previous, feeds }, (found, g, type) =>
        eigenPrecondition(
          found,
          g,
          factorInputs(layout, 'inverse.', type),
          momentInputs(places, found, 'moments.', type),
          input('step.damping', type, []),
        ),
      );
    };
    const damped = (learnt: EkfacState, damping: number): EkfacState | null => {
      const renewed = otherInverses(programs, learnt.factors, damping + objective.weightDecay);
      if (renewed === null) return null;
      for (const { offset, length, block } of layout.slots) {
        if (hasEigenbasis(blocks[block]!)) renewed.set(learnt.inverses.subarray(offset, offset + length), offset);
      }
      return { ...learnt, damping, inverses: renewed };
    };
    const init = (base: KfacState, zeros: (length: number) => Vector): EkfacState => ({
      ...base,
      moments: zeros(places.size),
      measured: 0,
    });
    return { programs, cubes: (order) => 9 * order ** 3, moments: 3, init, learn, direction, damped };
  });
}
