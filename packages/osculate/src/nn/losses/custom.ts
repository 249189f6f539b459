import { grad, jvp } from '../../autodiff/index.js';
import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import { Tensor } from '../../tensor/ir.js';
import { type Loss, rowsOf } from './loss.js';

/** A loss as a function: a scalar, the mean over the rows of `output` and `target`, `[rows, …]` each. */
export type LossFunction = (output: Tensor, target: Tensor) => Tensor;

/** A loss of one's own: its value, and what else is known of it. */
export type CustomLoss = Pick<Loss, 'value'> & Partial<Loss>;

/**
 * Whatever serves as a loss: one of `osculate/nn`, a function of output and target, or an object with such a function as `value`. What is not
 * given is derived: the output Hessian from the value, m as the number of rows; targets can be drawn only where `sample` is given.
 * @example
 * const logCosh: AnyLoss = (output, target) => output.sub(target).cosh().log().mean();
 */
export type AnyLoss = LossFunction | CustomLoss;

/** What a loss returned, as a scalar. @throws InputError for anything but a tensor, ShapeError for one of several elements. */
export function scalarLoss(name: string, result: unknown): Tensor {
  if (!(result instanceof Tensor)) {
    throw new InputError(`${name}: a loss must return a tensor; this one returns ${typeof result}`);
  }
  if (result.size === 1) return result.reshape([]);
  throw new ShapeError(
    `${name}: a loss must be a scalar, the mean over the rows, and this is the ${describe(result)}; reduce it with mean()`,
  );
}

/** H·u of a scalar by outputs that it is a graph of. */
export function outputHessianProduct(value: Tensor, outputs: Tensor, u: Tensor): Tensor {
  const zero = { unreachable: 'zero' } as const;
  return jvp(grad(value, outputs, zero), outputs, u);
}

/** The one error of a loss that draws no targets. */
export function noDistribution(name: string): InputError {
  return new InputError(
    `${name}: this loss defines no distribution to draw targets from; give it a \`sample\`, use a loss of osculate/nn, or a method that draws none: adamW(), lbfgs(), kfac({ estimate: 'empirical' })`,
  );
}

/** The whole of a loss. @throws InputError for what is none. */
export function asLoss(loss: AnyLoss): Loss {
  const given: CustomLoss = typeof loss === 'function' ? { name: loss.name, value: loss } : loss;
  if (typeof given !== 'object' || given === null || typeof given.value !== 'function') {
    throw new InputError(
      'a loss must be a function (output, target) => scalar, or an object with such a function as `value`',
    );
  }
  const name = given.name || 'custom loss';
  const value: LossFunction = (outputs, targets) => scalarLoss(name, given.value(outputs, targets));
  return {
    ...given,
    name,
    value,
    normalizer: (outputs) => given.normalizer?.(outputs) ?? rowsOf(outputs),
    hessianProduct: (outputs, targets, u) =>
      given.hessianProduct?.(outputs, targets, u) ?? outputHessianProduct(value(outputs, targets), outputs, u),
    sample: (outputs, generator) => {
      if (given.sample === undefined) throw noDistribution(name);
      return given.sample(outputs, generator);
    },
  };
}
