import { type Attributes, type Case, type Cases, c, t, v } from '../case.js';

type Pool = readonly [what: string, x: readonly number[], attributes: Attributes, since?: number];

const pools: readonly Pool[] = [
  ['plain', [1, 2, 4, 5], { kernel_shape: [2, 3] }],
  ['one axis', [2, 2, 7], { kernel_shape: [3], strides: [2], pads: [1, 1] }],
  ['three axes', [1, 1, 3, 4, 4], { kernel_shape: [2, 2, 2], strides: [1, 2, 2] }],
  ['strides', [1, 1, 6, 7], { kernel_shape: [2, 2], strides: [2, 3] }],
  ['padded unevenly', [1, 1, 4, 5], { kernel_shape: [3, 3], pads: [1, 0, 2, 1] }],
  ['SAME_UPPER', [1, 1, 5, 6], { kernel_shape: [2, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] }],
  ['SAME_LOWER', [1, 1, 5, 6], { kernel_shape: [2, 3], auto_pad: 'SAME_LOWER', strides: [2, 2] }],
  ['VALID', [1, 1, 5, 6], { kernel_shape: [2, 3], auto_pad: 'VALID', strides: [2, 2] }],
  ['a window of one', [1, 2, 3, 3], { kernel_shape: [1, 1], strides: [2, 2] }],
  ['the whole image', [2, 1, 3, 3], { kernel_shape: [3, 3] }],
  ['ceil_mode', [1, 1, 5, 6], { kernel_shape: [2, 3], strides: [2, 2], ceil_mode: 1 }, 10],
  ['ceil_mode, padded', [1, 1, 6, 6], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }, 10],
  ['ceil_mode, long strides', [1, 1, 7, 8], { kernel_shape: [2, 2], strides: [3, 3], ceil_mode: 1 }, 10],
];

const dilated = (since: number): readonly Pool[] => [
  ['dilations', [1, 1, 6, 7], { kernel_shape: [2, 3], dilations: [2, 2] }, since],
  [
    'dilations, strides and padding',
    [1, 2, 7, 6],
    { kernel_shape: [3, 2], dilations: [2, 1], strides: [2, 1], pads: [1, 1, 1, 0] },
    since,
  ],
  [
    'dilations and ceil_mode',
    [1, 1, 8, 7],
    { kernel_shape: [2, 2], dilations: [3, 2], strides: [2, 2], ceil_mode: 1 },
    since,
  ],
  ['dilations, one axis', [1, 2, 9], { kernel_shape: [3], dilations: [3], strides: [2] }, since],
];

const plain = (list: readonly Pool[], more: Attributes = {}, note = ''): Case[] =>
  list.map(([what, x, attributes, since = 0]) => ({
    what: `${what}${note}`,
    inputs: [t(x)],
    attributes: { ...attributes, ...more },
    since,
  }));

const later = (list: readonly Case[], since: number): Case[] =>
  list.map((given) => ({ ...given, since: Math.max(since, given.since ?? 0) }));

/** Values that differ, so that no window has two largest elements. */
const withPlaces = (more: Attributes, note: string): Case[] =>
  [...pools, ...dilated(10)].map(([what, x, attributes, since = 8]) => ({
    what: `${what}, ${note}`,
    inputs: [t(x, 'distinct')],
    attributes: { ...attributes, ...more },
    outputs: 2,
    since,
  }));

const average = [...plain(pools), ...plain(dilated(19))];

const averagePool: readonly Case[] = [
  ...average,
  ...plain([...pools, ...dilated(19)], { count_include_pad: 1 }, ', counting the padding'),
];

const orders = [1, 2, 3];
const lpPool: readonly Case[] = orders.flatMap((p) => [
  ...plain(
    pools.filter(([, , , since]) => since === undefined),
    { p },
    `, order ${p}`,
  ),
  ...later(
    plain(
      pools.filter(([, , , since]) => since !== undefined),
      { p },
      `, order ${p}`,
    ),
    18,
  ),
  ...plain(dilated(18), { p }, `, order ${p}`),
]);

const whole: readonly Case[] = [
  { what: 'an image', inputs: [t([2, 3, 4, 5])] },
  { what: 'one axis', inputs: [t([2, 3, 4])] },
  { what: 'three axes', inputs: [t([1, 2, 2, 3, 2])] },
  { what: 'one pixel', inputs: [t([2, 3, 1, 1])] },
];

const unpool: readonly Case[] = [
  {
    what: 'plain',
    inputs: [v([1, 2, 3, 4], [1, 1, 2, 2]), v([5, 7, 13, 15], [1, 1, 2, 2])],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  },
  {
    // The indices count in the inferred shape (ONNX's node test says so), and the given one only pads; ONNX Runtime counts in the given one.
    what: 'a given shape',
    inputs: [v([5, 6, 7, 8], [1, 1, 2, 2]), v([5, 7, 13, 15], [1, 1, 2, 2]), c([1, 1, 5, 5])],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    expected: () => [
      { shape: [1, 1, 5, 5], values: [0, 0, 0, 0, 0, 0, 5, 0, 6, 0, 0, 0, 0, 0, 0, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0] },
    ],
  },
  {
    what: 'padded',
    inputs: [v([1, 2], [1, 1, 2]), v([0, 2], [1, 1, 2])],
    attributes: { kernel_shape: [3], strides: [2], pads: [1, 1] },
  },
  {
    what: 'channels',
    inputs: [v([1, 2, 3, 4], [1, 2, 2]), v([0, 3, 5, 6], [1, 2, 2])],
    attributes: { kernel_shape: [2], strides: [2] },
  },
];

export const pooling: Cases = {
  AveragePool: averagePool,
  GlobalAveragePool: whole,
  GlobalLpPool: [
    ...whole,
    ...whole.map((given) => ({ ...given, what: `${given.what}, order 1`, attributes: { p: 1 } })),
  ],
  GlobalMaxPool: whole,
  LpPool: lpPool,
  MaxPool: [
    ...plain(pools),
    ...plain(dilated(10)),
    ...withPlaces({}, 'with places'),
    ...withPlaces({ storage_order: 1 }, 'with places by columns'),
  ],
  MaxUnpool: unpool,
};
