import { conv } from '../convolution/conv.js';
import { type ConvTransposeOptions, convTranspose } from '../convolution/conv-transpose.js';
import { type ConvWeightOptions, convWeight } from '../convolution/conv-weight.js';
import type { ConvOptions } from '../convolution/geometry.js';
import { type AveragePoolOptions, averagePool } from '../pooling/average-pool.js';
import { type MaxPoolOptions, maxPool } from '../pooling/max-pool.js';
import { defineMethods } from './define.js';

declare module '../../tensor/ir.js' {
  interface Tensor {
    /** Convolution `[n, c, …]` → `[n, o, …]` by a weight `[o, c/groups, …kernel]`. */
    conv(w: Tensor, options?: ConvOptions): Tensor;
    /** Transposed convolution `[n, c, …]` → `[n, o, …]` by a weight `[c, o/groups, …kernel]`. */
    convTranspose(w: Tensor, options?: ConvTransposeOptions): Tensor;
    /** The weight's part of a convolution's transpose, from its input and a cotangent of its output. */
    convWeight(y: Tensor, options: ConvWeightOptions): Tensor;
    /** Largest element of each window. */
    maxPool(options: MaxPoolOptions): Tensor;
    /** Mean of each window. */
    averagePool(options: AveragePoolOptions): Tensor;
  }
}

defineMethods({ conv, convTranspose, convWeight, maxPool, averagePool });
