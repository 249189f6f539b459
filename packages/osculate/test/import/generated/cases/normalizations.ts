import { float } from '../../../../src/onnx/attributes.js';
import { type Attributes, type Case, type Cases, c, t, v } from '../case.js';

const statistics = (shape: readonly number[]): Case['inputs'] => [
  t(shape),
  t([shape[1]!]),
  t([shape[1]!]),
  t([shape[1]!]),
  t([shape[1]!], 'positive'),
];

const batch: readonly Case[] = (
  [
    { what: 'an image', inputs: statistics([2, 3, 2, 4]) },
    { what: 'rows', inputs: statistics([4, 3]) },
    { what: 'one axis', inputs: statistics([2, 3, 4]) },
    { what: 'three axes', inputs: statistics([1, 2, 2, 2, 3]) },
    { what: 'a given epsilon', inputs: statistics([2, 3, 4]), attributes: { epsilon: float(0.5) } },
    {
      what: 'of the batch',
      inputs: statistics([2, 3, 4]),
      attributes: { training_mode: 1, momentum: float(0.75) },
      outputs: 3,
      since: 14,
      types: (types) => new Set(Object.values(types)).size === 1,
    },
  ] satisfies readonly Case[]
).map((given) => ({ ...given, tolerance: 1e-6 }));

const dropout: readonly Case[] = [
  { what: 'a matrix', inputs: [t([2, 3])] },
  { what: 'a ratio, attribute', inputs: [t([2, 3])], attributes: { ratio: float(0.25) }, until: 12 },
  { what: 'a ratio', inputs: [t([2, 3]), c(0.5)], since: 12 },
  { what: 'with its mask', inputs: [t([2, 3]), c(0.5)], outputs: 2, since: 12 },
  { what: 'in training, nothing dropped', inputs: [t([2, 3]), c(0), c(1)], outputs: 2, since: 12 },
];

/** Divisions by deviations magnify the rounding of half precision. */
const soft = (list: readonly Case[]): Case[] => list.map((given) => ({ tolerance: 1e-6, ...given }));

const group = (own: (channels: number, groups: number) => number): Case[] =>
  soft(
    (
      [
        ['two groups', [2, 4, 3], 2],
        ['an image', [1, 6, 2, 2], 3],
        ['one group', [2, 3, 4], 1],
        ['a group for each channel', [2, 3, 4], 3],
      ] as const
    ).flatMap(([what, shape, groups]): Case[] => {
      const affine = t([own(shape[1], groups)]);
      return [
        { what, inputs: [t(shape), affine, affine], attributes: { num_groups: groups } },
        {
          what: `${what}, a given epsilon`,
          inputs: [t(shape), affine, affine],
          attributes: { num_groups: groups, epsilon: float(0.5) },
        },
      ];
    }),
  );

const instance: readonly Case[] = soft([
  { what: 'an image', inputs: [t([2, 3, 2, 4]), t([3]), t([3])] },
  { what: 'one axis', inputs: [t([2, 3, 5]), t([3]), t([3])] },
  { what: 'three axes', inputs: [t([1, 2, 2, 2, 3]), t([2]), t([2])] },
  { what: 'a given epsilon', inputs: [t([1, 2, 3]), t([2]), t([2])], attributes: { epsilon: float(0.25) } },
]);

const layer: readonly Case[] = soft([
  { what: 'the last axis', inputs: [t([2, 3, 4]), t([4]), t([4])] },
  { what: 'without a bias', inputs: [t([2, 4]), t([4])] },
  { what: 'two axes', inputs: [t([2, 3, 4]), t([3, 4]), t([3, 4])], attributes: { axis: 1 } },
  { what: 'a negative axis', inputs: [t([2, 3, 4]), t([3, 4]), t([3, 4])], attributes: { axis: -2 } },
  { what: 'all axes', inputs: [t([2, 3]), t([2, 3])], attributes: { axis: 0 } },
  {
    what: 'with statistics',
    inputs: [t([2, 4]), t([4]), t([4])],
    attributes: { epsilon: float(0.25) },
    outputs: 3,
    types: ({ U }) => U === 'float',
  },
]).map((given) => ({ ...given, types: given.types ?? (({ U }) => U !== 'bfloat16') }));

const rms: readonly Case[] = soft([
  { what: 'the last axis', inputs: [t([2, 3, 4]), t([4])] },
  { what: 'two axes', inputs: [t([2, 3, 4]), t([3, 4])], attributes: { axis: 1 } },
  { what: 'a negative axis', inputs: [t([2, 3, 4]), t([3, 4])], attributes: { axis: -2 } },
  { what: 'a given epsilon', inputs: [t([2, 4]), t([4])], attributes: { epsilon: float(0.25) } },
]).map((given) => ({ ...given, types: ({ T, V }) => T === V }));

/** ONNX Runtime takes odd sizes only. */
const responses: readonly Attributes[] = [
  { size: 3 },
  { size: 1 },
  { size: 5, alpha: float(0.5), beta: float(0.5), bias: float(2) },
];

const response: readonly Case[] = soft(
  responses.flatMap((attributes): Case[] =>
    [
      [2, 5, 2, 3],
      [1, 3, 1, 2],
    ].map((shape) => ({
      what: `size ${attributes.size} of ${shape[1]} channels, ${Object.keys(attributes).length - 1} parameters`,
      inputs: [t(shape)],
      attributes,
    })),
  ),
);

const norm: readonly Case[] = [1, 2].flatMap((p): Case[] => [
  { what: `order ${p}`, inputs: [t([3, 4])], attributes: { p } },
  { what: `order ${p}, axis 0`, inputs: [t([3, 4])], attributes: { p, axis: 0 } },
  { what: `order ${p}, a middle axis`, inputs: [t([2, 3, 2])], attributes: { p, axis: 1 } },
  { what: `order ${p}, a zero vector`, inputs: [v([0, 0, 1, 2], [2, 2])], attributes: { p, axis: 1 } },
]);

const meanVariance: readonly Case[] = soft([
  { what: 'an image', inputs: [t([2, 3, 2, 3])] },
  { what: 'given axes', inputs: [t([2, 3, 2, 3])], attributes: { axes: [1, 2] } },
]);

export const normalizations: Cases = {
  BatchNormalization: batch,
  Dropout: dropout,
  GroupNormalization: [
    ...group((_, groups) => groups).map((given) => ({ ...given, until: 21 })),
    ...group((channels) => channels).map((given) => ({ ...given, what: `${given.what}, by channels`, since: 21 })),
  ],
  InstanceNormalization: instance,
  LRN: response,
  LayerNormalization: layer,
  LpNormalization: norm,
  MeanVarianceNormalization: meanVariance,
  RMSNormalization: rms,
};
