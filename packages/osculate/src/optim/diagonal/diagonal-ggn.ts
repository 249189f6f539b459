import type { Rows } from '../../data/source.js';
import { allFinite, like, type Vector } from '../../linalg/vectors.js';
import { inNesting, weightsOf } from '../../objective/matrices.js';
import type { Batch, Objective } from '../../objective/objective.js';
import { squaredRowGradients } from '../../objective/row-squares.js';
import { chunks } from '../../objective/rows.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import type { Generator } from '../../tensor/random.js';
import {
  finiteSquaredNorm,
  type GradientMove,
  type GradientOptions,
  type GradientState,
  gradientMethod,
  gradientOptions,
  type Pass,
} from '../first-order/gradient-method.js';
import type { Optimizer } from '../optimizer.js';

/**
 * An unbiased estimate of the diagonal of the Gauss-Newton matrix of the loss over the rows (DiagGGN-MC of Dangel, Kunstner and Hennig
 * 2020): m/B·Σ ĝᵢ² over the B examples, ĝᵢ the gradient of the loss of example i alone for a label drawn from the model, whose
 * normalizer is m. The objective's weight decay is not in it. Undefined where the outputs are not finite.
 */
export async function sampledSquares(
  objective: Objective,
  at: Vector,
  rows: Rows,
  generator: Generator,
): Promise<Vector | undefined> {
  const estimate = like(at);
  for (const part of chunks(rows, objective.chunk)) {
    const { outputs } = await objective.run('outputs', (batch) => ({ outputs: batch.outputs }), at, part);
    if (!allFinite(outputs!.data as Vector)) return undefined;
    const drawn = objective.sample(outputs!, generator);
    const squares = (batch: Batch) => ({
      squares: inNesting(
        batch,
        squaredRowGradients(batch, ({ score }) => score, weightsOf(batch)),
      ),
    });
    const results = await objective.run('squares for drawn targets', squares, at, part, drawn);
    const sum = objective.layout.gather(results, 'squares.') as Vector;
    const factor = objective.batch(part.length).normalizer / part.length / rows.length;
    for (let i = 0; i < estimate.length; i++) estimate[i]! += factor * sum[i]!;
  }
  return estimate;
}

/** Learning rate 0.1. */
export interface DiagonalGgnOptions extends GradientOptions {
  /** Decay rates of the momentum and of the curvature (default 0.9, 0.95). */
  readonly betas?: readonly [number, number];
  /** λ > 0 in units of the curvature, which scale with the loss (default 0.1). */
  readonly damping?: number;
  /** Updates between estimates of the curvature (default 1). */
  readonly interval?: number;
}

const diagonalGgnOptions: OptionNames<DiagonalGgnOptions> = { ...gradientOptions, betas: 1, damping: 1, interval: 1 };

interface Own {
  readonly momentum: Vector;
  /** EMA of the estimates of the Gauss-Newton matrix's diagonal. */
  readonly curvature: Vector;
}

export type DiagonalGgnState = GradientState<Own>;

interface DiagonalPass extends Pass<'momentum'> {
  readonly curvature: Vector;
  /** 1/(1 − β₂ᵏ) after k estimates. */
  readonly correction: number;
  /** λ with the objective's weight decay. */
  readonly shift: number;
}

function diagonalPass(pass: DiagonalPass, beta: number): void {
  const { from, to, gradient, old, parameters, before, after, update, rate, decay, curvature, correction, shift } =
    pass;
  const [{ momentum: earlier }, { momentum }] = [before, after];
  const step = rate / (1 - beta ** update);
  const shrink = 1 - rate * decay;
  for (let i = from; i < to; i++) {
    const m = beta * earlier[i]! + (1 - beta) * gradient[i]!;
    momentum[i] = m;
    parameters[i] = shrink * old[i]! - (step * m) / (correction * curvature[i]! + shift);
  }
}

/**
 * Gradient descent preconditioned with the damped diagonal h of the Gauss-Newton matrix: m ← β₁m + (1 − β₁)g, h ← β₂h + (1 − β₂)ĥ,
 * θ ← (1 − ηw)θ − η·m̂/(ĥ + λ), both averages bias-corrected, as in Adam but without the root; the objective's own weight decay is
 * added to λ. ĥ is the Monte Carlo estimate from squares of the gradients of single examples for one label each, drawn from the
 * model's predictions (DiagGGN-MC of Dangel, Kunstner and Hennig 2020), every `interval` updates on the rows of the gradient:
 * unbiased where examples do not enter each other's outputs.
 *
 * Cost: a gradient of a mini-batch a step; an estimate costs a forward pass and, for dense layers, a gradient more; for other
 * parameters one gradient an example is held in memory. Memory 2 n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: diagonalGgn({ damping: 0.1 }), epochs: 2 });
 */
export function diagonalGgn(options: DiagonalGgnOptions = {}): Optimizer<DiagonalGgnState> {
  checkNames('diagonalGgn', options, diagonalGgnOptions);
  const { betas: [beta, keep] = [0.9, 0.95] as const, damping = 0.1, interval = 1 } = options;
  checkOptions('diagonalGgn', {
    'a number > 0': { damping },
    'an integer ≥ 1': { interval },
    'a number from 0 to below 1': { beta1: beta, beta2: keep },
  });
  const renewed = async ({ state, objective, rows, generator }: GradientMove<Own>): Promise<Vector | undefined> => {
    const estimate = await sampledSquares(objective, state.parameters, rows, generator);
    if (estimate === undefined || finiteSquaredNorm(estimate) === undefined) return undefined;
    for (let i = 0; i < estimate.length; i++) {
      estimate[i] = keep * state.curvature[i]! + (1 - keep) * estimate[i]!;
    }
    return estimate;
  };
  const move = async (context: GradientMove<Own>) => {
    const { state, objective, gradient, segments, update } = context;
    const curvature = (update - 1) % interval === 0 ? await renewed(context) : state.curvature;
    if (curvature === undefined) return undefined;
    const own = { momentum: like(gradient), curvature };
    const correction = 1 / (1 - keep ** Math.ceil(update / interval));
    const shift = damping + objective.weightDecay;
    const parameters = like(gradient);
    const all = { update, gradient, old: state.parameters, parameters, before: state, after: own };
    for (const segment of segments) diagonalPass({ ...segment, ...all, curvature, correction, shift }, beta);
    return { parameters, own };
  };
  return gradientMethod<Own>(
    {
      name: 'Diagonal GGN',
      defaults: { learningRate: 0.1 },
      settings: { beta1: beta, beta2: keep, damping, interval },
      demand: () => ({ vectors: 11, programs: 2, gradients: 1 + 2 / interval }),
      init: (parameters) => ({ momentum: like(parameters), curvature: like(parameters) }),
      move,
    },
    options,
  );
}
