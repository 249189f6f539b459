import { like, type Vector } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
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
import { hessianProbe } from './hessian-probe.js';

/** Learning rate 0.1 (0.15 in the authors’ code, for networks with batch normalisation). */
export interface AdaHessianOptions extends GradientOptions {
  /** Decay rates of the two moments (default 0.9, 0.999). */
  readonly betas?: readonly [number, number];
  /** ε, added to the root (default 1e-4). */
  readonly epsilon?: number;
}

const adaHessianOptions: OptionNames<AdaHessianOptions> = { ...gradientOptions, betas: 1, epsilon: 1 };

interface Own {
  readonly first: Vector;
  /** EMA of squares of the estimates of the Hessian's diagonal. */
  readonly second: Vector;
}

export type AdaHessianState = GradientState<Own>;

/** |d| in place, averaged over the spatial axes of each kernel of a convolution: all axes of a parameter after the first two. */
export function averageOverKernels(layout: ParameterLayout, d: Vector): void {
  for (const { shape, offset, size } of layout.slots) {
    const kernel = shape.length > 2 ? shape.slice(2).reduce((a, b) => a * b, 1) : 1;
    for (let from = offset; from < offset + size; from += kernel) {
      let sum = 0;
      for (let i = from; i < from + kernel; i++) sum += Math.abs(d[i]!);
      d.fill(sum / kernel, from, from + kernel);
    }
  }
}

interface AdaHessianPass extends Pass<'first' | 'second'> {
  readonly curvature: Vector;
}

function adaHessianPass(pass: AdaHessianPass, [b1, b2]: readonly [number, number], epsilon: number): void {
  const { from, to, gradient, curvature, old, parameters, before, after, update, rate, decay } = pass;
  const { first: oldFirst, second: oldSecond } = before;
  const { first, second } = after;
  const step = rate / (1 - b1 ** update);
  const correction = 1 / Math.sqrt(1 - b2 ** update);
  const shrink = 1 - rate * decay;
  for (let i = from; i < to; i++) {
    const d = curvature[i]!;
    const m = b1 * oldFirst[i]! + (1 - b1) * gradient[i]!;
    const v = b2 * oldSecond[i]! + (1 - b2) * d * d;
    first[i] = m;
    second[i] = v;
    parameters[i] = shrink * old[i]! - (step * m) / (Math.sqrt(v) * correction + epsilon);
  }
}

/**
 * AdaHessian (Yao et al. 2021): Adam with Hutchinson's estimate D = |z∘(H·z)| of the Hessian's diagonal, z = ±1, in place of the gradient
 * in the second moment, averaged over the spatial axes of a convolution's kernels (their code: block size 1 elsewhere):
 * v ← β₂v + (1 − β₂)D², θ ← (1 − ηλ)θ − η·m̂/(√v̂ + ε). The Hessian is that of the same mini-batch as the gradient.
 * Cost: about three gradients of a mini-batch a step; memory 2 n beside the parameters.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: adaHessian({ learningRate: 0.1 }), epochs: 2 });
 */
export function adaHessian(options: AdaHessianOptions = {}): Optimizer<AdaHessianState> {
  checkNames('adaHessian', options, adaHessianOptions);
  const { betas = [0.9, 0.999] as const, epsilon = 1e-4 } = options;
  const move = async ({ objective, generator, state, rows, gradient, segments, update }: GradientMove<Own>) => {
    const z = like(gradient);
    for (let i = 0; i < z.length; i++) z[i] = generator.rademacher();
    const curvature = await hessianProbe(objective, state.parameters, rows, z);
    if (finiteSquaredNorm(curvature) === undefined) return undefined;
    averageOverKernels(objective.layout, curvature);
    const own = { first: like(gradient), second: like(gradient) };
    const parameters = like(gradient);
    const all = { update, gradient, curvature, old: state.parameters, parameters, before: state, after: own };
    for (const segment of segments) adaHessianPass({ ...segment, ...all }, betas, epsilon);
    return { parameters, own };
  };
  return gradientMethod<Own>(
    {
      name: 'AdaHessian',
      defaults: { learningRate: 0.1 },
      settings: { beta1: betas[0], beta2: betas[1], epsilon },
      // The random signs take as long as some hundred operations each.
      demand: ({ layout: { size } }) => ({ vectors: 11, programs: 3, gradients: 3.5, flops: 400 * size }),
      init: (parameters) => ({ first: like(parameters), second: like(parameters) }),
      move,
    },
    options,
  );
}
