import { ShapeError } from '../../tensor/errors.js';
import { type NDArray, zeros } from '../../tensor/ndarray.js';
import { sameShape, showShape } from '../../tensor/shape.js';
import type { LinearizedPrediction } from './linearized-prediction.js';

type Gaussian = Pick<LinearizedPrediction, 'mean' | 'variance'>;

/** The mean shrunk by 1/√(1 + π v/8): σ of it is close to the mean of σ over the Gaussian (Spiegelhalter and Lauritzen 1990). */
function shrunk(what: string, { mean, variance }: Gaussian): Float64Array {
  if (!sameShape(mean.shape, variance.shape)) {
    throw new ShapeError(
      `${what}: the mean has shape ${showShape(mean.shape)}, the variance ${showShape(variance.shape)}`,
    );
  }
  return mean.data.map((m, i) => m / Math.sqrt(1 + (Math.PI / 8) * variance.data[i]!));
}

/** The probability of 1 for logits that are Gaussian, by the probit approximation; within about 0.02 of the integral. */
export function probitSigmoid(logits: Gaussian): NDArray<'f64'> {
  const result = zeros('f64', logits.mean.shape);
  shrunk('probitSigmoid', logits).forEach((z, i) => {
    result.data[i] = 1 / (1 + Math.exp(-z));
  });
  return result;
}

/** Class probabilities along the last axis for logits that are Gaussian: softmax of each logit shrunk by its own variance. */
export function probitSoftmax(logits: Gaussian): NDArray<'f64'> {
  const classes = logits.mean.shape.at(-1) ?? 1;
  const scaled = shrunk('probitSoftmax', logits);
  const result = zeros('f64', logits.mean.shape);
  for (let from = 0; from < scaled.length; from += classes) {
    const row = scaled.subarray(from, from + classes);
    const largest = Math.max(...row);
    const total = row.reduce((sum, z) => sum + Math.exp(z - largest), 0);
    for (let k = 0; k < classes; k++) result.data[from + k] = Math.exp(row[k]! - largest) / total;
  }
  return result;
}
