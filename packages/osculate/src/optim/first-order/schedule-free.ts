import { like, type Vector } from '../../linalg/vectors.js';
import { checkNames } from '../../tensor/check-options.js';
import type { Optimizer } from '../optimizer.js';
import type { AdamOptions } from './adam.js';
import { adamOptions } from './adam.js';
import { type GradientMove, type GradientState, gradientMethod, type Segment } from './gradient-method.js';

interface Own {
  /** z, the iterate that takes the steps; `parameters` is its weighted average x. */
  readonly base: Vector;
  readonly second: Vector;
  /** Σγ² over the updates so far, γ in units of the learning rate. */
  readonly weights: number;
}

export type ScheduleFreeState = GradientState<Own>;

/** y = (1 − β)z + βx. */
function between(base: Vector, average: Vector, beta: number): Vector {
  const out = like(base);
  for (let i = 0; i < out.length; i++) out[i] = (1 - beta) * base[i]! + beta * average[i]!;
  return out;
}

interface Coefficients {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly update: number;
  /** Weight of the new z in x. */
  readonly share: number;
}

type Out = Pick<Own, 'base' | 'second'> & { readonly parameters: Vector };

function pass(state: ScheduleFreeState, out: Out, g: Vector, { from, to, rate, decay }: Segment, c: Coefficients) {
  const [b1, b2] = c.betas;
  const { share, epsilon } = c;
  const { parameters: x, base: z, second: oldSecond } = state;
  const { parameters, base, second } = out;
  const correction = 1 / Math.sqrt(1 - b2 ** c.update);
  for (let i = from; i < to; i++) {
    const gi = g[i]!;
    const v = b2 * oldSecond[i]! + (1 - b2) * gi * gi;
    const y = (1 - b1) * z[i]! + b1 * x[i]!;
    const next = z[i]! - rate * (gi / (Math.sqrt(v) * correction + epsilon) + decay * y);
    second[i] = v;
    base[i] = next;
    parameters[i] = (1 - share) * x[i]! + share * next;
  }
}

/**
 * Schedule-free AdamW (Defazio et al. 2024), with the bias correction of their released code: the gradient is taken at
 * y = (1 − β₁)z + β₁x, z ← z − γ·(g/(√v̂ + ε) + λy), and the parameters are the average x ← (1 − c)x + c·z with c = γ²/Σγ². It needs no
 * decaying schedule, only a warm-up. The reported loss is the one at y. One gradient of a mini-batch a step; memory 2 n.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: scheduleFreeAdamW(), epochs: 2 });
 */
export function scheduleFreeAdamW(options: AdamOptions = {}): Optimizer<ScheduleFreeState> {
  checkNames('scheduleFreeAdamW', options, adamOptions);
  const { betas = [0.9, 0.999] as const, epsilon = 1e-8 } = options;
  const move = ({ state, gradient, segments, update, factor }: GradientMove<Own>) => {
    const weights = state.weights + factor * factor;
    const share = weights === 0 ? 1 : (factor * factor) / weights;
    const own = { base: like(gradient), second: like(gradient), weights };
    const parameters = like(gradient);
    for (const segment of segments) {
      pass(state, { ...own, parameters }, gradient, segment, { betas, epsilon, update, share });
    }
    return { parameters, own };
  };
  return gradientMethod(
    {
      name: 'Schedule-free AdamW',
      defaults: { learningRate: 2.5e-3 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon },
      init: (parameters) => ({ base: parameters.slice(), second: like(parameters), weights: 0 }),
      point: (state) => between(state.base, state.parameters, betas[0]),
      move,
    },
    options,
  );
}
