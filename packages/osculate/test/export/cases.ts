import * as nn from '../../src/nn/index.js';

/** A model to export: a layer, or a function without parameters. */
export interface ExportCase {
  readonly layer: nn.AnyLayer;
  /** Of the input, for a batch of 2 or with the batch first. */
  readonly shape: readonly number[];
  /** Integer ids below this, instead of normal numbers. */
  readonly ids?: number;
  /** Op types that the file must have. */
  readonly ops: readonly string[];
  /** In f64, when not 1e-12. */
  readonly tolerance?: number;
}

const { tanh, sigmoid, relu, gelu, silu, softplus, elu } = nn;
const activations = { tanh, sigmoid, relu, gelu, silu, softplus, elu };

const dense = (...sizes: readonly number[]): nn.AnyLayer[] =>
  sizes.slice(1).map((size, i) => nn.dense(sizes[i]!, size));

const self = (causal: boolean): nn.AnyLayer => nn.sequential([(x) => nn.attention(x, x, x, causal)]);

/** Cases of every layer of `osculate/nn`, by the name of the function that makes it. */
export const layerCases: Readonly<Record<string, Readonly<Record<string, ExportCase>>>> = {
  ...Object.fromEntries(
    Object.entries(activations).map(([name, layer]) => [
      name,
      { plain: { layer: layer(), shape: [2, 5], ops: name === 'gelu' ? ['Gelu'] : [] } },
    ]),
  ),
  attention: {
    plain: { layer: self(false), shape: [2, 5, 4], ops: ['Softmax', 'MatMul'] },
    causal: { layer: self(true), shape: [2, 5, 4], ops: ['Softmax', 'MatMul'] },
  },
  averagePool2d: {
    plain: { layer: nn.averagePool2d(2), shape: [2, 3, 6, 6], ops: ['AveragePool'] },
    overlapping: { layer: nn.averagePool2d(3, 1), shape: [2, 3, 6, 5], ops: ['AveragePool'] },
  },
  batchNorm: {
    images: { layer: nn.batchNorm(3), shape: [2, 3, 4, 4], ops: ['BatchNormalization'] },
    // ε is an attribute in single precision: off by up to 6e-8·ε.
    rows: { layer: nn.batchNorm(4, 1e-3), shape: [2, 4], ops: ['BatchNormalization'], tolerance: 6e-11 },
  },
  bidirectional: {
    lstm: { layer: nn.bidirectional(nn.lstm(3, 4), nn.lstm(3, 4, { reverse: true })), shape: [2, 5, 3], ops: ['Scan'] },
  },
  conv1d: { plain: { layer: nn.conv1d(3, 4, 3, { padding: 1 }), shape: [2, 3, 8], ops: ['Conv'] } },
  conv2d: {
    plain: { layer: nn.conv2d(3, 4, 3), shape: [2, 3, 6, 6], ops: ['Conv'] },
    groups: {
      layer: nn.conv2d(4, 6, [3, 2], { groups: 2, stride: 2, padding: 1, bias: false }),
      shape: [2, 4, 7, 6],
      ops: ['Conv'],
    },
    dilated: { layer: nn.conv2d(2, 3, 2, { dilation: [2, 1] }), shape: [2, 2, 6, 6], ops: ['Conv'] },
  },
  dense: {
    rows: { layer: nn.dense(4, 3), shape: [2, 4], ops: ['Gemm'] },
    sequence: { layer: nn.dense(4, 3), shape: [2, 5, 4], ops: ['Gemm', 'Reshape'] },
    'without bias': { layer: nn.dense(4, 3, { bias: false }), shape: [2, 4], ops: ['Gemm'] },
  },
  dropout: {
    'after a dense layer': { layer: nn.sequential([...dense(4, 3), nn.dropout(0.5)]), shape: [2, 4], ops: ['Gemm'] },
    alone: { layer: nn.dropout(0.5), shape: [2, 4], ops: ['Identity'] },
  },
  embedding: { plain: { layer: nn.embedding(11, 4), shape: [2, 5], ids: 11, ops: ['Gather'] } },
  flatten: { plain: { layer: nn.flatten(), shape: [2, 3, 4], ops: ['Reshape'] } },
  gru: {
    sequence: { layer: nn.gru(3, 4), shape: [2, 5, 3], ops: ['Scan'] },
    last: { layer: nn.gru(3, 4, { output: 'last' }), shape: [2, 5, 3], ops: ['Scan'] },
  },
  layerNorm: {
    plain: { layer: nn.layerNorm(4), shape: [2, 5, 4], ops: ['LayerNormalization'] },
    'large epsilon': { layer: nn.layerNorm(4, 0.25), shape: [2, 4], ops: ['LayerNormalization'] },
  },
  lstm: {
    sequence: { layer: nn.lstm(3, 4), shape: [2, 5, 3], ops: ['Scan'] },
    last: { layer: nn.lstm(3, 4, { output: 'last', reverse: true }), shape: [2, 5, 3], ops: ['Scan'] },
  },
  maxPool2d: { plain: { layer: nn.maxPool2d(2), shape: [2, 3, 6, 6], ops: ['MaxPool'] } },
  multiHeadAttention: {
    plain: { layer: nn.multiHeadAttention(8, 2), shape: [2, 5, 8], ops: ['Softmax', 'MatMul', 'Gemm'] },
    causal: { layer: nn.multiHeadAttention(8, 4, { causal: true, bias: false }), shape: [2, 5, 8], ops: ['Softmax'] },
  },
  positions: { plain: { layer: nn.positions(7, 4), shape: [2, 5, 4], ops: ['Slice', 'Add'] } },
  residual: { plain: { layer: nn.residual(nn.dense(4, 4)), shape: [2, 4], ops: ['Gemm', 'Add'] } },
  rnn: {
    tanh: { layer: nn.rnn(3, 4), shape: [2, 5, 3], ops: ['Scan'] },
    relu: { layer: nn.rnn(3, 4, { activation: 'relu', output: 'last' }), shape: [2, 5, 3], ops: ['Scan'] },
  },
  sequential: {
    mean: { layer: nn.sequential([(x) => x.mean([1, 2])]), shape: [2, 3, 4], ops: ['ReduceMean'] },
    'mean of the batch': { layer: nn.sequential([(x) => x.sub(x.mean(0, true))]), shape: [2, 3], ops: ['ReduceMean'] },
    list: {
      layer: nn.sequential([
        nn.conv2d(1, 4, 3, { padding: 1 }),
        nn.batchNorm(4),
        nn.relu(),
        nn.maxPool2d(2),
        nn.conv2d(4, 6, 3),
        nn.batchNorm(6),
        nn.gelu(),
        nn.flatten(),
        ...dense(24, 5),
      ]),
      shape: [2, 1, 8, 8],
      ops: ['BatchNormalization', 'Conv', 'Gemm', 'MaxPool'],
    },
    named: {
      layer: nn.sequential({
        tokens: nn.embedding(11, 8),
        places: nn.positions(6, 8),
        block: nn.transformerBlock(8, 2),
        last: (x) => x.mean(1),
        head: nn.dense(8, 3),
      }),
      shape: [2, 6],
      ids: 11,
      ops: ['Gather', 'LayerNormalization', 'Softmax', 'Gelu', 'Gemm', 'ReduceMean'],
    },
  },
  transformerBlock: {
    pre: {
      layer: nn.transformerBlock(8, 2, { dropout: 0.1 }),
      shape: [2, 5, 8],
      ops: ['LayerNormalization', 'Softmax', 'Gelu', 'Gemm'],
    },
    'post, causal': {
      layer: nn.transformerBlock(8, 2, { norm: 'post', causal: true, activation: 'silu', hidden: 6 }),
      shape: [2, 5, 8],
      ops: ['LayerNormalization', 'Softmax', 'Sigmoid', 'Gemm'],
    },
  },
};

/** What `osculate/nn` exports beside layers. */
export const notLayers = [
  'balancedClassWeights',
  'drawMasks',
  'filled',
  'heNormal',
  'heUniform',
  'huber',
  'inferenceContext',
  'loadParameters',
  'normal',
  'orthogonal',
  'poisson',
  'runningStatistics',
  'sigmoidCrossEntropy',
  'softmaxCrossEntropy',
  'sparse',
  'squaredError',
  'trainingContext',
  'uniform',
  'xavierNormal',
  'xavierUniform',
];
