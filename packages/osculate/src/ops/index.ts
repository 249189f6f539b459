import './fluent/arrays.js';
import './fluent/convolution.js';
import './fluent/elementwise.js';

export { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus } from './activations.js';
export { add, div, maximum, minimum, mul, pow, sub } from './binary.js';
export {
  equal,
  greater,
  greaterEqual,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
  where,
} from './comparison.js';
export { concat, split, stack } from './concat.js';
export { conv } from './convolution/conv.js';
export { type ConvTransposeOptions, convTranspose } from './convolution/conv-transpose.js';
export type { ConvOptions } from './convolution/geometry.js';
export { einsum } from './einsum.js';
export { erf } from './erf.js';
export { argmax, argmin, max, min } from './extrema.js';
export { gather, oneHot, scatterAdd } from './indexing.js';
export { matmul } from './matmul.js';
export {
  type BatchNormOptions,
  type BatchNormResult,
  batchNorm,
  type LayerNormOptions,
  layerNorm,
} from './normalization.js';
export { pad } from './pad.js';
export { type AveragePoolOptions, averagePool, globalAveragePool } from './pooling/average-pool.js';
export { globalMaxPool, type MaxPoolOptions, maxPool } from './pooling/max-pool.js';
export { upsample } from './pooling/upsample.js';
export { type CumsumOptions, cumsum, mean, prod, sum } from './reductions.js';
export { type ScanOptions, type ScanStep, scan } from './scan/scan.js';
export { expand, flip, reshape, squeeze, transpose, unsqueeze } from './shape.js';
export { slice } from './slice.js';
export { logSoftmax, logsumexp, softmax } from './softmax.js';
export { acos, asin, atan, atan2, cos, cosh, sin, sinh, tan, tanh } from './trigonometry.js';
export {
  abs,
  cast,
  ceil,
  clip,
  exp,
  expm1,
  floor,
  log,
  log1p,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sqrt,
  square,
  stopGradient,
} from './unary.js';
export { type WhileOptions, whileLoop } from './while-loop.js';
