import { huber, type Loss, poisson, sigmoidCrossEntropy, softmaxCrossEntropy, squaredError } from 'osculate/nn';
import { astype, isFloat, type NDArray, type Shape, sizeOf, type Tensor } from 'osculate/tensor';
import { UsageError } from '../../usage-error.js';

/** A loss by its name on the command line, with what people read beside it. */
export interface LossChoice {
  readonly loss: Loss;
  /** What `error` is. */
  readonly errorName: string;
  /** Mean over the batch. */
  error(outputs: Tensor, targets: Tensor): Tensor;
  /** The op that a model must not end in, because the loss applies it. */
  readonly applies?: { readonly op: string; readonly onnx: string };
  /** What is wrong with a target, if anything. */
  refuses?(value: number): string | undefined;
}

const mean = (t: Tensor, outputs: Tensor): Tensor =>
  t
    .cast(outputs.dtype)
    .sum()
    .mul(1 / t.size);
const distance = (outputs: Tensor, targets: Tensor): Tensor => mean(outputs.sub(targets).abs(), outputs);

const choices = {
  softmax: {
    loss: softmaxCrossEntropy(),
    errorName: 'share of wrong classes',
    applies: { op: 'softmax', onnx: 'Softmax' },
    error: (outputs, targets) => {
      const right = isFloat(targets.dtype) ? targets.argmax(-1) : targets;
      const guessed = outputs.argmax(-1);
      return mean(guessed.notEqual(right.cast(guessed.dtype)), outputs);
    },
    refuses: (v) => (v >= 0 && v <= 1 ? undefined : 'a probability'),
  },
  sigmoid: {
    loss: sigmoidCrossEntropy(),
    errorName: 'share of wrong signs',
    applies: { op: 'sigmoid', onnx: 'Sigmoid' },
    error: (outputs, targets) => mean(outputs.greater(0).notEqual(targets.greater(0.5)), outputs),
    refuses: (v) => (v >= 0 && v <= 1 ? undefined : 'a number from 0 to 1'),
  },
  poisson: {
    loss: poisson(),
    errorName: 'mean distance of the rates',
    applies: { op: 'exp', onnx: 'Exp' },
    error: (outputs, targets) => distance(outputs.exp(), targets),
    refuses: (v) => (v >= 0 ? undefined : 'a count, 0 or more'),
  },
  squared: { loss: squaredError(), errorName: 'mean distance', error: distance },
  huber: { loss: huber(), errorName: 'mean distance', error: distance },
} satisfies Record<string, LossChoice>;

export type TrainLoss = keyof typeof choices;

export function lossNamed(name: TrainLoss): LossChoice {
  return choices[name];
}

const essential = (shape: Shape): string =>
  shape
    .slice(1)
    .filter((d) => d !== 1)
    .join();

function rowOf({ shape }: NDArray, at: number): number {
  return Math.floor(at / Math.max(1, sizeOf(shape.slice(1))));
}

/** Class numbers for outputs `[…, classes]`. */
function classes(name: string, targets: NDArray, outputs: Shape): NDArray {
  const count = outputs.at(-1)!;
  const at = (targets.data as ArrayLike<number | bigint> & { findIndex: Float64Array['findIndex'] }).findIndex((v) => {
    const label = Number(v);
    return !(Number.isInteger(label) && label >= 0 && label < count);
  });
  if (at >= 0)
    throw new UsageError(
      `the target "${name}" holds ${targets.data[at]} in row ${rowOf(targets, at)}; the model has ${count} classes, so labels are whole numbers from 0 to ${count - 1}`,
    );
  return { ...astype(targets, 'i32'), shape: [targets.shape[0]!, ...outputs.slice(1, -1)] };
}

/**
 * Targets as the loss takes them, for outputs of a shape `[rows, …]` and a float dtype.
 * @throws UsageError that names the target, with both shapes or the row of a bad value
 */
export function targetsFor(choice: LossChoice, name: string, targets: NDArray, outputs: Tensor): NDArray {
  const shape: Shape = [targets.shape[0]!, ...outputs.shape.slice(1)];
  const isSoftmax = choice.loss.name === choices.softmax.loss.name;
  const same = essential(targets.shape) === essential(shape);
  if (isSoftmax && essential(targets.shape) === essential(shape.slice(0, -1)) && !(same && isFloat(targets.dtype)))
    return classes(name, targets, shape);
  if (!same) {
    const numbers = isSoftmax ? ` or, for class numbers, [${shape.slice(0, -1).join(', ')}]` : '';
    throw new UsageError(
      `the target "${name}" has shape [${targets.shape.join(', ')}], but the model's output needs [${shape.join(', ')}]${numbers}`,
    );
  }
  const typed = { ...astype(targets, outputs.dtype as 'f32' | 'f64'), shape };
  const at = typed.data.findIndex((v) => choice.refuses?.(v) !== undefined);
  if (at >= 0)
    throw new UsageError(
      `the target "${name}" holds ${typed.data[at]} in row ${rowOf(typed, at)}; the loss needs ${choice.refuses?.(typed.data[at]!)}`,
    );
  return typed;
}
