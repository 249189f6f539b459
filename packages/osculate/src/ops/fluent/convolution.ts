import { type AveragePoolOptions, averagePool } from '../average-pool.js';
import { conv } from '../conv.js';
import type { ConvOptions } from '../conv-shape.js';
import { type ConvTransposeOptions, convTranspose } from '../conv-transpose.js';
import { type ConvWeightOptions, convWeight } from '../conv-weight.js';
import { type MaxPoolOptions, maxPool } from '../max-pool.js';
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
