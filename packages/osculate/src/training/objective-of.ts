import type { AnyLoss, Loss } from '../nn/index.js';
import { asLoss } from '../nn/losses/custom.js';
import type { Mode } from '../objective/application.js';
import type { LossOfRows } from '../objective/loss-of-rows.js';
import type { Objective } from '../objective/objective.js';
import { supervisedObjective } from '../objective/supervised.js';
import type { Executor } from '../runtime/index.js';
import { isFloat } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import { sameShape } from '../tensor/shape.js';
import type { Prepared as Rows } from './data.js';
import type { FitModelSettings } from './fit-options.js';
import type { Prepared } from './trainable-model.js';

/** The loss of one output and target; null where there are several. */
export function soleLoss(loss: LossOfRows): Loss | null {
  if (typeof loss !== 'function' && !('value' in loss && typeof loss.value === 'function')) return null;
  // A function may be one of outputs by name, which has no measures either.
  return asLoss(loss as AnyLoss);
}

/** The objective of a model on rows. */
export function objectiveOf(
  model: Prepared,
  { source, inputs, targets }: Rows,
  options: Pick<FitModelSettings, 'weightDecay' | 'chunk' | 'loss'>,
  executor: Executor,
  mode: Mode,
): Objective {
  const names = model.imported?.inputs.map(({ name }) => name) ?? inputs;
  if (names.length !== inputs.length) {
    throw new InputError(`fitModel: the model takes ${names.join(', ')}, and there are ${inputs.join(', ')}`);
  }
  const known = inputs.every((name) => names.includes(name));
  const { weightDecay, chunk, loss } = options;
  const { call, trained } = model;
  const target = targets.length === 1 ? source.fields[targets[0]!] : undefined;
  const numbers = target !== undefined && target.shape.length === 0 && isFloat(target.dtype);
  return supervisedObjective({
    executor,
    parameters: trained,
    data: source,
    targets,
    loss,
    mode,
    ...(weightDecay !== undefined && mode === 'training' && { weightDecay }),
    ...(chunk !== undefined && { chunk }),
    model: (weights, fields, context) => {
      const given = Object.fromEntries(names.map((name, i) => [name, fields[known ? name : inputs[i]!]!]));
      const found = call(weights, given, context);
      // One number a row is a column to a layer and a plain list to people.
      return numbers && found instanceof Tensor && sameShape(found.shape, [found.size, 1])
        ? found.reshape([found.size])
        : found;
    },
  });
}
