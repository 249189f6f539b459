import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';
import { type ElementwiseOptions, type ElementwiseParts, elementwise } from './elementwise.js';
import { checkLossOptions, checkWeights, type Loss } from './loss.js';

/** Options of `sigmoidCrossEntropy`. */
export interface SigmoidCrossEntropyOptions extends ElementwiseOptions {
  /** Weight of the positive targets: one number, or one for each element of the last axis (PyTorch's `pos_weight`). */
  readonly positiveWeight?: number | readonly number[];
}

const nll = (o: Tensor, y: Tensor): Tensor => o.softplus().sub(y.mul(o));

function slope(o: Tensor, u: Tensor): Tensor {
  const s = o.sigmoid();
  return s.sub(s.mul(s)).mul(u);
}

/** −c·y·log s − (1 − y)·log(1 − s) = v·softplus(o) − c·y·o with v = 1 + (c − 1)·y. */
function balanced(
  positive: number | readonly number[],
): Pick<ElementwiseParts, 'nll' | 'hessianProduct' | 'unweighted'> {
  const list = typeof positive === 'number' ? [positive] : positive;
  if (!Array.isArray(list) || list.length === 0) {
    throw new InputError('sigmoidCrossEntropy: positiveWeight must be a number or a list of numbers');
  }
  checkWeights('sigmoidCrossEntropy', 'positiveWeight', list);
  const scaled = (y: Tensor, by: (c: number) => number): Tensor => y.mul(constant(ndarray(y.dtype, list.map(by))));
  const weight = (y: Tensor): Tensor => scaled(y, (c) => c - 1).add(1);
  return {
    nll: (o, y) =>
      o
        .softplus()
        .mul(weight(y))
        .sub(scaled(y, (c) => c).mul(o)),
    hessianProduct: (o, y, u) => slope(o, u).mul(weight(y)),
    unweighted: { weight, nll },
  };
}

/**
 * Binary cross-entropy of sigmoid(outputs): Σ w·(softplus(o) − y·o) over m, stable for any logit; targets in [0, 1].
 * m = number of elements (default) or of examples. H = diag(w·s(1 − s))/m, s = sigmoid(o). With a positive weight c:
 * Σ w·(−c·y·log s − (1 − y)·log(1 − s))/m, H = diag(w·(1 + (c − 1)·y)·s(1 − s))/m. `metrics.accuracy`: the share of outputs on the side of
 * their target (o > 0 where y > ½), without those of weight 0.
 * @throws InputError for options that it does not have, and weights that are not finite numbers ≥ 0.
 * @example
 * const loss = sigmoidCrossEntropy({ positiveWeight: 3 });
 * sigmoidCrossEntropy().value(constant([[0]], 'f64'), constant([[1]], 'f64')); // 0.6931
 */
export function sigmoidCrossEntropy(options: SigmoidCrossEntropyOptions = {}): Loss {
  checkLossOptions('sigmoidCrossEntropy', options, { positiveWeight: 1, reduction: 1, weights: 1 });
  const { positiveWeight, ...common } = options;
  return elementwise(
    'sigmoidCrossEntropy',
    {
      name: 'sigmoid cross-entropy',
      nll,
      hessianProduct: (o, _y, u) => slope(o, u),
      draw: (output, generator) => (generator.uniform() * (1 + Math.exp(-output)) < 1 ? 1 : 0),
      targets: { fits: (y) => y >= 0 && y <= 1, needs: 'a number from 0 to 1' },
      ...(positiveWeight !== undefined && balanced(positiveWeight)),
      right: (o, y) => o.greater(0).equal(y.greater(0.5)),
    },
    common,
  );
}
