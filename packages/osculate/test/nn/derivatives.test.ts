import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  activation,
  averagePool2d,
  batchNorm,
  bidirectional,
  conv1d,
  conv2d,
  dense,
  embedding,
  flatten,
  gru,
  type Layer,
  layerNorm,
  lstm,
  maxPool2d,
  multiHeadAttention,
  type Parameters,
  positions,
  residual,
  rnn,
  sequential,
  trainingContext,
  transformerBlock,
} from '../../src/nn/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { type NDArray, ndarray, toNumbers } from '../../src/tensor/index.js';
import { expectClose } from '../ops/closeness.js';
import { derivativesOf, random, randomParameters } from './apply.js';

const cases: [string, Layer, NDArray][] = [
  ['dense', dense(4, 3), random([5, 4], 1)],
  ['conv1d', conv1d(2, 3, 3, { stride: 2, padding: 1 }), random([2, 2, 7], 1)],
  ['conv2d', conv2d(2, 4, 3, { padding: 1, stride: 2, groups: 2 }), random([2, 2, 5, 5], 1)],
  [
    'embedding',
    embedding(4, 3),
    ndarray('i32', [
      [0, 3],
      [3, 1],
    ]),
  ],
  ['positions', positions(4, 3), random([2, 3, 3], 1)],
  ['layerNorm', layerNorm(4), random([3, 4], 1)],
  ['batchNorm', batchNorm(3), random([4, 3, 2], 1)],
  ['rnn', rnn(2, 3), random([2, 4, 2], 1)],
  ['lstm', lstm(2, 3, { output: 'last' }), random([2, 4, 2], 1)],
  ['gru', gru(2, 3, { reverse: true }), random([2, 4, 2], 1)],
  ['bidirectional', bidirectional(gru(2, 2), gru(2, 2, { reverse: true })), random([2, 3, 2], 1)],
  ['attention', multiHeadAttention(4, 2, { causal: true }), random([2, 3, 4], 1)],
  ['transformer', transformerBlock(4, 2, { hidden: 6 }), random([2, 3, 4], 1)],
  ['post-norm transformer', transformerBlock(4, 2, { hidden: 6, norm: 'post', causal: true }), random([2, 3, 4], 1)],
  [
    'convolutional net',
    sequential([conv2d(1, 2, 3), activation('relu'), maxPool2d(2), flatten(), residual(dense(8, 8))]),
    random([2, 1, 6, 6], 1),
  ],
  [
    'pooled net',
    sequential([conv2d(1, 2, 3, { padding: 1 }), activation('silu'), averagePool2d(2), flatten()]),
    random([2, 1, 4, 4], 1),
  ],
] as [string, Layer<Parameters>, NDArray][];

let ort: Executor;
beforeAll(async () => {
  ort = await ortExecutor({ threads: 1 });
});
afterAll(() => ort.dispose());

describe.each(cases)('%s', (name, layer, x) => {
  const weights = randomParameters(layer, 31);
  const derive = derivativesOf(layer, weights, x, trainingContext);

  it('gradient and HVP equal central differences', async () => {
    const reference = referenceExecutor();
    const h = 1e-5;
    const at = await derive(reference, 'f64');
    for (const [parameter, gradient] of Object.entries(at.gradient)) {
      const base = parameter === 'x' ? x : derive.feed(parameter);
      // Three elements of each parameter, spread over it.
      for (const k of new Set([0, gradient.data.length >> 1, gradient.data.length - 1])) {
        const moved = async (by: number) => {
          const data = Float64Array.from(toNumbers(base));
          data[k]! += by;
          return derive(reference, 'f64', { [parameter]: ndarray('f64', data, base.shape) });
        };
        const [up, down] = [await moved(h), await moved(-h)];
        const scale = Math.max(1, Math.abs(at.value));
        expect(Math.abs((up.value - down.value) / (2 * h) - Number(gradient.data[k]))).toBeLessThan(1e-8 * scale * 10);
      }
    }
    const along = await derive.along(reference, h);
    for (const [parameter, product] of Object.entries(at.hvp)) {
      expectClose(`${name} ${parameter}`, toNumbers(product), along[parameter]!, 1e-6, 1);
    }
  });

  it('f32 on ONNX Runtime equals float64', async () => {
    const wanted = await derive(referenceExecutor(), 'f64');
    const actual = await derive(ort, 'f32');
    for (const kind of ['gradient', 'hvp'] as const) {
      for (const [parameter, array] of Object.entries(wanted[kind])) {
        expectClose(`${name} ${kind} ${parameter}`, toNumbers(actual[kind][parameter]!), toNumbers(array), 2e-4, 0.1);
      }
    }
  });
});
