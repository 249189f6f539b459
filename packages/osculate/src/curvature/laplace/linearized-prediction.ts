import { jacobian, vmap } from '../../autodiff/index.js';
import { take } from '../../data/take.js';
import type { At, Batch, Named } from '../../objective/objective.js';
import { allRows, chunks } from '../../objective/rows.js';
import { ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { type NDArray, zeros } from '../../tensor/ndarray.js';
import { sameShape, showShape } from '../../tensor/shape.js';
import { leaves } from '../../tensor/tree.js';
import { gatherBlock } from '../structured/block-place.js';
import { intoBasis, type StructuredOperator } from '../structured/structured-operator.js';

/** The Gaussian of the outputs of a model that is linearised at its parameters, for every row. */
export interface LinearizedPrediction {
  /** The model's outputs, `[rows, …]`. */
  readonly mean: NDArray<'f64'>;
  /** Of each output, in the shape of the mean, without the noise of the observations. */
  readonly variance: NDArray<'f64'>;
  /** Between the outputs of a row: `[rows, outputs, outputs]`. */
  readonly covariance: NDArray<'f64'>;
}

/** Elements of all rows' Jacobians that are held at once. */
const held = 2 ** 22;

/** J Σ Jᵀ of one row, from the derivatives of its outputs as rows of n elements. */
function outputCovariance(jacobianRow: Float64Array, covariance: StructuredOperator, into: Float64Array): void {
  const n = covariance.size;
  const outputs = jacobianRow.length / n;
  for (const block of covariance.blocks) {
    const turned = Array.from(
      { length: outputs },
      (_, k) => intoBasis(block, gatherBlock(block.place, jacobianRow.subarray(k * n, (k + 1) * n))).data,
    );
    for (let k = 0; k < outputs; k++) {
      for (let l = 0; l <= k; l++) {
        let sum = 0;
        for (let i = 0; i < block.values.length; i++) sum += turned[k]![i]! * turned[l]![i]! * block.values[i]!;
        into[k * outputs + l]! += sum;
        if (l !== k) into[l * outputs + k]! += sum;
      }
    }
  }
}

/**
 * Outputs f(x) with the covariance J Σ Jᵀ of the linearised model f + J (θ − θ*), for θ of covariance Σ in the named parameters (the GLM
 * predictive of Immer, Korzepa and Bauer 2021). J is exact, by reverse mode; cost: a backward pass for every output of a row, and the products of
 * the structure.
 */
export async function linearizedPrediction(
  { objective, parameters }: At,
  names: readonly string[],
  covariance: StructuredOperator,
  inputs: Named<NDArray>,
): Promise<LinearizedPrediction> {
  const rows = Object.values(inputs)[0]!.shape[0]!;
  const { shape, size: outputs } = objective.batch(1).outputs;
  const mean = zeros('f64', [rows, ...shape.slice(1)]);
  const variance = zeros('f64', [rows, ...shape.slice(1)]);
  const whole = zeros('f64', [rows, outputs, outputs]);
  const each = outputs * covariance.size;
  const chunk = Math.min(objective.chunk, Math.max(1, Math.floor(held / each)));
  for (const part of chunks(allRows(rows), chunk)) {
    const from = part[0]!;
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, take(array, part)]));
    // The inputs stand in the place of those of the data: which rows of it they replace does not count.
    const anyRows = new Uint32Array(part.length);
    const name = `Jacobian by ${names.join()}`;
    const results = await objective.run(name, jacobianGraph(names), parameters, anyRows, feeds);
    mean.data.set(results.mean!.data as Float64Array, from * outputs);
    const slopes = Float64Array.from(results.jacobian!.data as Float64Array);
    for (let r = 0; r < part.length; r++) {
      const at = (from + r) * outputs ** 2;
      const own = whole.data.subarray(at, at + outputs ** 2);
      outputCovariance(slopes.subarray(r * each, (r + 1) * each), covariance, own);
      for (let k = 0; k < outputs; k++) variance.data[(from + r) * outputs + k] = own[k * (outputs + 1)]!;
    }
  }
  return { mean, variance, covariance: whole };
}

/** The outputs, and those of each row by the named parameters. */
function jacobianGraph(names: readonly string[]) {
  return (batch: Batch) => {
    const chosen = leaves(batch.weights).flatMap(([name, t]) => (names.includes(name) ? [t] : []));
    const rows = vmap((inputs: Record<string, Tensor>) => {
      const { outputs } = batch.row(inputs, rowOf(batch.targets));
      return jacobian(outputs, chosen).reshape([outputs.size, chosen.reduce((n, t) => n + t.size, 0)]);
    });
    return { mean: batch.outputs, jacobian: rows({ ...batch.inputs }) };
  };
}

/** Targets of the first row: the outputs do not depend on them. */
const rowOf = (targets: Named<Tensor>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(targets).map(([name, t]) => [
      name,
      t
        .slice(
          t.shape.map(() => 0),
          [1, ...t.shape.slice(1)],
        )
        .reshape(t.shape.slice(1)),
    ]),
  );

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

/**
 * The probability of 1 for logits that are Gaussian, by the probit approximation; within about 0.02 of the integral.
 * @example
 * const logits = { mean: ndarray('f64', [2]), variance: ndarray('f64', [8]) };
 * probitSigmoid(logits); // [0.7277]
 */
export function probitSigmoid(logits: Gaussian): NDArray<'f64'> {
  const result = zeros('f64', logits.mean.shape);
  shrunk('probitSigmoid', logits).forEach((z, i) => {
    result.data[i] = 1 / (1 + Math.exp(-z));
  });
  return result;
}

/**
 * Class probabilities along the last axis for logits that are Gaussian: softmax of each logit shrunk by its own variance.
 * @example
 * const posterior = await laplace(objective.at(theta), { structure: 'diagonal' });
 * const probabilities = probitSoftmax(await posterior.predict(x));
 */
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
