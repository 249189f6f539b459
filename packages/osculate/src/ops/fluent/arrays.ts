import type { DType } from '../../tensor/dtype.js';
import type { Operand } from '../../tensor/leaf.js';
import type { Shape } from '../../tensor/shape.js';
import { concatOnto, split } from '../concat.js';
import { argmax, argmin, max, min } from '../extrema.js';
import { gather, oneHot, scatterAdd } from '../indexing.js';
import { dot, matmul, product } from '../matmul.js';
import { norm, std, variance } from '../moments.js';
import { pad } from '../pad.js';
import { all, any, type CumsumOptions, cumsum, mean, prod, sum } from '../reductions.js';
import { expand, flatten, flip, reshape, squeeze, transpose, unsqueeze } from '../shape.js';
import { at, slice } from '../slice.js';
import { logSoftmax, logsumexp, softmax } from '../softmax.js';
import { defineMethods } from './define.js';

type Axes = number | readonly number[];

declare module '../../tensor/ir.js' {
  /**
   * Methods on shapes, axes and products. Negative axes count from the end; an axis that does not exist, or shapes that do not fit,
   * are a ShapeError. Reductions remove their axes, or keep them with length 1 when `keepDims`.
   */
  interface Tensor {
    /** The element or part at indices of the leading axes, which are removed: `x.at(1)` is a row, `x.at(0, -1)` an element. Any dtype. */
    at(...indices: readonly number[]): Tensor;
    /** Inner product Σ xᵢ·yᵢ of vectors, a scalar; of matrices the same as `matmul`. Floats. */
    dot(y: Operand): Tensor;
    /** Matrix product with NumPy's rules: [.., m, k] × [.., k, n] → [.., m, n]; a vector is a row (left) or a column (right). Floats. */
    matmul(b: Operand): Tensor;
    /** Batched matrix product of operands of rank ≥ 2, each with its last two axes swapped first where asked. Floats. */
    product(b: Operand, transA?: boolean, transB?: boolean): Tensor;
    /** The same elements under another shape; one dimension may be −1 and is inferred. Any dtype. */
    reshape(shape: Shape): Tensor;
    /** All elements as one vector, in row-major order. Any dtype. */
    flatten(): Tensor;
    /** Axis i of the result is axis `permutation[i]`; all reversed without one. Any dtype. */
    transpose(permutation?: readonly number[]): Tensor;
    /** Broadcasts to a larger shape (NumPy's broadcast_to). Any dtype. */
    expand(shape: Shape): Tensor;
    /** Removes axes of length 1: those given, or all. Any dtype. */
    squeeze(axes?: Axes): Tensor;
    /** Inserts axes of length 1 at these places of the result. Any dtype. */
    unsqueeze(axes: Axes): Tensor;
    /** Elements start ≤ i < end of every axis, each `step`-th; NumPy's negative indices; trailing axes may be left out. Any dtype. */
    slice(start: readonly number[], end: readonly number[], step?: readonly number[]): Tensor;
    /** Puts elements of one value (default 0) before and after each axis. Any dtype. */
    pad(before: readonly number[], after: readonly number[], value?: number): Tensor;
    /** This followed by one tensor or a list of tensors and arrays along an axis (default 0). Any dtype, the same for all. */
    concat(others: Tensor | readonly Operand[], axis?: number): Tensor;
    /** Pieces along an axis: so many equal ones, or of the given sizes. Any dtype. */
    split(parts: Axes, axis: number): Tensor[];
    /** Reverse order along axes (all when absent). Any dtype. */
    flip(axes?: Axes): Tensor;
    /** Slices at integer indices along an axis (default 0): `x[:axis] + indices + x[axis + 1:]`. InputError for an index out of range. */
    gather(indices: Operand, axis?: number): Tensor;
    /** This with updates added at integer indices along an axis (default 0): the transpose of `gather`. Numbers. */
    scatterAdd(indices: Operand, updates: Operand, axis?: number): Tensor;
    /** Rows of the unit matrix of size `depth` by these indices: […] → […, depth]. Integers. */
    oneHot(depth: number, dtype: DType): Tensor;
    /** Sum over axes (all when absent). Numbers. */
    sum(axes?: Axes, keepDims?: boolean): Tensor;
    /** Mean over axes (all when absent). Floats. */
    mean(axes?: Axes, keepDims?: boolean): Tensor;
    /** Euclidean norm √(Σ x²) over axes (all when absent); derivative x/‖x‖, 0 at x = 0. Floats. */
    norm(axes?: Axes, keepDims?: boolean): Tensor;
    /** Variance Σ (x − x̄)²/(n − ddof) over axes (all when absent); ddof is 0 as in NumPy, 1 is unbiased. Floats. */
    var(axes?: Axes, keepDims?: boolean, ddof?: number): Tensor;
    /** Standard deviation √var over axes (all when absent); derivative 0 where all elements are equal. Floats. */
    std(axes?: Axes, keepDims?: boolean, ddof?: number): Tensor;
    /** Largest element over axes (all when absent); ties share the derivative. Numbers. */
    max(axes?: Axes, keepDims?: boolean): Tensor;
    /** Smallest element over axes (all when absent); ties share the derivative. Numbers. */
    min(axes?: Axes, keepDims?: boolean): Tensor;
    /** Product over axes (all when absent); 1 over no elements. Numbers. */
    prod(axes?: Axes, keepDims?: boolean): Tensor;
    /** Whether some element over axes (all when absent) holds. Booleans. */
    any(axes?: Axes, keepDims?: boolean): Tensor;
    /** Whether all elements over axes (all when absent) hold. Booleans. */
    all(axes?: Axes, keepDims?: boolean): Tensor;
    /** log Σ exp(x) over axes (all when absent), without overflow. Floats. */
    logsumexp(axes?: Axes, keepDims?: boolean): Tensor;
    /** Running sums along an axis: yᵢ = Σ_{j ≤ i} xⱼ. Numbers. */
    cumsum(axis: number, options?: CumsumOptions): Tensor;
    /** Index (i64) of the first largest element along an axis (default the last); no derivative. Numbers. */
    argmax(axis?: number, keepDims?: boolean): Tensor;
    /** Index (i64) of the first smallest element along an axis (default the last); no derivative. Numbers. */
    argmin(axis?: number, keepDims?: boolean): Tensor;
    /** exp(xᵢ)/Σⱼ exp(xⱼ) along an axis (default the last). Floats. */
    softmax(axis?: number): Tensor;
    /** log(softmax(x)) along an axis (default the last), exact where softmax underflows. Floats. */
    logSoftmax(axis?: number): Tensor;
  }
}

defineMethods({ at, dot, matmul, product, reshape, flatten, transpose, expand, squeeze, unsqueeze, slice, pad });
defineMethods({ concat: concatOnto, split, flip, gather, scatterAdd, oneHot, sum, mean, norm, var: variance, std });
defineMethods({ max, min, prod, any, all, logsumexp, cumsum, argmax, argmin, softmax, logSoftmax });
