import type { Vector } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import type { Optimizer } from '../optimizer.js';
import {
  compiledPass,
  elementwiseMethod,
  type GradientOptions,
  type GradientState,
  gradientOptions,
  type Pass,
} from './gradient-method.js';

/** Learning rate 0.03. */
export interface AdagradOptions extends GradientOptions {
  /** ε, added to the root (default 1e-10). */
  readonly epsilon?: number;
}

const adagradOptions: OptionNames<AdagradOptions> = { ...gradientOptions, epsilon: 1 };

export type AdagradState = GradientState<{ readonly sum: Vector }>;

function adagradPass(pass: Pass<'sum'>, epsilon: number): void {
  const { from, to, gradient, old, parameters, rate, decay } = pass;
  const oldSum = pass.before.sum;
  const { sum } = pass.after;
  if (compiledPass('adagradSingle', pass, ['sum'], [decay, rate, epsilon])) return;
  for (let i = from; i < to; i++) {
    const g = gradient[i]! + decay * old[i]!;
    const s = oldSum[i]! + g * g;
    sum[i] = s;
    parameters[i] = old[i]! - (rate * g) / (Math.sqrt(s) + epsilon);
  }
}

/**
 * AdaGrad (Duchi et al. 2011) with a diagonal matrix: s ← s + g², θ ← θ − η·g/(√s + ε), with weight decay in g.
 * One gradient of a mini-batch a step; memory n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: adagrad({ learningRate: 0.1 }), epochs: 2 });
 */
export function adagrad(options: AdagradOptions = {}): Optimizer<AdagradState> {
  checkNames('adagrad', options, adagradOptions);
  const { epsilon = 1e-10 } = options;
  return elementwiseMethod(
    {
      name: 'AdaGrad',
      defaults: { learningRate: 0.03 },
      settings: { epsilon },
      vectors: ['sum'],
      pass: (pass) => adagradPass(pass, epsilon),
    },
    options,
  );
}
