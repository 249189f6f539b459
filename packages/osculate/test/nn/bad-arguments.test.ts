import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as nn from '../../src/nn/index.js';
import { DTypeError, InputError, input, ndarray, ShapeError } from '../../src/tensor/index.js';

/** What people pass by mistake. */
const noSize: readonly unknown[] = [undefined, null, Number.NaN, Infinity, 0, -1, 2.5, 3n, '3', {}, [], true];
const noOptions: readonly unknown[] = [null, 1, 3n, 'options', [], true, input('x', 'f32', [1]), { noSuchOption: 1 }];
const noFunction: readonly unknown[] = [null, 1, 3n, 'heNormal', {}];
const noRate: readonly unknown[] = [undefined, null, Number.NaN, -0.1, 1, 1n, '0.5', {}];

const call = (f: (...given: never[]) => unknown, ...given: readonly unknown[]) => Reflect.apply(f, undefined, given);
const option = (name: string, values: readonly unknown[]): unknown[] => values.map((value) => ({ [name]: value }));

/** A maker of a layer or loss, good arguments, and what each may not be. */
type Maker = readonly [
  make: (...given: never[]) => unknown,
  good: readonly unknown[],
  bad: readonly (readonly unknown[])[],
];

const notNumbers = (values: readonly unknown[]): unknown[] => values.filter((value) => value !== undefined);
const size = noSize;
const some = notNumbers(noSize);
const recurrent = [...noOptions, ...option('output', ['all', null, 1]), ...option('activation', ['gelu', null])];
const convolution = [
  ...noOptions,
  ...option(
    'stride',
    some.filter((v) => !Array.isArray(v)),
  ),
  ...option('dilation', [null, 0, Number.NaN, 1n]),
  ...option('groups', [Number.NaN, 0, 2n, 1.5]),
  ...option('padding', [null, -1, Number.NaN, 1n]),
  ...option('weight', noFunction),
];
const elementwise = [
  [...noOptions, ...option('reduction', ['mean', null, 1]), ...option('weights', [null, 1, 2n, 'w', [-1], [1n]])],
];

const makers: Readonly<Record<string, Maker>> = {
  dense: [nn.dense, [2, 3, {}], [size, size, [...noOptions, ...option('weight', noFunction)]]],
  conv1d: [nn.conv1d, [2, 3, 3, {}], [size, size, size, convolution]],
  conv2d: [nn.conv2d, [2, 3, 3, {}], [size, size, size.filter((v) => !Array.isArray(v)), convolution]],
  embedding: [nn.embedding, [4, 2], [size, size, noFunction]],
  positions: [nn.positions, [4, 2], [size, size, noFunction]],
  layerNorm: [nn.layerNorm, [4], [size, [null, Number.NaN, -1, 1n]]],
  batchNorm: [nn.batchNorm, [4], [size, [null, Number.NaN, -1, 1n]]],
  rnn: [nn.rnn, [2, 3, {}], [size, size, recurrent]],
  lstm: [nn.lstm, [2, 3, {}], [size, size, recurrent]],
  gru: [nn.gru, [2, 3, {}], [size, size, recurrent]],
  bidirectional: [
    nn.bidirectional,
    [nn.lstm(2, 3), nn.lstm(2, 3)],
    [
      [null, undefined, 1n, {}],
      [null, undefined, 1n, {}],
    ],
  ],
  multiHeadAttention: [nn.multiHeadAttention, [4, 2, {}], [size, size, noOptions]],
  transformerBlock: [
    nn.transformerBlock,
    [4, 2, {}],
    [
      size,
      size,
      [
        ...noOptions,
        ...option('hidden', [Number.NaN, 0, 2n]),
        ...option('activation', ['swish', null]),
        ...option('norm', ['none', null]),
        ...option(
          'dropout',
          notNumbers(noRate).filter((v) => v !== null),
        ),
      ],
    ],
  ],
  dropout: [nn.dropout, [0.5], [noRate]],
  gelu: [nn.gelu, [], [['erf', null, 1n]]],
  elu: [nn.elu, [], [[null, Number.NaN, 1n, '1']]],
  maxPool2d: [nn.maxPool2d, [2, 2], [size, some]],
  averagePool2d: [nn.averagePool2d, [2, 2], [size, some]],
  sequential: [nn.sequential, [[]], [[undefined, null, 1n, [null], [undefined], [{}], { a: 1n }]]],
  residual: [nn.residual, [nn.dense(2, 2)], [[undefined, null, 1n, {}]]],
  filled: [nn.filled, [1], [[undefined, null, Number.NaN, 1n]]],
  normal: [nn.normal, [1], [[undefined, null, Number.NaN, -1, 1n]]],
  uniform: [nn.uniform, [1], [[undefined, null, Number.NaN, -1, 1n]]],
  orthogonal: [nn.orthogonal, [], [[null, Number.NaN, 1n]]],
  sparse: [nn.sparse, [], [some, [null, Number.NaN, -1, 1n]]],
  squaredError: [nn.squaredError, [{}], elementwise],
  poisson: [nn.poisson, [{}], elementwise],
  huber: [nn.huber, [{}], [[...elementwise[0]!, ...option('delta', [null, 0, -1, Number.NaN, 1n, '1'])]]],
  sigmoidCrossEntropy: [
    nn.sigmoidCrossEntropy,
    [{}],
    [[...elementwise[0]!, ...option('positiveWeight', [null, -1, Number.NaN, 1n, [], [null]])]],
  ],
  softmaxCrossEntropy: [
    nn.softmaxCrossEntropy,
    [{}],
    [
      [
        ...noOptions,
        ...option('classWeights', [null, 1, 2n, [null], [1n], [-1]]),
        ...option('ignoreIndex', [null, 0.5, Number.NaN, 1n]),
        ...option('labelSmoothing', [null, 1, -0.1, Number.NaN, 0n]),
      ],
    ],
  ],
  balancedClassWeights: [nn.balancedClassWeights, [[0, 1], 2], [[null, undefined, 1n, 3], size]],
  loadParameters: [
    nn.loadParameters,
    [{ w: ndarray('f32', [1]) }, { w: ndarray('f32', [1]) }],
    [
      [null, undefined, 1n, { w: 1 }],
      [null, undefined, 1n, { w: 1 }, { w: null }],
    ],
  ],
};

const shown = (value: unknown): string => inspect(value, { depth: 0 }).slice(0, 60);

describe.each(Object.entries(makers))('%s', (_, [make, good, bad]) => {
  it('takes good arguments', () => {
    expect(() => call(make, ...good)).not.toThrow();
  });

  it.each(bad.flatMap((values, at) => values.map((value) => [at, shown(value), value] as const)))(
    'argument %i: %s is a typed error',
    (at, _shown, value) => {
      const given = Array.from({ length: Math.max(good.length, at + 1) }, (_n, i) => (i === at ? value : good[i]));
      const attempt = (): unknown => call(make, ...given);
      expect(attempt).toThrow();
      try {
        attempt();
      } catch (error) {
        expect(
          [InputError, ShapeError, DTypeError].some((kind) => error instanceof kind),
          String(error),
        ).toBe(true);
      }
    },
  );
});

it('every function of osculate/nn is here, but for those without arguments, of tensors and of contexts', () => {
  const without = [
    'tanh',
    'relu',
    'sigmoid',
    'silu',
    'softplus',
    'flatten',
    'trainingContext',
    'inferenceContext',
    'runningStatistics',
    'drawMasks',
  ];
  const ofTensors = ['attention', 'heNormal', 'heUniform', 'xavierNormal', 'xavierUniform'];
  expect(Object.keys(nn).sort()).toEqual([...Object.keys(makers), ...without, ...ofTensors].sort());
});
