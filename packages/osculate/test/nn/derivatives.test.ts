import { afterAll, beforeAll, describe, it } from 'vitest';
import {
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
  relu,
  residual,
  rnn,
  sequential,
  silu,
  transformerBlock,
} from '../../src/nn/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { type NDArray, ndarray, toNumbers } from '../../src/tensor/index.js';
import { expectClose } from '../ops/closeness.js';
import { type Probe, probe, random, randomParameters } from './apply.js';

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
    sequential([conv2d(1, 2, 3), relu(), maxPool2d(2), flatten(), residual(dense(8, 8))]),
    random([2, 1, 6, 6], 1),
  ],
  [
    'pooled net',
    sequential([conv2d(1, 2, 3, { padding: 1 }), silu(), averagePool2d(2), flatten()]),
    random([2, 1, 4, 4], 1),
  ],
] as [string, Layer<Parameters>, NDArray][];

let ort: Executor;
beforeAll(async () => {
  ort = await ortExecutor({ threads: 1 });
});
afterAll(() => ort.dispose());

/** Every array of the point moved by `step` along its direction. */
function moved({ point, directions }: Probe, step: number): Record<string, NDArray> {
  return Object.fromEntries(
    Object.entries(directions).map(([name, direction]) => {
      const base = point[name]!;
      const values = toNumbers(base).map((v, i) => v + step * Number(direction.data[i]));
      return [name, ndarray('f64', values, base.shape)];
    }),
  );
}

describe.each(cases)('%s', (name, layer, x) => {
  const weights = randomParameters(layer, 31);

  it('gradient and HVP equal central differences', async () => {
    const p = await probe(layer, weights, x, referenceExecutor(), 'f64');
    const h = 1e-5;
    const [at, up, down] = [await p.at(), await p.at(moved(p, h)), await p.at(moved(p, -h))];
    for (const [parameter, product] of Object.entries(at.hvp)) {
      const difference = product.map((_, i) => (up.gradient[parameter]![i]! - down.gradient[parameter]![i]!) / (2 * h));
      expectClose(`hvp ${parameter}`, product, difference, 1e-7, 1);
    }
    for (const [parameter, gradient] of Object.entries(at.gradient)) {
      const direction = { [parameter]: p.directions[parameter]! };
      const one = (step: number) => p.at(moved({ ...p, directions: direction }, step));
      const slope = ((await one(h)).value - (await one(-h)).value) / (2 * h);
      const wanted = gradient.reduce((sum, g, i) => sum + g * Number(direction[parameter]!.data[i]), 0);
      expectClose(`gradient ${parameter}`, [slope], [wanted], 1e-7, Math.max(1, Math.abs(at.value)));
    }
  });

  it('f32 on ONNX Runtime equals float64', async () => {
    const [exact, single] = [
      await probe(layer, weights, x, referenceExecutor(), 'f64'),
      await probe(layer, weights, x, ort, 'f32'),
    ];
    const [wanted, actual] = [await exact.at(), await single.at()];
    for (const kind of ['gradient', 'hvp'] as const) {
      for (const [parameter, values] of Object.entries(wanted[kind])) {
        expectClose(`${name} ${kind} ${parameter}`, actual[kind][parameter]!, values, 2e-4, 1);
      }
    }
    await single.dispose();
  });
});
