import { jvp } from 'osculate';
import { constant, type Tensor } from 'osculate/tensor';

/** The unit vector of an axis for every row of points `[rows, axes]`. */
function unit({ shape: [rows = 0, axes = 0], dtype }: Tensor, axis: number): Tensor {
  const row = Array.from({ length: axes }, (_, i) => (i === axis ? 1 : 0));
  return constant(
    Array.from({ length: rows }, () => row),
    dtype as 'f32' | 'f64',
  );
}

/**
 * ∂u/∂xₐ at every row of `points` `[rows, axes]`, where row i of u depends on row i of the points alone: one JVP along the axis.
 * Applied to itself it gives second derivatives.
 */
export function partial(u: Tensor, points: Tensor, axis: number): Tensor {
  return jvp(u, points, unit(points, axis));
}
