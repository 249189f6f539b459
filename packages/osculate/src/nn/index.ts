import '../ops/index.js';

export {
  type Context,
  drawMasks,
  type InferenceContext,
  inferenceContext,
  type MaskInput,
  type Statistics,
  type TrainingContext,
  trainingContext,
} from './context.js';
export {
  filled,
  heNormal,
  heUniform,
  type Initializer,
  normal,
  orthogonal,
  sparse,
  uniform,
  xavierNormal,
  xavierUniform,
} from './initializers.js';
export type { AnyLayer, FloatDType, Layer, Parameters } from './layer.js';
export { type AttentionOptions, type AttentionParameters, attention, multiHeadAttention } from './layers/attention.js';
export { residual, sequential } from './layers/containers.js';
export { type ConvOptions, type ConvParameters, conv1d, conv2d } from './layers/conv.js';
export { type DenseOptions, type DenseParameters, dense } from './layers/dense.js';
export { type EmbeddingParameters, embedding, positions } from './layers/embedding.js';
export { batchNorm, layerNorm, type NormParameters } from './layers/normalization.js';
export { bidirectional, gru, lstm, type RecurrentOptions, type RecurrentParameters, rnn } from './layers/recurrent.js';
export {
  type ActivationName,
  activation,
  averagePool2d,
  dropout,
  flatten,
  lambda,
  maxPool2d,
  type NoParameters,
} from './layers/simple.js';
export {
  type TransformerBlockOptions,
  type TransformerBlockParameters,
  transformerBlock,
} from './layers/transformer.js';
export { loadParameters } from './load-parameters.js';
export { huber } from './losses/huber.js';
export type { Loss, Reduction } from './losses/loss.js';
export { poisson } from './losses/poisson.js';
export { sigmoidCrossEntropy } from './losses/sigmoid-cross-entropy.js';
export { softmaxCrossEntropy } from './losses/softmax-cross-entropy.js';
export { squaredError } from './losses/squared-error.js';
export { runningStatistics } from './running-statistics.js';
