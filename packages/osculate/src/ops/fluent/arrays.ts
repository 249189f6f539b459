import type { Shape } from '../../tensor/shape.js';
import { expand } from '../expand.js';
import { matmul, product } from '../matmul.js';
import { reshape } from '../reshape.js';
import { sum } from '../sum.js';
import { transpose } from '../transpose.js';
import { defineMethods } from './define.js';

declare module '../../tensor/ir.js' {
  interface Tensor {
    /** Matrix product with NumPy's rules. */
    matmul(b: Tensor): Tensor;
    /** Batched matrix product of operands of rank ≥ 2, each with its last two axes swapped first where asked. */
    product(b: Tensor, transA?: boolean, transB?: boolean): Tensor;
    /** The same elements under another shape; one dimension may be −1. */
    reshape(shape: Shape): Tensor;
    /** Axis i of the result is axis `permutation[i]`; all reversed without one. */
    transpose(permutation?: readonly number[]): Tensor;
    /** Broadcasts to a larger shape. */
    expand(shape: Shape): Tensor;
    /** Sum over axes (all when absent). */
    sum(axes?: number | readonly number[], keepDims?: boolean): Tensor;
  }
}

defineMethods({ matmul, product, reshape, transpose, expand, sum });
