import { like, type Vector } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import type { Optimizer } from '../optimizer.js';
import {
  compiledPass,
  elementwiseMethod,
  type GradientMove,
  type GradientOptions,
  type GradientState,
  gradientMethod,
  gradientOptions,
  type Pass,
} from './gradient-method.js';

export interface AdamSettings {
  /** Decay rates of the two moments. */
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Decay of the weights by rate·decay·θ (AdamW) instead of decay·θ in the gradient. */
  readonly decoupled: boolean;
}

/** m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η·m̂/(√v̂ + ε), with the decay of the weights in either form. */
export function adamPass(pass: Pass<'first' | 'second'>, { betas: [b1, b2], epsilon, decoupled }: AdamSettings): void {
  const { from, to, gradient, old, parameters, before, after, update, rate, decay } = pass;
  const { first: oldFirst, second: oldSecond } = before;
  const { first, second } = after;
  const step = rate / (1 - b1 ** update);
  const correction = 1 / Math.sqrt(1 - b2 ** update);
  const [coupled, shrink] = decoupled ? [0, 1 - rate * decay] : [decay, 1];
  const settings = [coupled, b1, 1 - b1, b2, 1 - b2, shrink, step, correction, epsilon];
  if (compiledPass('adamSingle', pass, ['first', 'second'], settings)) return;
  for (let i = from; i < to; i++) {
    const p = old[i]!;
    const g = gradient[i]! + coupled * p;
    const m = b1 * oldFirst[i]! + (1 - b1) * g;
    const v = b2 * oldSecond[i]! + (1 - b2) * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] = shrink * p - (step * m) / (Math.sqrt(v) * correction + epsilon);
  }
}

/** Learning rate 1e-3. */
export interface AdamOptions extends GradientOptions {
  /** Decay rates of the two moments (default 0.9, 0.999). */
  readonly betas?: readonly [number, number];
  /** ε, added to the root (default 1e-8). */
  readonly epsilon?: number;
}

export const adamOptions: OptionNames<AdamOptions> = { ...gradientOptions, betas: 1, epsilon: 1 };

export type AdamState = GradientState<{ readonly first: Vector; readonly second: Vector }>;

/**
 * Adam (Kingma and Ba 2015): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ − η·m̂/(√v̂ + ε) with bias-corrected m̂, v̂; weight
 * decay is added to g. One gradient of a mini-batch a step; memory 2 n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: adam({ learningRate: 0.01 }), epochs: 2 });
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  checkNames('adam', options, adamOptions);
  const { betas = [0.9, 0.999] as const, epsilon = 1e-8 } = options;
  return elementwiseMethod(
    {
      name: 'Adam',
      defaults: { learningRate: 1e-3 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon },
      vectors: ['first', 'second'],
      pass: (pass) => adamPass(pass, { betas, epsilon, decoupled: false }),
    },
    options,
  );
}

/**
 * AdamW (Loshchilov and Hutter 2019): Adam whose weight decay λ (default 0.01) does not pass through the moments:
 * θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε). One gradient of a mini-batch a step; memory 2 n beside the parameters.
 * @example
 * const optimizer = adamW({ schedule: cosine(1000), weightDecay: 0.1, groups: [{ names: /bias$/, weightDecay: 0 }] });
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer, epochs: 2 });
 */
export function adamW(options: AdamOptions = {}): Optimizer<AdamState> {
  checkNames('adamW', options, adamOptions);
  const { betas = [0.9, 0.999] as const, epsilon = 1e-8 } = options;
  return elementwiseMethod(
    {
      name: 'AdamW',
      defaults: { learningRate: 1e-3, weightDecay: 0.01 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon },
      vectors: ['first', 'second'],
      pass: (pass) => adamPass(pass, { betas, epsilon, decoupled: true }),
    },
    options,
  );
}

/** Learning rate 2e-3. */
export interface NadamOptions extends AdamOptions {
  /** ψ in β₁·(1 − ½·0.96^(ψt)), the momentum of update t (default 0.004). */
  readonly momentumDecay?: number;
}

const nadamOptions: OptionNames<NadamOptions> = { ...adamOptions, momentumDecay: 1 };

interface Own {
  readonly first: Vector;
  readonly second: Vector;
  /** Product of the momenta of all updates so far. */
  readonly momenta: number;
}

export type NadamState = GradientState<Own>;

interface Coefficients {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Of g and of m in the step. */
  readonly ofGradient: number;
  readonly ofMomentum: number;
}

function nadamPass(pass: Pass<'first' | 'second'>, coefficients: Coefficients): void {
  const { from, to, gradient, old, parameters, before, after, update, rate, decay } = pass;
  const { first: oldFirst, second: oldSecond } = before;
  const { first, second } = after;
  const { betas, epsilon, ofGradient, ofMomentum } = coefficients;
  const [b1, b2] = betas;
  const correction = 1 / Math.sqrt(1 - b2 ** update);
  const settings = [decay, b1, 1 - b1, b2, 1 - b2, rate, ofGradient, ofMomentum, correction, epsilon];
  if (compiledPass('nadamSingle', pass, ['first', 'second'], settings)) return;
  for (let i = from; i < to; i++) {
    const g = gradient[i]! + decay * old[i]!;
    const m = b1 * oldFirst[i]! + (1 - b1) * g;
    const v = b2 * oldSecond[i]! + (1 - b2) * g * g;
    first[i] = m;
    second[i] = v;
    parameters[i] = old[i]! - (rate * (ofGradient * g + ofMomentum * m)) / (Math.sqrt(v) * correction + epsilon);
  }
}

/**
 * NAdam (Dozat 2016) as PyTorch computes it: Adam with Nesterov momentum and a momentum μ_t = β₁(1 − ½·0.96^(ψt)) that warms up:
 * θ ← θ − η·((1 − μ_t)/(1 − Πμ)·g + μ_{t+1}/(1 − Πμ·μ_{t+1})·m)/(√v̂ + ε), with weight decay in g.
 * One gradient of a mini-batch a step; memory 2 n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: nadam(), epochs: 2 });
 */
export function nadam(options: NadamOptions = {}): Optimizer<NadamState> {
  checkNames('nadam', options, nadamOptions);
  const { betas = [0.9, 0.999] as const, epsilon = 1e-8, momentumDecay = 0.004 } = options;
  const momentumOf = (t: number): number => betas[0] * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  const move = ({ state, gradient, segments, update }: GradientMove<Own>) => {
    const [now, next] = [momentumOf(update), momentumOf(update + 1)];
    const momenta = state.momenta * now;
    const coefficients = {
      betas,
      epsilon,
      ofGradient: (1 - now) / (1 - momenta),
      ofMomentum: next / (1 - momenta * next),
    };
    const own = { first: like(gradient), second: like(gradient), momenta };
    const parameters = like(gradient);
    const all = { update, gradient, old: state.parameters, parameters, before: state, after: own };
    for (const segment of segments) nadamPass({ ...segment, ...all }, coefficients);
    return { parameters, own };
  };
  return gradientMethod(
    {
      name: 'NAdam',
      defaults: { learningRate: 2e-3 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon, momentumDecay },
      init: (parameters) => ({ first: like(parameters), second: like(parameters), momenta: 1 }),
      move,
    },
    options,
  );
}
