import { describe, expect, it } from 'vitest';
import {
  averagePool2d,
  conv1d,
  conv2d,
  dense,
  elu,
  embedding,
  flatten,
  gelu,
  layerNorm,
  maxPool2d,
  positions,
  relu,
  residual,
  sequential,
  sigmoid,
  silu,
  softplus,
  tanh,
} from '../../src/nn/index.js';
import { generator, input, leaves, type NDArray, ndarray, toNumbers } from '../../src/tensor/index.js';
import { expectClose } from '../ops/closeness.js';
import { flat, nested, outputOf, random, randomParameters } from './apply.js';
import * as naive from './naive.js';

const names = (tree: Parameters<typeof leaves<NDArray>>[0]) =>
  leaves<NDArray>(tree).map(([name, { shape }]) => `${name} [${shape.join(', ')}]`);

const close = (what: string, actual: NDArray, wanted: unknown): void =>
  expectClose(what, toNumbers(actual), flat(wanted), 1e-12);

describe('dense', () => {
  it.each([[[4]], [[5, 4]], [[2, 3, 4]]])('x·Wᵀ + b over the last axis of %j', async (shape) => {
    const layer = dense(4, 3);
    const [w, x] = [randomParameters(layer), random(shape, 5)];
    const y = await outputOf(layer, w, x);
    expect(y.shape).toEqual([...shape.slice(0, -1), 3]);
    const rows = Array.from({ length: x.data.length / 4 }, (_, i) => Array.from(x.data.subarray(4 * i, 4 * i + 4)));
    close(
      'dense',
      y,
      rows.map((row) => naive.affine(nested(w.weight), row, nested(w.bias!))),
    );
  });

  it('without a bias', async () => {
    const layer = dense(4, 3, { bias: false });
    const [w, x] = [randomParameters(layer), random([2, 4], 5)];
    expect(names(w)).toEqual(['weight [3, 4]']);
    close(
      'dense',
      await outputOf(layer, w, x),
      nested(x).map((row) => naive.affine(nested(w.weight), row)),
    );
  });

  it('names as PyTorch’s; a zero bias at first', () => {
    const w = dense(4, 3).init(generator(0));
    expect(names(w)).toEqual(['weight [3, 4]', 'bias [3]']);
    expect([w.weight.dtype, toNumbers(w.bias!)]).toEqual(['f32', [0, 0, 0]]);
    expect(dense(4, 3).init(generator(0), 'f64').weight.dtype).toBe('f64');
  });
});

describe('convolution', () => {
  it.each([
    ['plain', [1, 1], [0, 0], [1, 1], 1],
    ['stride, padding', [2, 1], [1, 2], [1, 1], 1],
    ['dilation', [1, 1], [1, 1], [2, 1], 1],
    ['groups', [1, 2], [1, 0], [1, 1], 2],
  ] as const)('conv2d: %s', async (_, stride, padding, dilation, groups) => {
    const layer = conv2d(4, 6, [3, 2], { stride, padding, dilation, groups });
    const [w, x] = [randomParameters(layer), random([2, 4, 7, 6], 8)];
    expect(names(w)).toEqual([`weight [6, ${4 / groups}, 3, 2]`, 'bias [6]']);
    const wanted = nested(x).map((image) =>
      naive.conv(image, nested(w.weight), nested(w.bias!), { stride, padding, dilation, groups }),
    );
    const y = await outputOf(layer, w, x);
    expect(y.shape).toEqual([2, 6, wanted[0]![0]!.length, wanted[0]![0]![0]!.length]);
    close('conv2d', y, wanted);
  });

  it('conv1d', async () => {
    const layer = conv1d(3, 4, 3, { stride: 2, padding: 1 });
    const [w, x] = [randomParameters(layer), random([2, 3, 8], 9)];
    expect(names(w)).toEqual(['weight [4, 3, 3]', 'bias [4]']);
    const wanted = nested(x).map((signal) =>
      naive.conv(
        signal.map((channel) => [channel]),
        nested(w.weight).map((filter) => filter.map((line) => [line])),
        nested(w.bias!),
        { stride: [1, 2], padding: [0, 1], dilation: [1, 1], groups: 1 },
      ),
    );
    close('conv1d', await outputOf(layer, w, x), wanted);
  });

  it('without a bias', async () => {
    const layer = conv2d(1, 1, 2, { bias: false });
    const y = await outputOf(
      layer,
      {
        weight: ndarray('f64', [
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ]),
      },
      ndarray('f64', [
        [
          [
            [1, 1],
            [1, 1],
          ],
        ],
      ]),
    );
    expect(toNumbers(y)).toEqual([10]);
  });
});

describe('pooling, flatten, activation', () => {
  const image = ndarray('f64', [
    [
      [
        [1, 2, 5],
        [3, 4, 0],
        [7, 8, 9],
      ],
    ],
  ]);

  it.each([
    ['maxPool2d', maxPool2d(2, 1), [4, 5, 8, 9]],
    ['maxPool2d, stride = window', maxPool2d(2), [4]],
    ['averagePool2d', averagePool2d(2, 1), [2.5, 2.75, 5.5, 5.25]],
    ['averagePool2d, stride = window', averagePool2d(2), [2.5]],
  ])('%s', async (_, layer, wanted) => {
    expect(toNumbers(await outputOf(layer, {}, image))).toEqual(wanted);
  });

  it('flatten keeps the batch, even an empty one', async () => {
    expect((await outputOf(flatten(), {}, image)).shape).toEqual([1, 9]);
    expect(flatten().apply({}, input('x', 'f64', [0, 2, 3])).shape).toEqual([0, 6]);
  });

  it.each([
    ['tanh', tanh, Math.tanh],
    ['sigmoid', sigmoid, (x: number) => 1 / (1 + Math.exp(-x))],
    ['relu', relu, (x: number) => Math.max(x, 0)],
    ['gelu', gelu, naive.gelu],
    ['silu', silu, (x: number) => x / (1 + Math.exp(-x))],
    ['softplus', softplus, (x: number) => Math.log1p(Math.exp(x))],
    ['elu', elu, (x: number) => (x > 0 ? x : Math.expm1(x))],
  ] as const)('activation %s', async (name, layer, f) => {
    const x = ndarray('f64', [-3, -1, -0.1, 0, 0.2, 2.5]);
    close(name, await outputOf(layer(), {}, x), toNumbers(x).map(f));
  });

  it('a function is a layer of a sequence', async () => {
    const layer = sequential([(x) => x.mul(3), relu()]);
    expect(toNumbers(await outputOf(layer, layer.init(generator(0)), ndarray('f64', [1, -2])))).toEqual([3, 0]);
  });
});

describe('embedding and positions', () => {
  it('rows of the table by id, of any shape', async () => {
    const layer = embedding(5, 2);
    const w = randomParameters(layer);
    expect(names(w)).toEqual(['weight [5, 2]']);
    const y = await outputOf(
      layer,
      w,
      ndarray('i32', [
        [4, 0],
        [0, 3],
      ]),
    );
    expect(y.shape).toEqual([2, 2, 2]);
    expect(toNumbers(y)).toEqual([4, 0, 0, 3].flatMap((id) => nested(w.weight)[id]!));
  });

  it('positions adds the first rows of its table', async () => {
    const layer = positions(4, 2);
    const [w, x] = [randomParameters(layer), random([2, 3, 2], 4)];
    const wanted = nested(x).map((row) => row.map((v, t) => v.map((a, k) => a + nested(w.weight)[t]![k]!)));
    close('positions', await outputOf(layer, w, x), wanted);
  });
});

describe('layerNorm', () => {
  it('normalises the last axis', async () => {
    const layer = layerNorm(5);
    const [w, x] = [randomParameters(layer), random([2, 3, 5], 4)];
    expect(names(w)).toEqual(['weight [5]', 'bias [5]']);
    const own = { weight: nested(w.weight), bias: nested(w.bias) };
    close(
      'layerNorm',
      await outputOf(layer, w, x),
      nested(x).map((m) => m.map((row) => naive.layerNorm(own, row))),
    );
  });
});

describe('sequential and residual', () => {
  it('a list names by position, an object by its keys, nested ones by paths', () => {
    const inner = sequential({ up: dense(3, 5), act: tanh(), down: dense(5, 3) });
    const layer = sequential([dense(2, 3), residual(inner), relu()]);
    expect(names(layer.init(generator(0)))).toEqual([
      '0.weight [3, 2]',
      '0.bias [3]',
      '1.up.weight [5, 3]',
      '1.up.bias [5]',
      '1.down.weight [3, 5]',
      '1.down.bias [3]',
    ]);
  });

  it('applies in order, and adds the input back', async () => {
    const inner = sequential({ up: dense(3, 5), act: tanh(), down: dense(5, 3) });
    const layer = sequential([dense(2, 3), residual(inner)]);
    const [w, x] = [randomParameters(layer), random([4, 2], 7)];
    const of = Object.fromEntries(leaves<NDArray>(w).map(([name, a]) => [name, nested(a)]));
    const wanted = nested(x).map((row) => {
      const first = naive.affine(of['0.weight']!, row, of['0.bias']);
      const middle = naive.affine(of['1.up.weight']!, first, of['1.up.bias']).map(Math.tanh);
      return naive.affine(of['1.down.weight']!, middle, of['1.down.bias']).map((v, i) => v + first[i]!);
    });
    close('sequential', await outputOf(layer, w, x), wanted);
  });

  it('the same seed gives the same weights, in every nesting', () => {
    const layer = sequential([dense(2, 3), dense(3, 2)]);
    expect(layer.init(generator(4))).toEqual(layer.init(generator(4)));
    expect(layer.init(generator(4))).not.toEqual(layer.init(generator(5)));
  });
});
