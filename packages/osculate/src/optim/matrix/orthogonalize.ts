import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Objective, Rows, Vector } from '../objective.js';
import { chunks } from '../program-objective.js';

/** a, b, c of x ← a·x + b·x³ + c·x⁵ (Jordan 2024): they lift small singular values fast but never settle at 1. */
const [a, b, c] = [3.4445, -4.775, 2.0315];

/** X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X, on the shorter side. */
function newtonSchulzSteps(x: Tensor, steps: number): Tensor {
  const wide = x.shape[0]! <= x.shape[1]!;
  for (let k = 0; k < steps; k++) {
    const gram = x.product(x, !wide, wide);
    const polynomial = gram.mul(b).add(gram.matmul(gram).mul(c));
    x = x.mul(a).add(wide ? polynomial.matmul(x) : x.matmul(polynomial));
  }
  return x;
}

/**
 * An approximation of the orthogonal polar factor of a matrix, given row by row: `steps` Newton-Schulz steps with Muon's
 * coefficients from M/‖M‖_F. They run on the objective's executor, since they are products of matrices as large as the layers': 5
 * steps of an m × n matrix, m ≤ n, take 10·m²·(2n + m) operations. A zero matrix stays zero.
 * The rows of the step say which batch graph the program belongs to; it uses none of it.
 */
export async function orthogonalize(
  objective: Objective,
  at: { readonly parameters: Vector; readonly rows: Rows },
  shape: readonly [number, number],
  data: Vector,
  steps: number,
): Promise<Vector> {
  let square = 0;
  for (let i = 0; i < data.length; i++) square += data[i]! * data[i]!;
  if (square === 0) return data;
  const scale = 1 / Math.sqrt(square);
  const { dtype } = objective.layout;
  const matrix: NDArray = { dtype, shape, data: data.map((v) => scale * v) as never };
  const { polar } = await objective.run(
    `newton-schulz ${steps} ${shape.join('x')}`,
    () => ({ polar: newtonSchulzSteps(input('matrix', dtype, shape), steps) }),
    at.parameters,
    chunks(at.rows, objective.chunk).next().value as Rows,
    { matrix },
  );
  return polar!.data as Vector;
}
