import { grad } from '../../autodiff/index.js';
import type { Rows } from '../../data/source.js';
import { like, type Vector } from '../../linalg/vectors.js';
import type { Batch, Objective } from '../../objective/objective.js';
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
  type Segment,
} from '../first-order/gradient-method.js';
import type { Optimizer } from '../optimizer.js';
import { hessianProbe } from './hessian-probe.js';

/** Learning rate 1e-3 (1e-4 in the authors' code for GPT-2), weight decay 0.1. */
export interface SophiaOptions extends GradientOptions {
  /** Decay rates of the momentum and of the curvature (default 0.965, 0.99). */
  readonly betas?: readonly [number, number];
  /** Updates between estimates of the curvature (default 10). */
  readonly interval?: number;
}

const sophiaOptions: OptionNames<SophiaOptions> = { ...gradientOptions, betas: 1, interval: 1 };

interface Own {
  readonly momentum: Vector;
  /** EMA of the estimates of the curvature's diagonal. */
  readonly curvature: Vector;
}

export type SophiaState = GradientState<Own>;

/** What distinguishes the two Sophias. */
export interface SophiaKind {
  readonly name: string;
  readonly settings: Readonly<Record<string, number | string>>;
  /** The step's denominator is max(scale·h, least). */
  readonly scale: number;
  readonly least: number;
  /** An estimate of the diagonal of the curvature, for the EMA. */
  estimate(move: GradientMove<Own>): Promise<Vector>;
}

function mixed(old: Vector, estimate: Vector, keep: number): Vector {
  const out = like(old);
  for (let i = 0; i < out.length; i++) out[i] = keep * old[i]! + (1 - keep) * estimate[i]!;
  return out;
}

interface Pass extends Segment, Own {
  readonly gradient: Vector;
  readonly old: Vector;
  readonly before: Vector;
  /** To be written, as `momentum` is. */
  readonly parameters: Vector;
  readonly beta: number;
}

/** θ ← (1 − ηλ)θ − η·sign(m)·min(1, |m|/max(scale·h, least)); returns how many coordinates were not clipped. */
function sophiaPass(pass: Pass, { scale, least }: SophiaKind): number {
  const { from, to, gradient, old, before, beta, curvature, momentum, parameters, rate, decay } = pass;
  const shrink = 1 - rate * decay;
  let unclipped = 0;
  for (let i = from; i < to; i++) {
    const m = beta * before[i]! + (1 - beta) * gradient[i]!;
    const ratio = m / Math.max(scale * curvature[i]!, least);
    if (Math.abs(ratio) < 1) unclipped++;
    momentum[i] = m;
    parameters[i] = shrink * old[i]! - rate * Math.max(-1, Math.min(1, ratio));
  }
  return unclipped;
}

/**
 * Sophia (Liu et al. 2024) around an estimate of the diagonal curvature h that is renewed every `interval` updates, from the first
 * on: m ← β₁m + (1 − β₁)g, h ← β₂h + (1 − β₂)ĥ, without bias correction. `winRate` in the details is the share of coordinates
 * that the clipping at 1 left alone; 0.1 to 0.5 is healthy.
 */
export function sophiaMethod(kind: SophiaKind, options: SophiaOptions): Optimizer<SophiaState> {
  const { betas: [beta, keep] = [0.965, 0.99] as const, interval = 10 } = options;
  checkOptions(kind.name, { 'an integer ≥ 1': { interval }, 'a number from 0 to 1': { beta1: beta, beta2: keep } });
  const move = async (context: GradientMove<Own>) => {
    const { state, gradient, segments, update } = context;
    let { curvature } = state;
    if ((update - 1) % interval === 0) {
      const estimate = await kind.estimate(context);
      if (finiteSquaredNorm(estimate) === undefined) return undefined;
      curvature = mixed(curvature, estimate, keep);
    }
    const own = { momentum: like(gradient), curvature };
    const parameters = like(gradient);
    const { parameters: old, momentum: before } = state;
    let unclipped = 0;
    for (const segment of segments) {
      unclipped += sophiaPass({ ...segment, ...own, gradient, old, before, parameters, beta }, kind);
    }
    return { parameters, own, details: { winRate: unclipped / gradient.length } };
  };
  return gradientMethod<Own>(
    {
      name: kind.name,
      defaults: { learningRate: 1e-3, weightDecay: 0.1 },
      settings: { beta1: beta, beta2: keep, interval, ...kind.settings },
      demand: () => ({ vectors: 11, programs: 3, gradients: 1 + 2 / interval }),
      init: (parameters) => ({ momentum: like(parameters), curvature: like(parameters) }),
      move,
    },
    options,
  );
}

export interface SophiaHOptions extends SophiaOptions {
  /** γ (default 0.01): the larger, the fewer coordinates are clipped. */
  readonly gamma?: number;
}

const sophiaHOptions: OptionNames<SophiaHOptions> = { ...sophiaOptions, gamma: 1 };

/**
 * Sophia-H (Liu et al. 2024): steps η·sign(m)·min(1, |m|/max(γ·h, 1e-8)) with decoupled weight decay, h the EMA of Hutchinson's
 * estimate z∘(H·z) of the Hessian's diagonal, z standard normal. Where h is negative the step is that of the sign.
 * Cost: one gradient of a mini-batch a step, about two more every `interval` steps; memory 2 n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: sophiaH({ interval: 5 }), epochs: 2 });
 */
export function sophiaH(options: SophiaHOptions = {}): Optimizer<SophiaState> {
  checkNames('sophiaH', options, sophiaHOptions);
  const { gamma = 0.01 } = options;
  return sophiaMethod(
    {
      name: 'Sophia-H',
      settings: { gamma },
      scale: gamma,
      least: 1e-8,
      estimate: ({ objective, state, rows, generator }) => {
        const z = like(state.parameters);
        for (let i = 0; i < z.length; i++) z[i] = generator.normal();
        return hessianProbe(objective, state.parameters, rows, z);
      },
    },
    options,
  );
}

export interface SophiaGOptions extends SophiaOptions {
  /** ρ (default 0.04): the larger, the fewer coordinates are clipped. */
  readonly rho?: number;
}

const sophiaGOptions: OptionNames<SophiaGOptions> = { ...sophiaOptions, rho: 1 };

/**
 * Sophia-G (Liu et al. 2024): steps η·sign(m)·min(1, |m|/max(ρ·h, 1e-15)) with decoupled weight decay, h the EMA of B·ĝ², where ĝ is
 * a gradient for labels drawn from the model and B their number (the loss's normalizer), so that h estimates the diagonal of the
 * Gauss-Newton matrix. Their code keeps ĝ² and has B (their "bs") and a sum instead of the maximum in the step: the same to 1e-15.
 * Cost: one gradient of a mini-batch a step, a forward pass and a gradient more every `interval` steps; memory 2 n.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: sophiaG({ interval: 5 }), epochs: 2 });
 */
export function sophiaG(options: SophiaGOptions = {}): Optimizer<SophiaState> {
  checkNames('sophiaG', options, sophiaGOptions);
  const { rho = 0.04 } = options;
  return sophiaMethod(
    {
      name: 'Sophia-G',
      settings: { rho },
      scale: rho,
      least: 1e-15,
      estimate: async ({ objective, state, rows, generator }) => {
        const { gradient, normalizer } = await sampledGradient(objective, state.parameters, rows, generator);
        for (let i = 0; i < gradient.length; i++) gradient[i] = normalizer * gradient[i]! * gradient[i]!;
        return gradient;
      },
    },
    options,
  );
}

/** A gradient for labels drawn from the model, and m: the loss of these rows is a sum of log-likelihoods divided by m. */
export interface SampledGradient {
  readonly gradient: Vector;
  readonly normalizer: number;
}

/**
 * The gradient of the loss (without the weight decay) for labels drawn from the model's own predictions ("Gauss-Newton-Bartlett",
 * Liu et al. 2024): m·ĝ² is an unbiased estimate of the diagonal of the Gauss-Newton matrix. Cost: one forward pass and one gradient
 * of the rows. @throws InputError when the outputs are not finite.
 */
export async function sampledGradient(
  objective: Objective,
  at: Vector,
  rows: Rows,
  generator: Generator,
): Promise<SampledGradient> {
  const { layout } = objective;
  const gradient = like(at);
  let normalizer = 0;
  for (const part of chunks(rows, objective.chunk)) {
    const { outputs } = await objective.run('outputs', (batch) => ({ outputs: batch.outputs }), at, part);
    const drawn = objective.sample(outputs!, generator);
    const score = (batch: Batch) => ({ gradient: grad(batch.score, batch.weights, { unreachable: 'zero' }) });
    const results = await objective.run('gradient for drawn targets', score, at, part, drawn);
    const sum = layout.gather(results, 'gradient.') as Vector;
    const share = part.length / rows.length;
    for (let i = 0; i < gradient.length; i++) gradient[i]! += share * sum[i]!;
    normalizer += objective.batch(part.length).normalizer;
  }
  return { gradient, normalizer };
}
