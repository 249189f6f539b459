import type { CurvatureSource } from '../../curvature-sources/source.js';
import type { Objective, Vector } from '../../objective.js';
import { allFinite } from '../../optimizer.js';
import type { LocalModel, Proposal } from './region-method.js';
import { fromEigenbasis, modelDecrease, type SpectralModel, spectralModel } from './spectral-model.js';

/**
 * The model of an objective at a point whose steps are chosen in the eigenbasis of its curvature by `choose`: coordinates of the
 * step for a region. What it proposes is judged by the quadratic model.
 */
export async function spectralModelAt(
  curvature: CurvatureSource,
  objective: Objective,
  at: Vector,
  choose: (model: SpectralModel, region: number) => Float64Array,
): Promise<LocalModel> {
  const { value, gradient, matrix } = await curvature.dense(objective, at);
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
