import { type Attributes, type Case, type Cases, c, t } from '../case.js';

type Shape = readonly number[];
type Convolution = readonly [what: string, x: Shape, w: Shape, bias: number, attributes: Attributes];

const fromList = (list: readonly Convolution[]): Case[] =>
  list.map(([what, x, w, bias, attributes]) => ({
    what,
    inputs: [t(x), t(w), ...(bias > 0 ? [t([bias])] : [])],
    attributes,
  }));

const conv = fromList([
  ['plain', [1, 2, 5, 4], [3, 2, 3, 2], 0, {}],
  ['with a bias', [2, 2, 4, 4], [3, 2, 2, 2], 3, { kernel_shape: [2, 2] }],
  ['one axis', [2, 3, 7], [2, 3, 3], 2, { pads: [1, 2], strides: [2] }],
  ['three axes', [1, 2, 3, 4, 3], [2, 2, 2, 2, 2], 2, { pads: [0, 1, 0, 1, 0, 1], strides: [1, 2, 1] }],
  ['padded unevenly', [1, 1, 4, 5], [1, 1, 3, 3], 0, { pads: [2, 0, 1, 1] }],
  ['strides', [1, 1, 6, 7], [2, 1, 2, 3], 0, { strides: [2, 3] }],
  ['dilations', [1, 1, 7, 7], [1, 1, 3, 2], 0, { dilations: [2, 3] }],
  [
    'dilations, strides and padding',
    [1, 2, 8, 7],
    [2, 2, 3, 3],
    2,
    { dilations: [2, 1], strides: [1, 2], pads: [1, 1, 2, 0] },
  ],
  ['groups', [1, 4, 4, 4], [6, 2, 2, 2], 6, { group: 2 }],
  ['depthwise', [1, 3, 4, 4], [6, 1, 3, 3], 0, { group: 3, pads: [1, 1, 1, 1] }],
  ['SAME_UPPER', [1, 1, 5, 6], [1, 1, 2, 3], 0, { auto_pad: 'SAME_UPPER', strides: [2, 2] }],
  ['SAME_LOWER', [1, 1, 5, 6], [1, 1, 2, 3], 0, { auto_pad: 'SAME_LOWER', strides: [2, 2] }],
  ['SAME_UPPER, no strides', [1, 1, 5, 4], [1, 1, 4, 2], 0, { auto_pad: 'SAME_UPPER' }],
  ['SAME_LOWER, no strides', [1, 1, 5, 4], [1, 1, 4, 2], 0, { auto_pad: 'SAME_LOWER' }],
  ['SAME_UPPER, one axis', [1, 2, 6], [1, 2, 4], 0, { auto_pad: 'SAME_UPPER', strides: [3] }],
  ['VALID', [1, 1, 5, 5], [1, 1, 2, 2], 0, { auto_pad: 'VALID', strides: [2, 2] }],
  ['a kernel of one', [2, 3, 3, 2], [4, 3, 1, 1], 4, {}],
  ['a kernel as large as the image', [1, 2, 3, 3], [2, 2, 3, 3], 0, {}],
  ['an empty batch', [0, 2, 4, 4], [3, 2, 2, 2], 3, {}],
]);

const transposed = fromList([
  ['plain', [1, 2, 3, 3], [2, 3, 3, 3], 0, {}],
  ['with a bias', [1, 2, 3, 2], [2, 3, 2, 2], 3, { kernel_shape: [2, 2] }],
  ['one axis', [2, 2, 4], [2, 3, 3], 3, { strides: [2], pads: [1, 0] }],
  ['three axes', [1, 2, 2, 3, 2], [2, 1, 2, 2, 3], 1, { strides: [2, 1, 2] }],
  ['strides', [1, 1, 3, 3], [1, 2, 3, 2], 0, { strides: [3, 2] }],
  ['padded', [1, 1, 4, 4], [1, 2, 3, 3], 0, { pads: [1, 0, 2, 1], strides: [2, 2] }],
  ['output padding', [1, 1, 3, 3], [1, 1, 3, 3], 0, { strides: [3, 2], output_padding: [1, 1] }],
  [
    'output padding and pads',
    [1, 1, 3, 3],
    [1, 1, 3, 3],
    0,
    { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
  ],
  ['a given shape', [1, 1, 3, 3], [1, 2, 3, 3], 0, { strides: [3, 2], output_shape: [10, 8] }],
  [
    'a given shape, SAME_UPPER',
    [1, 1, 3, 3],
    [1, 1, 3, 3],
    0,
    { strides: [2, 2], output_shape: [6, 5], auto_pad: 'SAME_UPPER' },
  ],
  ['a smaller given shape', [1, 1, 4, 3], [1, 1, 3, 3], 0, { strides: [2, 2], output_shape: [8, 6] }],
  ['dilations', [1, 1, 3, 3], [1, 1, 2, 2], 0, { dilations: [2, 3] }],
  ['groups', [1, 4, 3, 3], [4, 2, 2, 2], 4, { group: 2 }],
  ['depthwise', [1, 3, 3, 3], [3, 1, 3, 3], 0, { group: 3, strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['SAME_UPPER', [1, 1, 3, 3], [1, 2, 3, 3], 0, { auto_pad: 'SAME_UPPER', strides: [2, 2] }],
  ['SAME_LOWER', [1, 1, 3, 3], [1, 2, 3, 3], 0, { auto_pad: 'SAME_LOWER', strides: [2, 2] }],
  ['VALID', [1, 1, 3, 3], [1, 1, 3, 3], 0, { auto_pad: 'VALID', strides: [2, 2] }],
]);

const col2Im: readonly Case[] = [
  { what: 'plain', inputs: [t([1, 5, 5]), c([5, 5]), c([1, 5])] },
  { what: 'strides', inputs: [t([1, 9, 4]), c([5, 5]), c([3, 3])], attributes: { strides: [2, 2] } },
  { what: 'padded', inputs: [t([1, 5, 15]), c([5, 5]), c([1, 5])], attributes: { pads: [0, 1, 0, 1] } },
  { what: 'dilations', inputs: [t([1, 4, 5]), c([6, 6]), c([2, 2])], attributes: { dilations: [1, 5] } },
  { what: 'channels and a batch', inputs: [t([2, 8, 4]), c([3, 3]), c([2, 2])] },
  { what: 'three axes', inputs: [t([1, 8, 8]), c([3, 3, 3]), c([2, 2, 2])] },
];

const deform: readonly Case[] = [
  { what: 'plain', inputs: [t([1, 2, 4, 4]), t([3, 2, 2, 2]), t([1, 8, 3, 3], 'unit')] },
  { what: 'with a bias', inputs: [t([1, 2, 4, 4]), t([3, 2, 2, 2]), t([1, 8, 3, 3], 'unit'), t([3])] },
  {
    what: 'with a mask',
    inputs: [t([1, 2, 4, 4]), t([3, 2, 2, 2]), t([1, 8, 3, 3], 'unit'), null, t([1, 4, 3, 3], 'unit')],
  },
  {
    what: 'padding, strides and dilations',
    inputs: [t([1, 2, 6, 5]), t([2, 2, 2, 2]), t([1, 8, 3, 3])],
    attributes: { pads: [1, 1, 0, 1], strides: [2, 2], dilations: [2, 1] },
  },
  {
    what: 'groups',
    inputs: [t([2, 4, 3, 3]), t([2, 2, 2, 2]), t([2, 16, 2, 2], 'unit'), null, t([2, 8, 2, 2], 'unit')],
    attributes: { group: 2, offset_group: 2 },
  },
];

export const convolutions: Cases = { Col2Im: col2Im, Conv: conv, ConvTranspose: transposed, DeformConv: deform };
