import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import {
  batchNorm,
  conv2d,
  drawMasks,
  dropout,
  inferenceContext,
  type Layer,
  type Parameters,
  runningStatistics,
  sequential,
  trainingContext,
} from '../../src/nn/index.js';
import {
  constant,
  generator,
  InputError,
  input,
  leaves,
  type NDArray,
  ndarray,
  parameters,
  toNumbers,
} from '../../src/tensor/index.js';
import { expectClose } from '../ops/closeness.js';
import { outputOf, random, randomParameters, run } from './apply.js';

/** Values of channel c of `[batch, channels, …]`. */
function channel(x: NDArray, c: number): number[] {
  const channels = x.shape[1]!;
  const inner = x.shape.slice(2).reduce((a, b) => a * b, 1);
  return toNumbers(x).filter((_, i) => Math.floor(i / inner) % channels === c);
}

const meanOf = (v: number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
function varianceOf(v: number[]): number {
  const mean = meanOf(v);
  return meanOf(v.map((x) => (x - mean) ** 2));
}

describe('batchNorm', () => {
  it.each([[[6, 3]], [[4, 3, 5]], [[2, 3, 4, 2]]])(
    'training: by the statistics of the batch, which it reports; %j',
    async (shape) => {
      const layer = batchNorm(3);
      const [w, x] = [randomParameters(layer), random(shape, 5)];
      const context = trainingContext();
      const output = layer.apply(parameters(w), constant(x), context);
      const results = await run({ output, statistics: context.statistics }, Object.fromEntries(leaves<NDArray>(w)));
      for (let c = 0; c < 3; c++) {
        const values = channel(x, c);
        const [mean, variance] = [meanOf(values), varianceOf(values)];
        expect(Number(results['statistics.0.mean']!.data[c])).toBeCloseTo(mean, 12);
        expect(Number(results['statistics.0.variance']!.data[c])).toBeCloseTo(variance, 12);
        const wanted = values.map(
          (v) => ((v - mean) / Math.sqrt(variance + 1e-5)) * Number(w.weight.data[c]) + Number(w.bias.data[c]),
        );
        expectClose('batchNorm', channel(results.output!, c), wanted, 1e-12);
      }
    },
  );

  it('inference: by statistics that are fed', async () => {
    const layer = batchNorm(2);
    const [w, x] = [randomParameters(layer), random([3, 2, 2], 5)];
    const statistics = {
      'statistics.0.mean': ndarray('f64', [1, -1]),
      'statistics.0.variance': ndarray('f64', [4, 0.25]),
    };
    const y = await outputOf(layer, w, x, inferenceContext(), statistics);
    for (let c = 0; c < 2; c++) {
      const [mean, variance] = [[1, -1][c]!, [4, 0.25][c]!];
      const wanted = channel(x, c).map(
        (v) => ((v - mean) / Math.sqrt(variance + 1e-5)) * Number(w.weight.data[c]) + Number(w.bias.data[c]),
      );
      expectClose('batchNorm', channel(y, c), wanted, 1e-12);
    }
  });

  it('what training reports is what inference takes, in a nested model', async () => {
    const layer = sequential([conv2d(1, 2, 2), batchNorm(2), sequential([batchNorm(2)])]);
    const [w, x] = [randomParameters(layer), random([3, 1, 4, 4], 5)];
    const training = trainingContext();
    const feeds = Object.fromEntries(leaves<NDArray>(w));
    const output = layer.apply(parameters(w), constant(x), training);
    const trained = await run({ output, statistics: training.statistics }, feeds);
    const { output: same, ...statistics } = trained;
    const inferred = await outputOf(layer, w, x, inferenceContext(), statistics);
    expect(Object.keys(statistics)).toHaveLength(4);
    expectClose('batchNorm', toNumbers(inferred), toNumbers(same!), 1e-12);
  });

  it('every parameter has a gradient: statistics are none', () => {
    const layer = batchNorm(2);
    const weights = parameters(layer.init(generator(0), 'f64'));
    for (const context of [trainingContext(), inferenceContext()]) {
      const loss = layer
        .apply(weights, input('x', 'f64', [4, 2]), context)
        .square()
        .sum();
      expect(Object.keys(grad(loss, weights))).toEqual(['weight', 'bias']);
    }
  });

  it('refuses to guess whose statistics are meant', () => {
    const layer = batchNorm(2);
    const apply = () => layer.apply(parameters(layer.init(generator(0))), input('x', 'f32', [4, 2]));
    expect(apply).toThrow(InputError);
    expect(apply).toThrow(/batchNorm\(2\): apply the model with trainingContext\(\) or inferenceContext\(\)/);
  });
});

describe('runningStatistics', () => {
  const batch = (v: number[]) => ({ loss: ndarray('f64', 3), 'statistics.0.mean': ndarray('f64', v) });

  it('begins with the batch’s own, then averages', () => {
    const first = runningStatistics(undefined, batch([2, 4]));
    expect(Object.keys(first)).toEqual(['statistics.0.mean']);
    expect(toNumbers(first['statistics.0.mean']!)).toEqual([2, 4]);
    const second = runningStatistics(first, batch([4, 0]), 0.25);
    expect(toNumbers(second['statistics.0.mean']!)).toEqual([2.5, 3]);
  });

  it('refuses a batch of another model', () => {
    const first = runningStatistics(undefined, batch([2, 4]));
    expect(() => runningStatistics(first, {})).toThrow(/no array "statistics.0.mean"/);
    expect(() => runningStatistics(first, batch([1]))).toThrow(InputError);
  });
});

describe('dropout', () => {
  it('is the identity in inference, and with rate 0', async () => {
    const x = random([3, 4], 1);
    for (const context of [undefined, inferenceContext()]) {
      expect(toNumbers(await outputOf(dropout(0.5), {}, x, context))).toEqual(toNumbers(x));
    }
    const context = trainingContext();
    await outputOf(dropout(0), {}, x, context);
    expect(context.masks).toEqual([]);
  });

  it('multiplies by a mask of 0 and 1/keep, an input of the graph', async () => {
    const x = random([40, 50], 1);
    const context = trainingContext();
    const output = dropout(0.2).apply({}, constant(x), context);
    const masks = drawMasks(context.masks, generator(3));
    const { output: y } = await run({ output }, masks);
    const mask = toNumbers(masks['mask.0']!);
    expect(new Set(mask)).toEqual(new Set([0, 1.25]));
    expectClose(
      'dropout',
      toNumbers(y!),
      toNumbers(x).map((v, i) => v * mask[i]!),
      1e-15,
    );
    expect(drawMasks(context.masks, generator(3))).toEqual(masks);
    expect(drawMasks(context.masks, generator(4))).not.toEqual(masks);
  });

  it.each([0.1, 0.5, 0.9])('keeps the expectation, rate %f', (rate) => {
    const context = trainingContext();
    dropout(rate).apply({}, input('x', 'f64', [100_000]), context);
    const mask = toNumbers(drawMasks(context.masks, generator(7))['mask.0']!);
    // The variance of one element is keep·(1/keep)² − 1 = rate/keep.
    const error = Math.sqrt(rate / (1 - rate) / mask.length);
    expect(Math.abs(meanOf(mask) - 1)).toBeLessThan(4 * error);
  });

  it('numbers the masks of one graph', () => {
    const layer: Layer<Parameters> = sequential([dropout(0.5), dropout(0.1)]);
    const context = trainingContext();
    layer.apply(parameters(layer.init(generator(0))), input('x', 'f32', [2, 2]), context);
    expect(context.masks.map(({ name, keep }) => [name, keep])).toEqual([
      ['mask.0', 0.5],
      ['mask.1', 0.9],
    ]);
  });
});

describe('contexts', () => {
  it('refuse what they have not', () => {
    expect(() => inferenceContext().mask([1], 'f32', 0.5)).toThrow(/only in a training context/);
    const statistics = { mean: input('m', 'f32', [1]), variance: input('v', 'f32', [1]) };
    expect(() => inferenceContext().report(statistics)).toThrow(/only in a training context/);
    expect(trainingContext().running(1, 'f32')).toBeUndefined();
  });
});
