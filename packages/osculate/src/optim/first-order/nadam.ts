import type { Vector } from '../objective.js';
import { like, type Optimizer } from '../optimizer.js';
import type { AdamOptions } from './adam.js';
import { type GradientMove, type GradientState, gradientMethod } from './gradient-method.js';
import type { Segment } from './parameter-groups.js';

/** Learning rate 2e-3. */
export interface NadamOptions extends AdamOptions {
  /** ψ in β₁·(1 − ½·0.96^(ψt)), the momentum of update t (default 0.004). */
  readonly momentumDecay?: number;
}

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
  readonly gradient: number;
  readonly momentum: number;
  readonly update: number;
}

function pass(
  own: Own,
  old: Vector,
  out: Own & { readonly parameters: Vector },
  g: Vector,
  s: Segment,
  c: Coefficients,
) {
  const [b1, b2] = c.betas;
  const { from, to, rate, decay } = s;
  const { first: oldFirst, second: oldSecond } = own;
  const { first, second, parameters } = out;
  const correction = 1 / Math.sqrt(1 - b2 ** c.update);
  for (let i = from; i < to; i++) {
    const gi = g[i]! + decay * old[i]!;
    const m = b1 * oldFirst[i]! + (1 - b1) * gi;
    const v = b2 * oldSecond[i]! + (1 - b2) * gi * gi;
    first[i] = m;
    second[i] = v;
    parameters[i] = old[i]! - (rate * (c.gradient * gi + c.momentum * m)) / (Math.sqrt(v) * correction + c.epsilon);
  }
}

/**
 * NAdam (Dozat 2016) as PyTorch computes it: Adam with Nesterov momentum and a momentum μ_t = β₁(1 − ½·0.96^(ψt)) that warms up:
 * θ ← θ − η·((1 − μ_t)/(1 − Πμ)·g + μ_{t+1}/(1 − Πμ·μ_{t+1})·m)/(√v̂ + ε), with weight decay in g.
 * One gradient of a mini-batch a step; memory 2 n beside the parameters.
 */
export function nadam(options: NadamOptions = {}): Optimizer<NadamState> {
  const { betas = [0.9, 0.999] as const, epsilon = 1e-8, momentumDecay = 0.004 } = options;
  const momentumOf = (t: number): number => betas[0] * (1 - 0.5 * 0.96 ** (t * momentumDecay));
  const move = ({ state, gradient, segments, update }: GradientMove<Own>) => {
    const [now, next] = [momentumOf(update), momentumOf(update + 1)];
    const momenta = state.momenta * now;
    const coefficients = {
      betas,
      epsilon,
      update,
      gradient: (1 - now) / (1 - momenta),
      momentum: next / (1 - momenta * next),
    };
    const own = { first: like(gradient), second: like(gradient), momenta };
    const parameters = like(gradient);
    for (const segment of segments) {
      pass(state, state.parameters, { ...own, parameters }, gradient, segment, coefficients);
    }
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
