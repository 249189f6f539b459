import { oneHot } from '../../ops/indexing.js';
import { describe } from '../../tensor/describe.js';
import { isFloat } from '../../tensor/dtype.js';
import { ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { zeros } from '../../tensor/ndarray.js';
import { sameShape } from '../../tensor/shape.js';
import { checkFinite, checkNotEmpty, checkTargets, divisor, type Loss, type Reduction } from './loss.js';

/** Targets as probabilities: one-hot rows for integer classes. */
function probabilities(outputs: Tensor, targets: Tensor): Tensor {
  checkNotEmpty('softmaxCrossEntropy', outputs);
  if (isFloat(targets.dtype)) {
    checkTargets('softmaxCrossEntropy', outputs, targets);
    return targets;
  }
  if (!sameShape(outputs.shape.slice(0, -1), targets.shape)) {
    throw new ShapeError(
      `softmaxCrossEntropy: outputs ${describe(outputs)} need class numbers of shape [${outputs.shape.slice(0, -1).join(', ')}], got ${describe(targets)}`,
    );
  }
  return oneHot(targets, outputs.shape.at(-1)!, outputs.dtype as 'f32' | 'f64');
}

/**
 * Cross-entropy of softmax(outputs) over the last axis: −Σ p·log softmax(o)/m. Targets are class numbers (i32, i64) of shape
 * `[…]` or probabilities of shape `[…, classes]`; m = number of distributions (default) or of examples.
 * H = (diag(s) − s·sᵀ)·Σp/m per distribution, s = softmax(o).
 */
export function softmaxCrossEntropy(reduction: Reduction = 'elements'): Loss {
  const normalizer = (outputs: Tensor): number => divisor(reduction, outputs, outputs.size / outputs.shape.at(-1)!);
  return {
    name: 'softmax cross-entropy',
    normalizer,
    value: (outputs, targets) => {
      const p = probabilities(outputs, targets);
      return p
        .mul(outputs.logSoftmax(-1))
        .sum()
        .mul(-1 / normalizer(outputs));
    },
    hessianProduct: (outputs, targets, u) => {
      const s = outputs.softmax(-1);
      const weighted = s.mul(u);
      const product = weighted.sub(s.mul(weighted.sum([-1], true))).mul(1 / normalizer(outputs));
      return isFloat(targets.dtype) ? product.mul(targets.sum([-1], true)) : product;
    },
    sample: (outputs, generator) => {
      checkFinite('softmaxCrossEntropy', outputs);
      const classes = outputs.shape.at(-1)!;
      const targets = zeros('i32', outputs.shape.slice(0, -1));
      for (let row = 0; row < targets.data.length; row++) {
        targets.data[row] = drawClass(outputs.data.subarray(row * classes, (row + 1) * classes), generator.uniform());
      }
      return targets;
    },
  };
}

/** The class where the cumulative softmax of `logits` passes u. */
function drawClass(logits: ArrayLike<number>, u: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  let total = 0;
  for (let k = 0; k < logits.length; k++) largest = Math.max(largest, logits[k]!);
  for (let k = 0; k < logits.length; k++) total += Math.exp(logits[k]! - largest);
  let left = u * total;
  for (let k = 0; k < logits.length; k++) {
    left -= Math.exp(logits[k]! - largest);
    if (left < 0) return k;
  }
  return logits.length - 1;
}
