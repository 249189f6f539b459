import type { DType } from '../../tensor/dtype.js';
import type { Shape } from '../../tensor/shape.js';
import { split } from '../concat.js';
import { argmax, argmin, max, min } from '../extrema.js';
import { gather, oneHot, scatterAdd } from '../indexing.js';
import { matmul, product } from '../matmul.js';
import { pad } from '../pad.js';
import { type CumsumOptions, cumsum, mean, prod, sum } from '../reductions.js';
import { expand, flip, reshape, squeeze, transpose, unsqueeze } from '../shape.js';
import { slice } from '../slice.js';
import { logSoftmax, logsumexp, softmax } from '../softmax.js';
import { defineMethods } from './define.js';

type Axes = number | readonly number[];

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
    /** Removes axes of length 1: those given, or all. */
    squeeze(axes?: Axes): Tensor;
    /** Inserts axes of length 1 at these places of the result. */
    unsqueeze(axes: Axes): Tensor;
    /** Elements start ≤ i < end of every axis, each `step`-th; NumPy's negative indices; trailing axes may be left out. */
    slice(start: readonly number[], end: readonly number[], step?: readonly number[]): Tensor;
    /** Puts elements of one value (default 0) before and after each axis. */
    pad(before: readonly number[], after: readonly number[], value?: number): Tensor;
    /** Pieces along an axis: so many equal ones, or of the given sizes. */
    split(parts: Axes, axis: number): Tensor[];
    /** Reverse order along axes (all when absent). */
    flip(axes?: Axes): Tensor;
    /** Slices at integer indices along an axis (default 0): `x[:axis] + indices + x[axis + 1:]`. */
    gather(indices: Tensor, axis?: number): Tensor;
    /** This with updates added at integer indices along an axis (default 0). */
    scatterAdd(indices: Tensor, updates: Tensor, axis?: number): Tensor;
    /** Rows of the unit matrix of size `depth` by these indices. */
    oneHot(depth: number, dtype: DType): Tensor;
    /** Sum over axes (all when absent). */
    sum(axes?: Axes, keepDims?: boolean): Tensor;
    /** Mean over axes (all when absent). */
    mean(axes?: Axes, keepDims?: boolean): Tensor;
    /** Largest element over axes (all when absent). */
    max(axes?: Axes, keepDims?: boolean): Tensor;
    /** Smallest element over axes (all when absent). */
    min(axes?: Axes, keepDims?: boolean): Tensor;
    /** Product over axes (all when absent). */
    prod(axes?: Axes, keepDims?: boolean): Tensor;
    /** log Σ exp(x) over axes (all when absent), without overflow. */
    logsumexp(axes?: Axes, keepDims?: boolean): Tensor;
    /** Running sums along an axis. */
    cumsum(axis: number, options?: CumsumOptions): Tensor;
    /** Index (i64) of the first largest element along an axis (default the last). */
    argmax(axis?: number, keepDims?: boolean): Tensor;
    /** Index (i64) of the first smallest element along an axis (default the last). */
    argmin(axis?: number, keepDims?: boolean): Tensor;
    /** exp(xᵢ)/Σⱼ exp(xⱼ) along an axis (default the last). */
    softmax(axis?: number): Tensor;
    /** log(softmax(x)) along an axis (default the last). */
    logSoftmax(axis?: number): Tensor;
  }
}

defineMethods({ matmul, product, reshape, transpose, expand, squeeze, unsqueeze, slice, pad, split, flip });
defineMethods({ gather, scatterAdd, oneHot, sum, mean, max, min, prod, logsumexp, cumsum, argmax, argmin });
defineMethods({ softmax, logSoftmax });
