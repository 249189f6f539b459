import '../ops/index.js';

export { type Context, drawMasks, inferenceContext, trainingContext } from './context.js';
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
export type { AnyLayer, FloatDType, Layer, LayerLike, Parameters } from './layer.js';
export { attention, multiHeadAttention } from './layers/attention.js';
export { residual, sequential } from './layers/containers.js';
export { conv1d, conv2d } from './layers/conv.js';
export { dense } from './layers/dense.js';
export { embedding, positions } from './layers/embedding.js';
export { batchNorm, layerNorm } from './layers/normalization.js';
export { bidirectional, gru, lstm, rnn } from './layers/recurrent.js';
export {
  averagePool2d,
  dropout,
  elu,
  flatten,
  gelu,
  maxPool2d,
  relu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from './layers/simple.js';
export { transformerBlock } from './layers/transformer.js';
export { loadParameters } from './load-parameters.js';
export type { AnyLoss, CustomLoss, LossFunction } from './losses/custom.js';
export type { ElementwiseOptions } from './losses/elementwise.js';
export { type HuberOptions, huber } from './losses/huber.js';
export type { Loss, Metric, Reduction } from './losses/loss.js';
export { poisson } from './losses/poisson.js';
export { type SigmoidCrossEntropyOptions, sigmoidCrossEntropy } from './losses/sigmoid-cross-entropy.js';
export {
  balancedClassWeights,
  type SoftmaxCrossEntropyOptions,
  softmaxCrossEntropy,
} from './losses/softmax-cross-entropy.js';
export { squaredError } from './losses/squared-error.js';
export { runningStatistics } from './running-statistics.js';
