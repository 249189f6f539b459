import type { CurvatureMatrix } from '../../objective/matrices.js';
import type { At, Batch, Named } from '../../objective/objective.js';
import { targetsOf } from '../../objective/products.js';
import { InputError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { leaves } from '../../tensor/tree.js';

/** Elements of all rows' derivatives that are held at once. */
const held = 2 ** 22;

/**
 * The diagonal of a curvature matrix over all rows for the named parameters, by name: exact, in one pass. `targets` stand for those of the
 * data. The model must treat rows independently (no batch statistics).
 * @throws InputError for a matrix that has no rule for its diagonal.
 */
export async function matrixDiagonal(
  at: At,
  matrix: CurvatureMatrix,
  names: readonly string[],
  targets?: Named<NDArray>,
): Promise<Record<string, Float64Array>> {
  const { layout, weightDecay } = at.objective;
  const { diagonal, scalars = () => 1 } = matrix;
  if (diagonal === undefined) {
    throw new InputError(`the ${matrix.name} matrix has no rule for its diagonal; take that of its operator`);
  }
  const slots = layout.slots.filter(({ name }) => names.includes(name));
  const size = slots.reduce((sum, slot) => sum + slot.size, 0);
  const chunk = Math.max(1, Math.floor(held / (size * scalars(at.objective.batch(1)))));
  const build = (batch: Batch) => {
    const chosen = leaves(batch.weights).flatMap(([name, t]) => (names.includes(name) ? [t] : []));
    return [...diagonal(batch, chosen)];
  };
  const means = await at.mean(`${matrix.name} diagonal of ${names.join()}`, build, {
    ...(targets && { feeds: (rows) => targetsOf(targets, rows) }),
    chunk,
  });
  return Object.fromEntries(slots.map(({ name }, i) => [name, means[i]!.map((x) => x + weightDecay)]));
}
