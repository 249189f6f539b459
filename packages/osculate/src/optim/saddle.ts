import { tridiagonalEigen } from '../linalg/dense/eigen/tridiagonal-eigen.js';
import { lanczos } from '../linalg/krylov/lanczos.js';
import type { Vector } from '../linalg/vectors.js';
import { hessianMatrix } from '../objective/matrices.js';
import type { Objective } from '../objective/objective.js';
import { matrixProducts } from '../objective/products.js';
import { generator } from '../tensor/random.js';

/** Products of a look at the curvature. */
const products = 12;

/**
 * The lowest curvature that shows at a point after some Hessian products with random vectors (Lanczos), if it is negative beyond rounding; null
 * where none shows, which proves nothing beyond `products` dimensions, and where the Hessian cannot be computed.
 */
export async function negativeCurvature(objective: Objective, x: Vector): Promise<number | null> {
  const random = generator(0);
  const start = Float64Array.from(x, () => random.normal());
  try {
    const { apply } = matrixProducts(objective.at(x), hessianMatrix);
    const { diagonal, offDiagonal } = await lanczos(apply, start, products);
    if (diagonal.length === 0) return null;
    const { values } = tridiagonalEigen(diagonal, offDiagonal);
    const [lowest, highest] = [values[0]!, values.at(-1)!];
    const rounding = objective.layout.dtype === 'f64' ? 1e-8 : 1e-3;
    return lowest < -rounding * Math.max(Math.abs(lowest), Math.abs(highest)) && lowest < 0 ? lowest : null;
  } catch {
    // An operation without second derivatives, say: then nothing is known of the curvature.
    return null;
  }
}
