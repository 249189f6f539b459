import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dense, sequential, squaredError, tanh } from '../../src/nn/index.js';
import { supervisedObjective } from '../../src/objective/index.js';
import {
  adagrad,
  adam,
  adamW,
  cosine,
  heavyBall,
  nadam,
  nesterov,
  type Optimizer,
  rmsprop,
  sgd,
  stepDecay,
} from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, ndarray } from '../../src/tensor/index.js';
import { relativeError } from '../objective/support.js';

const file = new URL('./fixtures/trajectories.json', import.meta.url);
const { trajectories } = JSON.parse(readFileSync(file, 'utf8')) as { trajectories: Record<string, number[][]> };

/** The settings of fixtures/make_trajectories.py. */
const optimizers: Readonly<Record<string, () => Optimizer>> = {
  sgd: () => sgd({ learningRate: 0.1, weightDecay: 0.01 }),
  heavyBall: () => heavyBall({ learningRate: 0.05, momentum: 0.8, weightDecay: 0.01 }),
  nesterov: () => nesterov({ learningRate: 0.05, momentum: 0.8, weightDecay: 0.01 }),
  adam: () => adam({ learningRate: 0.02, betas: [0.8, 0.95], epsilon: 1e-7, weightDecay: 0.01 }),
  adamW: () => adamW({ learningRate: 0.02, weightDecay: 0.1 }),
  nadam: () => nadam({ learningRate: 0.02, weightDecay: 0.01 }),
  rmsprop: () => rmsprop({ learningRate: 0.01, alpha: 0.9, momentum: 0.5, weightDecay: 0.01 }),
  adagrad: () => adagrad({ learningRate: 0.1, weightDecay: 0.01 }),
  clipped: () => sgd({ learningRate: 0.1, weightDecay: 0.01, clipNorm: 0.3 }),
  cosine: () => sgd({ learningRate: 0.1, weightDecay: 0.01, schedule: cosine(20, 0.1) }),
  stepDecay: () => sgd({ learningRate: 0.1, weightDecay: 0.01, schedule: stepDecay(6, 0.5) }),
};

const wave = (count: number, phase: number) =>
  Float64Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + phase));

function problem() {
  const layer = sequential([dense(3, 2), tanh()]);
  const objective = supervisedObjective({
    executor: referenceExecutor(),
    model: layer.apply,
    loss: squaredError(),
    parameters: layer.init(generator(0), 'f64'),
    x: ndarray('f64', wave(21, 0.3), [7, 3]),
    y: ndarray('f64', wave(14, 1.1), [7, 2]),
  });
  return { objective, start: Float64Array.of(...wave(6, 2), ...wave(2, 0.5)) };
}

describe('PyTorch’s path', () => {
  it('is known for every method here', () => expect(Object.keys(trajectories)).toEqual(Object.keys(optimizers)));

  it.each(Object.keys(optimizers))('%s: 20 steps to 1e-10', async (name) => {
    const { objective, start } = problem();
    const optimizer = optimizers[name]!();
    let state = optimizer.init(objective, start);
    for (const expected of trajectories[name]!) {
      ({ state } = await optimizer.step(state, { objective, generator: generator(0) }));
      expect(relativeError(state.parameters, expected)).toBeLessThan(1e-10);
    }
  });
});
