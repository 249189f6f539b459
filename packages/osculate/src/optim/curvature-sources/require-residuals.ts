import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import type { BatchGraph } from '../objective.js';

/** The residuals of a batch. @throws InputError when the loss is no sum of squares. */
export function requireResiduals({ residuals }: BatchGraph): Tensor {
  if (residuals !== undefined) return residuals;
  throw new InputError(
    'this method needs residuals, which the objective has none of: use a loss that is a sum of squares (squaredError), or functionObjective with { residuals: true }',
  );
}
