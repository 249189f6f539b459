import { type LanczosResult, lanczos } from '../../../linalg/krylov/lanczos.js';
import { matrix } from '../../../linalg/matrix.js';
import {
  fromEigenbasis,
  modelDecrease,
  type SpectralModel,
  spectralModel,
} from '../../../linalg/trust-region/more-sorensen.js';
import { allFinite, norm, type Vector } from '../../../linalg/vectors.js';
import type { CurvatureMatrix } from '../../../objective/matrices.js';
import type { Objective } from '../../../objective/objective.js';
import { densePoint, matrixProducts } from '../../../objective/products.js';
import { allRows } from '../../../objective/rows.js';
import type { LocalModel, Proposal } from './region-method.js';

/**
 * The model of an objective at a point whose steps are chosen in the eigenbasis of its curvature by `choose`: coordinates of the
 * step for a region. What it proposes is judged by the quadratic model.
 */
export async function spectralModelAt(
  curvature: CurvatureMatrix,
  objective: Objective,
  at: Vector,
  choose: (model: SpectralModel, region: number) => Float64Array,
): Promise<LocalModel> {
  const { value, gradient, matrix } = await densePoint(objective, curvature, at);
  if (!allFinite(gradient) || !allFinite(matrix.data)) return { value, gradient };
  const model = spectralModel(gradient, matrix);
  const [least, most] = [model.values[0]!, model.values.at(-1)!];
  // Below n·ε·‖B‖ the sign of an eigenvalue is not known.
  const indefinite = least < -gradient.length * 2 ** -52 * Math.max(Math.abs(least), Math.abs(most));
  const propose = (region: number): Proposal => {
    const s = choose(model, region);
    return { step: fromEigenbasis(model, s), predicted: modelDecrease(model, s) };
  };
  return { value, gradient, indefinite, propose };
}

/** The model gᵀp + ½·pᵀBp for p = V·z: slopes ‖g‖·e₁ and the tridiagonal VᵀBV. */
function subspaceModel({ diagonal, offDiagonal }: LanczosResult, slope: number): SpectralModel {
  const k = diagonal.length;
  const t = matrix(k, k);
  for (let i = 0; i < k; i++) {
    t.data[i * (k + 1)] = diagonal[i]!;
    if (i > 0) {
      t.data[i * k + i - 1] = offDiagonal[i - 1]!;
      t.data[(i - 1) * k + i] = offDiagonal[i - 1]!;
    }
  }
  const first = new Float64Array(k);
  first[0] = slope;
  return spectralModel(first, t);
}

function combine(basis: readonly Float64Array[], weights: Float64Array, n: number): Float64Array {
  const p = new Float64Array(n);
  basis.forEach((v, j) => {
    for (let i = 0; i < n; i++) p[i]! += weights[j]! * v[i]!;
  });
  return p;
}

/**
 * The model of an objective in the Krylov space of its gradient, {g, Bg, …, Bᵏ⁻¹g}, from Lanczos's process: `choose` gives the
 * coordinates of a step in the Ritz basis. Cost: k products; memory: k vectors. With k = n it is the whole model, as far as g reaches.
 */
export async function krylovModelAt(
  curvature: CurvatureMatrix,
  objective: Objective,
  at: Vector,
  dimension: number,
  choose: (model: SpectralModel, region: number) => Float64Array,
): Promise<LocalModel> {
  const { value, gradient } = await objective.valueAndGradient(at, allRows(objective.rows));
  const [slope, n] = [norm(gradient), gradient.length];
  if (!allFinite(gradient)) return { value, gradient };
  if (slope === 0) return { value, gradient, propose: () => ({ step: new Float64Array(n), predicted: 0 }) };
  const { apply } = matrixProducts(objective.at(at), curvature);
  const process = await lanczos(apply, Float64Array.from(gradient), dimension);
  if (process.status === 'nonFinite') return { value, gradient };
  const model = subspaceModel(process, slope);
  const [least, most] = [model.values[0]!, model.values.at(-1)!];
  return {
    value,
    gradient,
    indefinite: least < -n * 2 ** -52 * Math.max(Math.abs(least), Math.abs(most)),
    propose: (region) => {
      const s = choose(model, region);
      const step = combine(process.basis, fromEigenbasis(model, s), n);
      return { step, predicted: modelDecrease(model, s), details: { dimension: process.iterations, leastRitz: least } };
    },
  };
}
