import { showValue } from '../tensor/check-value.js';
import { describe, requireFloat } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { normalizeAxes, sizeOf } from '../tensor/shape.js';

type Axes = number | readonly number[];

/** √x with derivative 0 where x = 0: the subgradient that leaves a minimum alone, where 1/(2√x) would be infinite. */
function safeSqrt(x: Tensor): Tensor {
  const zero = x.equal(0);
  return zero.where(0, zero.where(1, x).sqrt());
}

/**
 * Euclidean norm √(Σ x²) over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`. The
 * derivative is x/‖x‖, and 0 (of all orders) at x = 0. Squares are summed as they are: they overflow beyond 1e19 in f32.
 *
 * ```ts
 * constant([[3, 4], [6, 8]], 'f64').norm(1); // [5, 10]
 * ```
 * @throws DTypeError for integers; ShapeError for axes that do not exist.
 */
export function norm(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  requireFloat('norm', x);
  return safeSqrt(x.square().sum(axes, keepDims));
}

/**
 * Variance Σ (x − x̄)²/(n − ddof) of the n elements over `axes` (all when absent), which are removed, or kept with length 1 when
 * `keepDims`. As in NumPy `ddof` is 0: the mean of the squares, which underestimates the variance of what was sampled by
 * (n − 1)/n; with 1 it is unbiased, as PyTorch's default.
 *
 * ```ts
 * constant([1, 2, 3, 4], 'f64').var(); // 1.25
 * constant([1, 2, 3, 6], 'f64').var(0, false, 1); // 4.666666666666667
 * ```
 * @throws DTypeError for integers; ShapeError where n ≤ ddof; InputError when ddof is not a number ≥ 0.
 */
export function variance(x: Tensor, axes?: Axes, keepDims = false, ddof = 0): Tensor {
  requireFloat('var', x);
  if (!Number.isFinite(ddof) || ddof < 0)
    throw new InputError(`var: ddof must be a number ≥ 0, got ${showValue(ddof)}`);
  const normal = normalizeAxes(axes, x.rank, 'var');
  const count = sizeOf(normal.map((a) => x.shape[a]!));
  if (count <= ddof) {
    throw new ShapeError(
      `var over axes [${normal.join(', ')}] of ${describe(x)}: ${count} elements, but ddof is ${ddof}`,
    );
  }
  const squares = x.sub(x.mean(normal, true)).square().sum(normal, keepDims);
  return squares.mul(1 / (count - ddof));
}

/**
 * Standard deviation, the root of `variance` with the same arguments (`ddof` 0 by default). Its derivative is 0 where all
 * elements are equal.
 *
 * ```ts
 * constant([1, 3], 'f64').std(); // 1
 * constant([1, 3], 'f64').std(0, false, 1); // 1.4142135623730951
 * ```
 * @throws as `variance`.
 */
export function std(x: Tensor, axes?: Axes, keepDims = false, ddof = 0): Tensor {
  return safeSqrt(variance(x, axes, keepDims, ddof));
}
