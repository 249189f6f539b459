import { oneHot } from '../../ops/indexing.js';
import { checkOptions } from '../../tensor/check-options.js';
import { describe } from '../../tensor/describe.js';
import { isFloat } from '../../tensor/dtype.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { ndarray, zeros } from '../../tensor/ndarray.js';
import { sameShape } from '../../tensor/shape.js';
import { checkSizes } from '../check.js';
import {
  checkEach,
  checkFinite,
  checkLossOptions,
  checkNotEmpty,
  checkShapes,
  checkWeights,
  divisor,
  type Loss,
  type Reduction,
} from './loss.js';

const what = 'softmaxCrossEntropy';

/** Options of `softmaxCrossEntropy`. */
export interface SoftmaxCrossEntropyOptions {
  /** What the sum is divided by (default: the number of distributions). */
  readonly reduction?: Reduction;
  /** Weights ≥ 0 of the classes, one for each: see `balancedClassWeights`. */
  readonly classWeights?: readonly number[];
  /** Class number of targets that do not count, a class or none of the classes (PyTorch's default is −100; here there is none). */
  readonly ignoreIndex?: number;
  /** ε: a target is (1 − ε)·p + ε/classes (Szegedy et al. 2016); from 0 (default) to below 1. */
  readonly labelSmoothing?: number;
}

function checked(options: SoftmaxCrossEntropyOptions): SoftmaxCrossEntropyOptions {
  checkLossOptions(what, options, { reduction: 1, classWeights: 1, ignoreIndex: 1, labelSmoothing: 1 });
  const { classWeights, ignoreIndex, labelSmoothing } = options;
  checkOptions(what, { 'a number from 0 to below 1': { labelSmoothing } });
  if (classWeights !== undefined) {
    if (!Array.isArray(classWeights)) throw new InputError(`${what}: classWeights must be a list of numbers`);
    checkWeights(what, 'classWeights', classWeights);
  }
  if (ignoreIndex !== undefined && !Number.isInteger(ignoreIndex)) {
    throw new InputError(`${what}: ignoreIndex must be an integer, got ${String(ignoreIndex)}`);
  }
  return options;
}

/** Probabilities, one-hot rows for integer classes, and which of these count: null where all do. */
function probabilities(outputs: Tensor, targets: Tensor, ignoreIndex: number | undefined) {
  checkNotEmpty(what, outputs);
  if (isFloat(targets.dtype)) {
    if (sameShape(outputs.shape.slice(0, -1), targets.shape)) {
      throw new InputError(
        `${what}: targets ${describe(targets)} are floats of the shape of class numbers; class numbers are whole (i32, i64)`,
      );
    }
    checkShapes(what, outputs, targets);
    return { p: targets, counts: null };
  }
  const shape = outputs.shape.slice(0, -1);
  if (!sameShape(shape, targets.shape)) {
    throw new ShapeError(
      `${what}: outputs ${describe(outputs)} need class numbers of shape [${shape.join(', ')}], got ${describe(targets)}`,
    );
  }
  const classes = outputs.shape.at(-1)!;
  if (ignoreIndex === undefined) return { p: oneHot(targets, classes, outputs.dtype), counts: null };
  const used = targets.notEqual(ignoreIndex);
  const counts = used.cast(outputs.dtype).reshape([...shape, 1]);
  return { p: oneHot(used.where(targets, 0), classes, outputs.dtype).mul(counts), counts };
}

/** q with value = −Σ q·log softmax(o)/m: the probabilities, smoothed and weighted. */
function shares(outputs: Tensor, targets: Tensor, options: SoftmaxCrossEntropyOptions): Tensor {
  const { ignoreIndex, classWeights, labelSmoothing = 0 } = options;
  const { p, counts } = probabilities(outputs, targets, ignoreIndex);
  const classes = outputs.shape.at(-1)!;
  const spread = labelSmoothing / classes;
  const smooth = labelSmoothing === 0 ? p : p.mul(1 - labelSmoothing).add(counts ? counts.mul(spread) : spread);
  if (classWeights === undefined) return smooth;
  if (classWeights.length !== classes) {
    throw new InputError(
      `${what}: there are ${classWeights.length} class weights for ${classes} classes, the last axis of the outputs ${describe(outputs)}`,
    );
  }
  return smooth.mul(constant(ndarray(outputs.dtype, classWeights)));
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

/** The share of targets that are the most probable class, without those that are ignored. */
function accuracy(outputs: Tensor, targets: Tensor, ignoreIndex: number | undefined) {
  const { counts } = probabilities(outputs, targets, ignoreIndex);
  const guessed = outputs.argmax(-1);
  const wanted = (isFloat(targets.dtype) ? targets.argmax(-1) : targets).cast(guessed.dtype);
  const right = guessed.equal(wanted).cast(outputs.dtype);
  if (counts === null) return { sum: right.sum(), count: right.size };
  return { sum: right.mul(counts.reshape(right.shape)).sum(), count: counts.sum() };
}

/**
 * Cross-entropy of softmax(outputs) over the last axis: −Σ q·log softmax(o)/m. Targets are class numbers (i32, i64) of shape `[…]` or
 * probabilities p of shape `[…, classes]`; q = v·((1 − ε)·p + ε/classes) with class weights v and label smoothing ε (q = p by default), and zero
 * for targets that are ignored. m = number of distributions (default) or of examples, ignored ones too.
 * H = (diag(s) − s·sᵀ)·Σq/m per distribution, s = softmax(o). `metrics.accuracy` leaves out what is ignored; weights do not enter it.
 *
 * **Unlike PyTorch**, whose mean divides by the weights of the targets at hand, W = Σ v[y] over those that are not ignored, m depends on no
 * target: else the mean over batches were not the loss of all rows. PyTorch's loss of a batch is this one times m/W. Over a whole data set both are
 * the same for weights from `balancedClassWeights`, whose W is the number of rows.
 * @throws InputError for options that it does not have or of other values, and class weights that are not as many as classes.
 * @example
 * const loss = softmaxCrossEntropy({ classWeights: [1, 3, 1], ignoreIndex: -100, labelSmoothing: 0.1 });
 */
export function softmaxCrossEntropy(options: SoftmaxCrossEntropyOptions = {}): Loss {
  const { reduction = 'elements', classWeights, ignoreIndex } = checked(options);
  const m = (outputs: Tensor): number => divisor(reduction, outputs, outputs.size / outputs.shape.at(-1)!);
  const plain = classWeights === undefined && ignoreIndex === undefined;
  /** Σq, one for each distribution; null where all are 1. */
  const massOf = (outputs: Tensor, targets: Tensor): Tensor | null =>
    plain && !isFloat(targets.dtype) ? null : shares(outputs, targets, options).sum([-1], true);
  return {
    name: 'softmax cross-entropy',
    normalizer: m,
    value: (outputs, targets) =>
      shares(outputs, targets, options)
        .mul(outputs.logSoftmax(-1))
        .sum()
        .mul(-1 / m(outputs)),
    hessianProduct: (outputs, targets, u) => {
      const s = outputs.softmax(-1);
      const weighted = s.mul(u);
      const product = weighted.sub(s.mul(weighted.sum([-1], true))).mul(1 / m(outputs));
      const mass = massOf(outputs, targets);
      return mass ? product.mul(mass) : product;
    },
    sample: (outputs, generator) => {
      checkFinite(what, outputs);
      const classes = outputs.shape.at(-1)!;
      const drawn = zeros('i32', outputs.shape.slice(0, -1));
      for (let row = 0; row < drawn.data.length; row++) {
        drawn.data[row] = drawClass(outputs.data.subarray(row * classes, (row + 1) * classes), generator.uniform());
      }
      return drawn;
    },
    score: (outputs, targets, drawn) => {
      const nll = oneHot(drawn, outputs.shape.at(-1)!, outputs.dtype).mul(outputs.logSoftmax(-1));
      const mass = massOf(outputs, targets);
      return (mass ? nll.mul(mass.sqrt()) : nll).sum().mul(-1 / m(outputs));
    },
    checkTargets: (targets, outputs) => {
      if (isFloat(targets.dtype)) return checkEach(what, targets, (p) => p >= 0, 'a probability, 0 or more');
      const classes = outputs.at(-1)!;
      const fits = (k: number): boolean => (k >= 0 && k < classes) || k === ignoreIndex;
      const also = ignoreIndex === undefined ? '' : `, or ${ignoreIndex} to be ignored`;
      checkEach(what, targets, fits, `a class number from 0 to ${classes - 1}${also}`);
    },
    classes: true,
    metrics: { accuracy: (outputs, targets) => accuracy(outputs, targets, ignoreIndex) },
  };
}

/**
 * Class weights N/(K·n) for n of the N class numbers in each of K classes: every class counts as much, and the mean weight over these targets is
 * 1. Class numbers beyond the K, as those that are ignored, are not counted in N.
 * @throws InputError for a number of classes that is not an integer ≥ 1, and for a class without targets.
 * @example
 * const loss = softmaxCrossEntropy({ classWeights: balancedClassWeights(y.data, 2) });
 * balancedClassWeights([0, 0, 0, 1], 2); // [0.6667, 2]
 */
export function balancedClassWeights(targets: ArrayLike<number | bigint>, classes: number): number[] {
  checkSizes('balancedClassWeights', { classes });
  if (typeof targets !== 'object' || targets === null || typeof targets.length !== 'number') {
    throw new InputError('balancedClassWeights: the targets must be class numbers in a list or typed array');
  }
  const counts = new Array<number>(classes).fill(0);
  let total = 0;
  for (let i = 0; i < targets.length; i++) {
    const k = Number(targets[i]);
    if (!(k >= 0 && k < classes)) continue;
    counts[k]!++;
    total++;
  }
  const empty = counts.indexOf(0);
  if (empty >= 0) throw new InputError(`balancedClassWeights: no target is of class ${empty}`);
  return counts.map((n) => total / (classes * n));
}
