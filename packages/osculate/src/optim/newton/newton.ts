import { cholesky, choleskySolve } from '../../linalg/dense/cholesky.js';
import { ldlt, ldltSolve } from '../../linalg/dense/ldlt.js';
import { modifiedCholesky } from '../../linalg/dense/modified-cholesky.js';
import { infinityNorm } from '../../linalg/dense/norms.js';
import { type Matrix, matrix } from '../../linalg/matrix.js';
import { allFinite, scaled } from '../../linalg/vectors.js';
import { type CurvatureMatrix, hessianMatrix } from '../../objective/matrices.js';
import { densePoint } from '../../objective/products.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { denseDemand } from '../demand.js';
import type { Optimizer } from '../optimizer.js';
import { backtracking, fullStep, type LineSearch } from '../search/line-search.js';
import { lineSearchMethod } from './parts/line-search-method.js';

/** A + shift·I. */
export function shifted({ rows, data }: Matrix, shift: number): Matrix {
  const result = matrix(rows, rows, data.slice());
  for (let i = 0; i < rows; i++) result.data[i * (rows + 1)]! += shift;
  return result;
}

/** Relative to ‖A‖∞: a matrix that this shift makes positive definite counts as semi-definite. */
const leastShift = 1e-10;

export interface ShiftedCholesky {
  readonly factor: Matrix;
  readonly shift: number;
  /** The shift is more than rounding calls for. */
  readonly indefinite: boolean;
}

/**
 * The Cholesky factor of A + shift·I, with shift 0 when A is positive definite and otherwise the first that makes it so of an
 * ascending series (after Nocedal and Wright 2006, algorithm 3.3, which starts from the least diagonal element). A must be finite.
 */
export function shiftedCholesky(a: Matrix): ShiftedCholesky {
  const n = a.rows;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < n; i++) least = Math.min(least, a.data[i * (n + 1)]!);
  const unit = leastShift * infinityNorm(a) || leastShift;
  let shift = least > 0 ? 0 : unit - least;
  for (;;) {
    const result = cholesky(shift === 0 ? a : shifted(a, shift));
    if (result.status === 'ok') return { factor: result.factor, shift, indefinite: shift > 2 * unit };
    shift = Math.max(4 * shift, unit);
  }
}

export interface NewtonOptions {
  /** How a step's length is found (default Armijo backtracking). */
  readonly search?: LineSearch;
  /** B (default the Hessian). */
  readonly curvature?: CurvatureMatrix;
}

const newtonOptions: OptionNames<NewtonOptions> = { search: 1, curvature: 1 };

/**
 * Damped Newton: the direction −(B + λI)⁻¹g, λ = 0 where the curvature B is positive definite and otherwise enough to make it so (Nocedal and
 * Wright 2006, algorithm 3.3), and a line search. Quadratic convergence where B is the Hessian. Cost a step: about 2n gradients and n³/3
 * operations a factorisation. For smooth functions of few parameters, minimised to the last digits; not for networks, where `kfac` takes its
 * place.
 * @example
 * const { x, steps } = await minimize(rosenbrock, [-1.2, 1], { method: newton({ search: strongWolfe() }) });
 * x; // [1.000, 1.000]
 */
export function newton(options: NewtonOptions = {}): Optimizer {
  checkNames('newton', options, newtonOptions);
  const { search = backtracking(), curvature = hessianMatrix } = options;
  return lineSearchMethod({
    name: 'Newton',
    demand: denseDemand(curvature.name, 2, 2 / 3),
    settings: { curvature: curvature.name },
    search,
    direction: async (objective, at) => {
      const { value, gradient, matrix } = await densePoint(objective, curvature, at);
      if (!allFinite(matrix.data) || !allFinite(gradient)) return { value, gradient, stop: 'diverged' };
      const { factor, shift, indefinite } = shiftedCholesky(matrix);
      const direction = choleskySolve(factor, scaled(gradient, -1));
      return { value, gradient, direction, indefinite, details: { shift } };
    },
  });
}

/**
 * Newton with a modified Cholesky factorisation (Cheng and Higham 1998): the direction −(B + E)⁻¹g with negative eigenvalues of D reflected
 * and small ones raised, E = 0 where B is comfortably positive definite, and a line search. Cost a step: about 2n gradients and n³/3
 * operations. For smooth functions of few parameters, minimised to the last digits; not for networks, where `kfac` takes its place.
 * @example
 * const { x } = await minimize(rosenbrock, [-1.2, 1], { method: modifiedNewton() });
 * x; // [1.000, 1.000]
 */
export function modifiedNewton(options: NewtonOptions = {}): Optimizer {
  checkNames('modifiedNewton', options, newtonOptions);
  const { search = backtracking(), curvature = hessianMatrix } = options;
  return lineSearchMethod({
    name: 'Modified Newton',
    demand: denseDemand(curvature.name, 2, 2 / 3),
    settings: { curvature: curvature.name },
    search,
    direction: async (objective, at) => {
      const { value, gradient, matrix } = await densePoint(objective, curvature, at);
      if (!allFinite(matrix.data) || !allFinite(gradient)) return { value, gradient, stop: 'diverged' };
      const floor = 2 ** -26 * infinityNorm(matrix) || 1;
      const { factors, largestChange } = modifiedCholesky(matrix, { negative: 'reflect', floor });
      const solved = ldltSolve(factors, scaled(gradient, -1));
      if (solved.status !== 'ok') return { value, gradient, stop: 'indefinite' };
      return {
        value,
        gradient,
        direction: solved.solution,
        indefinite: largestChange > 2 * floor,
        details: { largestChange },
      };
    },
  });
}

/**
 * Newton's method without safeguards, for teaching and for maps of where it leads, not for training: x − H⁻¹g with the Hessian as it is,
 * whether or not f falls. Quadratic convergence near a regular stationary point of any kind: saddles and maxima attract it as well. A
 * singular Hessian stops it as indefinite. Cost a step: about 2n gradients, n³/3 operations.
 * @example
 * const { x, steps } = await minimize(rosenbrock, [-1.2, 1], { method: plainNewton() });
 * x; // [1.000, 1.000]
 */
export function plainNewton(): Optimizer {
  return lineSearchMethod({
    name: 'Newton (plain)',
    demand: denseDemand(hessianMatrix.name, 2, 2 / 3),
    settings: {},
    search: fullStep,
    anyDirection: true,
    direction: async (objective, at) => {
      const { value, gradient, matrix } = await densePoint(objective, hessianMatrix, at);
      if (!allFinite(matrix.data) || !allFinite(gradient)) return { value, gradient, stop: 'diverged' };
      const factors = ldlt(matrix);
      const indefinite = factors.inertia.negative > 0;
      const solved = ldltSolve(factors, scaled(gradient, -1));
      if (solved.status !== 'ok') return { value, gradient, indefinite, stop: 'indefinite' };
      return { value, gradient, indefinite, direction: solved.solution };
    },
  });
}
