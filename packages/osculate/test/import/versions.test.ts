import { describe, expect, it } from 'vitest';
import { importOnnx } from '../../src/import/index.js';
import { type AttributeInput, float, floats } from '../../src/onnx/attributes.js';
import { type NDArray, ndarray } from '../../src/tensor/index.js';
import { expectSame, nodeModel, random } from './against-runtime.js';

interface Case {
  readonly op: string;
  readonly opset: number;
  readonly what: string;
  readonly inputs: Readonly<Record<string, NDArray | null>>;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly outputs?: readonly string[];
  /** An f32 input to be fixed at import. */
  readonly fixed?: string;
}

const i64 = (...values: number[]): NDArray => ndarray('i64', values);
const x234 = random([2, 3, 4]);
const image = random([2, 3, 5, 6]);
const channels = {
  scale: random([3], 2),
  b: random([3], 3),
  mean: random([3], 4),
  variance: ndarray('f32', [0.5, 1, 2]),
};

const cases: readonly Case[] = [
  {
    op: 'Slice',
    opset: 9,
    what: 'by attributes',
    inputs: { x: x234 },
    attributes: { starts: [1, -3], ends: [3, 1000], axes: [1, 2] },
  },
  {
    op: 'Slice',
    opset: 13,
    what: 'backwards',
    inputs: { x: x234, s: i64(-1, 2), e: i64(-1000, 0), a: i64(2, 1), t: i64(-2, -1) },
  },
  {
    op: 'Clip',
    opset: 7,
    what: 'by attributes',
    inputs: { x: x234 },
    attributes: { min: float(-0.5), max: float(0.25) },
  },
  { op: 'Squeeze', opset: 11, what: 'by attributes', inputs: { x: random([1, 3, 1]) }, attributes: { axes: [0, -1] } },
  { op: 'Unsqueeze', opset: 11, what: 'by attributes', inputs: { x: x234 }, attributes: { axes: [0, 3] } },
  {
    op: 'ReduceSum',
    opset: 11,
    what: 'by attributes',
    inputs: { x: x234 },
    attributes: { axes: [-1, 0], keepdims: 0 },
  },
  { op: 'ReduceL2', opset: 18, what: 'over an input', inputs: { x: x234, a: i64(1) } },
  { op: 'Softmax', opset: 11, what: 'over all axes from one on', inputs: { x: x234 }, attributes: { axis: 1 } },
  { op: 'LogSoftmax', opset: 13, what: 'over one axis', inputs: { x: x234 }, attributes: { axis: 1 } },
  { op: 'Hardmax', opset: 11, what: 'over all axes from one on', inputs: { x: x234 } },
  { op: 'Dropout', opset: 7, what: 'in inference', inputs: { x: x234 }, attributes: { ratio: float(0.3) } },
  { op: 'BatchNormalization', opset: 7, what: 'by stored statistics', inputs: { x: image, ...channels } },
  {
    op: 'BatchNormalization',
    opset: 15,
    what: 'by stored statistics',
    inputs: { x: image, ...channels },
    attributes: { epsilon: float(0.01) },
  },
  {
    op: 'BatchNormalization',
    opset: 15,
    what: 'by those of the batch',
    inputs: { x: image, ...channels },
    attributes: { training_mode: 1, momentum: float(0.8) },
    outputs: ['y', 'mean_new', 'variance_new'],
  },
  {
    op: 'Upsample',
    opset: 7,
    what: 'by attributes',
    inputs: { x: image },
    attributes: { scales: floats([1, 1, 2, 3]), mode: 'nearest' },
  },
  {
    op: 'Pad',
    opset: 10,
    what: 'by attributes',
    inputs: { x: x234 },
    attributes: { pads: [0, 1, 2, 1, 0, 1], mode: 'reflect' },
  },
  {
    op: 'Pad',
    opset: 10,
    what: 'by a value and negatively',
    inputs: { x: x234 },
    attributes: { pads: [1, -1, 0, 0, 2, -2], value: float(3) },
  },
  {
    op: 'Split',
    opset: 11,
    what: 'by attributes',
    inputs: { x: x234 },
    attributes: { axis: 2, split: [1, 3] },
    outputs: ['a', 'b'],
  },
  {
    op: 'Split',
    opset: 18,
    what: 'into almost equal parts',
    inputs: { x: random([7, 2]) },
    attributes: { num_outputs: 3 },
    outputs: ['a', 'b', 'c'],
  },
  {
    op: 'TopK',
    opset: 9,
    what: 'by attributes',
    inputs: { x: x234 },
    attributes: { k: 2, axis: 1 },
    outputs: ['y', 'places'],
  },
  {
    op: 'Scatter',
    opset: 10,
    what: 'elements',
    inputs: {
      x: x234,
      i: ndarray('i64', [
        [
          [0, 3],
          [1, 2],
        ],
      ]),
      u: random([1, 2, 2], 7),
    },
    attributes: { axis: 2 },
  },
  {
    op: 'MaxPool',
    opset: 10,
    what: 'with ceil_mode and padding',
    inputs: { x: image },
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 0, 1, 1], ceil_mode: 1 },
  },
  {
    op: 'MaxPool',
    opset: 12,
    what: 'dilated, one axis',
    inputs: { x: x234 },
    attributes: { kernel_shape: [2], dilations: [2] },
  },
  {
    op: 'MaxPool',
    opset: 12,
    what: 'SAME_LOWER',
    inputs: { x: image },
    attributes: { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' },
  },
  {
    op: 'AveragePool',
    opset: 19,
    what: 'counting padding',
    inputs: { x: image },
    attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 1, 1, 0], count_include_pad: 1 },
  },
  {
    op: 'AveragePool',
    opset: 11,
    what: 'over three axes',
    inputs: { x: random([1, 2, 3, 4, 5]) },
    attributes: { kernel_shape: [2, 2, 3], pads: [0, 1, 1, 1, 0, 1] },
  },
  { op: 'LpPool', opset: 18, what: 'of order 3', inputs: { x: image }, attributes: { kernel_shape: [2, 2], p: 3 } },
  { op: 'GlobalLpPool', opset: 13, what: 'of order 2', inputs: { x: image } },
  {
    op: 'Conv',
    opset: 11,
    what: 'over three axes in groups',
    inputs: { x: random([2, 4, 4, 5, 6]), w: random([6, 2, 2, 3, 2], 2), b: random([6], 3) },
    attributes: { group: 2, strides: [2, 1, 2], pads: [1, 0, 1, 0, 1, 1], dilations: [2, 1, 1] },
  },
  {
    op: 'Conv',
    opset: 11,
    what: 'SAME_UPPER with strides',
    inputs: { x: image, w: random([4, 3, 3, 2], 2) },
    attributes: { strides: [2, 2], auto_pad: 'SAME_UPPER' },
  },
  {
    op: 'ConvTranspose',
    opset: 11,
    what: 'in groups, with padding',
    inputs: { x: random([2, 4, 3, 4]), w: random([4, 3, 3, 2], 2), b: random([6], 3) },
    attributes: { group: 2, strides: [2, 3], pads: [1, 0, 0, 1], output_padding: [1, 0] },
  },
  {
    op: 'ConvTranspose',
    opset: 11,
    what: 'over three axes',
    inputs: { x: random([1, 2, 2, 3, 3]), w: random([2, 3, 2, 2, 3], 2) },
    attributes: { strides: [2, 1, 2], pads: [0, 1, 1, 1, 0, 0] },
  },
  {
    op: 'ConvTranspose',
    opset: 11,
    what: 'to a given shape',
    inputs: { x: image, w: random([3, 2, 3, 3], 2) },
    attributes: { strides: [2, 2], output_shape: [10, 12] },
  },
  {
    op: 'Gemm',
    opset: 7,
    what: 'transposed and scaled',
    inputs: { a: random([3, 2]), b: random([4, 3], 2), c: random([4], 3) },
    attributes: { transA: 1, transB: 1, alpha: float(0.5), beta: float(2) },
  },
  {
    op: 'Einsum',
    opset: 12,
    what: 'with an ellipsis',
    inputs: { a: x234, b: random([2, 4, 5], 2) },
    attributes: { equation: '...ij, ...jk -> ...ik' },
  },
  {
    op: 'LRN',
    opset: 13,
    what: 'over channels',
    inputs: { x: random([1, 7, 2, 2]) },
    attributes: { size: 5, alpha: float(0.5), beta: float(0.6), bias: float(1.5) },
  },
  { op: 'LpNormalization', opset: 13, what: 'of order 1', inputs: { x: x234 }, attributes: { p: 1, axis: 1 } },
  {
    op: 'InstanceNormalization',
    opset: 13,
    what: 'over the image',
    inputs: { x: image, scale: channels.scale, b: channels.b },
  },
  {
    op: 'LayerNormalization',
    opset: 17,
    what: 'with statistics',
    inputs: { x: x234, scale: random([3, 4], 2), b: random([3, 4], 3) },
    attributes: { axis: 1 },
    outputs: ['y', 'mean_new', 'inverse'],
  },
  {
    op: 'GroupNormalization',
    opset: 21,
    what: 'with channel gains',
    inputs: { x: random([2, 4, 3]), scale: random([4], 2), b: random([4], 3) },
    attributes: { num_groups: 2 },
  },
  {
    op: 'CumSum',
    opset: 14,
    what: 'exclusive and reversed',
    inputs: { x: x234, a: ndarray('i64', 1) },
    attributes: { exclusive: 1, reverse: 1 },
  },
  {
    op: 'DepthToSpace',
    opset: 13,
    what: 'columns first',
    inputs: { x: random([1, 8, 2, 3]) },
    attributes: { blocksize: 2, mode: 'CRD' },
  },
  { op: 'Mod', opset: 13, what: 'as fmod', inputs: { x: x234, divisor: random([4], 5) }, attributes: { fmod: 1 } },
  { op: 'PRelu', opset: 16, what: 'with a slope a channel', inputs: { x: image, s: random([3, 1, 1], 2) } },
  { op: 'Celu', opset: 12, what: 'with a factor', inputs: { x: x234 }, attributes: { alpha: float(2) } },
  {
    op: 'Resize',
    opset: 10,
    what: 'by scales',
    inputs: { x: image, s: ndarray('f32', [1, 1, 2, 2]) },
    attributes: { mode: 'nearest' },
    fixed: 's',
  },
];

describe('versions and attributes that ONNX Runtime runs from the file', () => {
  it.each(cases)('$op of version $opset, $what', async ({ op, opset, inputs, attributes, outputs, fixed }) => {
    const { proto, feeds } = nodeModel(op, opset, inputs, attributes, outputs);
    await expectSame(proto, feeds, fixed === undefined ? {} : { values: { [fixed]: feeds[fixed]! } });
  });

  it('a Scan of version 8 is refused', () => {
    const { proto } = nodeModel('Scan', 8, { x: x234 }, { num_scan_inputs: 1 });
    expect(() => importOnnx(proto)).toThrow(/- Scan at y: Scan of version 8/);
  });
});

const [steps, batch, inputs, hidden] = [4, 3, 2, 5];
const lengths = ndarray('i32', [4, 1, 3]);

interface RecurrentCase {
  readonly op: 'RNN' | 'GRU' | 'LSTM';
  readonly what: string;
  readonly attributes: Readonly<Record<string, AttributeInput>>;
  readonly lengths?: boolean;
  readonly initial?: boolean;
  readonly peepholes?: boolean;
}

const recurrentCases: readonly RecurrentCase[] = [
  ...(['RNN', 'GRU', 'LSTM'] as const).flatMap((op): RecurrentCase[] => [
    { op, what: 'forward', attributes: {}, initial: true },
    { op, what: 'reverse with lengths', attributes: { direction: 'reverse' }, lengths: true, initial: true },
    { op, what: 'in both directions with lengths', attributes: { direction: 'bidirectional' }, lengths: true },
    { op, what: 'clipped', attributes: { clip: float(0.3) }, initial: true },
  ]),
  {
    op: 'RNN',
    what: 'with other functions',
    attributes: {
      direction: 'bidirectional',
      activations: ['Affine', 'LeakyRelu'],
      activation_alpha: floats([0.7, 0.2]),
      activation_beta: floats([0.1]),
    },
  },
  {
    op: 'GRU',
    what: 'with the reset gate behind the product',
    attributes: { linear_before_reset: 1, direction: 'bidirectional' },
    initial: true,
  },
  { op: 'LSTM', what: 'with peepholes', attributes: {}, peepholes: true, initial: true },
  { op: 'LSTM', what: 'with coupled gates', attributes: { input_forget: 1 } },
  {
    op: 'LSTM',
    what: 'with other functions',
    attributes: {
      activations: ['HardSigmoid', 'ScaledTanh', 'Softsign'],
      activation_alpha: floats([0.3, 1.5]),
      activation_beta: floats([0.4, 0.5]),
    },
  },
];

describe('recurrent ops that ONNX Runtime runs from the file', () => {
  it.each(recurrentCases)('$op $what', async ({ op, attributes, lengths: cut, initial, peepholes }) => {
    const directions = attributes.direction === 'bidirectional' ? 2 : 1;
    const rows = { RNN: 1, GRU: 3, LSTM: 4 }[op] * hidden;
    const state = (seed: number): NDArray | null => (initial ? random([directions, batch, hidden], seed) : null);
    const lstm = op === 'LSTM';
    const { proto, feeds } = nodeModel(
      op,
      14,
      {
        x: random([steps, batch, inputs], 1),
        w: random([directions, rows, inputs], 2),
        r: random([directions, rows, hidden], 3),
        b: random([directions, 2 * rows], 4),
        lengths: cut ? lengths : null,
        h: state(5),
        ...(lstm && { c: state(6), p: peepholes ? random([directions, 3 * hidden], 7) : null }),
      },
      { hidden_size: hidden, ...attributes },
      lstm ? ['y', 'yh', 'yc'] : ['y', 'yh'],
    );
    await expectSame(proto, feeds);
  });
});
