import { describe, expect, it } from 'vitest';
import type { WeightSharing } from '../../src/curvature/kronecker/factors.js';
import {
  type AnyLayer,
  dense,
  type Loss,
  sequential,
  sigmoid,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  squaredError,
  tanh,
} from '../../src/nn/index.js';
import { compareWithGgn, makeCase } from './support.js';

const losses = [squaredError(), squaredError({ reduction: 'examples' })];

describe('exactness of Kronecker factors', () => {
  it.each(losses)('is the Gauss-Newton block of a deep linear network with a squared error ($name)', async (loss) => {
    const layer = sequential([dense(3, 4), dense(4, 3, { bias: false }), dense(3, 2)]);
    const found = await compareWithGgn(makeCase(layer, { x: [7, 3], loss }));
    expect(found.map(({ block }) => block.kind)).toEqual(['dense', 'dense', 'dense']);
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it.each([squaredError(), sigmoidCrossEntropy({ reduction: 'examples' })])(
    'is exact for a single example ($name)',
    async (loss) => {
      const layer = sequential([dense(3, 4), tanh(), dense(4, 3), sigmoid(), dense(3, 2)]);
      const found = await compareWithGgn(makeCase(layer, { x: [1, 3], loss }));
      for (const { error } of found) expect(error).toBeLessThan(1e-8);
    },
  );

  it('is exact for a single example with classes', async () => {
    const layer = sequential([dense(3, 4), tanh(), dense(4, 3)]);
    const found = await compareWithGgn(makeCase(layer, { x: [1, 3], loss: softmaxCrossEntropy(), classes: true }));
    for (const { error } of found) expect(error).toBeLessThan(1e-8);
  });

  it('is an approximation for several examples of a network that is not linear', async () => {
    const layer = sequential([dense(3, 4), tanh(), dense(4, 2)]);
    const [first] = await compareWithGgn(makeCase(layer, { x: [7, 3], loss: squaredError() }));
    expect(first!.error).toBeGreaterThan(1e-2);
    expect(first!.error).toBeLessThan(1);
  });
});

/** The mean over the axis of positions: one output an example, as weight sharing is reduced. */
const meanOverPositions: AnyLayer = { init: () => [], apply: (_, x) => x.mean([1]) };

describe('weight sharing', () => {
  const shared = sequential([dense(3, 4), dense(4, 2)]);
  const errors = async (layer: AnyLayer, sharing: WeightSharing, loss: Loss = squaredError()) => {
    const found = await compareWithGgn(makeCase(layer, { x: [5, 4, 3], loss }), { sharing });
    return found.map((f) => f.error);
  };

  it('expand is exact where every position has a loss of its own, reduce is not', async () => {
    for (const error of await errors(shared, 'expand')) expect(error).toBeLessThan(1e-8);
    for (const error of await errors(shared, 'reduce')) expect(error).toBeGreaterThan(1e-2);
  });

  it('reduce is exact where positions are averaged before the loss, expand is not', async () => {
    const averaged = sequential([shared, meanOverPositions]);
    for (const error of await errors(averaged, 'reduce')) expect(error).toBeLessThan(1e-8);
    for (const error of await errors(averaged, 'expand')) expect(error).toBeGreaterThan(1e-2);
  });
});
