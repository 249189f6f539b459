import { jacobian, vmap } from '../../autodiff/index.js';
import { type NDArray, zeros } from '../../tensor/ndarray.js';
import { leaves } from '../../tensor/tree.js';
import type { CurvatureModel, ModelBatch } from '../operators/index.js';
import { gatherBlock } from '../structured/block-place.js';
import type { StructuredOperator } from '../structured/index.js';
import { intoBasis } from '../structured/spectral-block.js';

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
const HELD = 2 ** 22;

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
  model: CurvatureModel,
  names: readonly string[],
  covariance: StructuredOperator,
  inputs: NDArray,
): Promise<LinearizedPrediction> {
  const rows = inputs.shape[0]!;
  const { shape, size: outputs } = model.graph(1).outputs;
  const chosen = new Set(names);
  const build = ({ weights, x, rowOutputs, outputs: mean }: ModelBatch) => {
    const named = leaves(weights).flatMap(([name, t]) => (chosen.has(name) ? [t] : []));
    return {
      mean,
      jacobian: vmap((one: typeof x) => jacobian(rowOutputs(one), named).reshape([outputs, covariance.size]))(x),
    };
  };
  const mean = zeros('f64', [rows, ...shape.slice(1)]);
  const variance = zeros('f64', [rows, ...shape.slice(1)]);
  const whole = zeros('f64', [rows, outputs, outputs]);
  const chunk = Math.max(1, Math.floor(HELD / (outputs * covariance.size)));
  await model.stream(`Jacobian by ${names.join()}`, build, { inputs, chunk }, (results, from, count) => {
    mean.data.set(results.mean!.data as Float64Array, from * outputs);
    const slopes = Float64Array.from(results.jacobian!.data as Float64Array);
    const each = outputs * covariance.size;
    for (let r = 0; r < count; r++) {
      const at = (from + r) * outputs ** 2;
      const own = whole.data.subarray(at, at + outputs ** 2);
      outputCovariance(slopes.subarray(r * each, (r + 1) * each), covariance, own);
      for (let k = 0; k < outputs; k++) variance.data[(from + r) * outputs + k] = own[k * (outputs + 1)]!;
    }
  });
  return { mean, variance, covariance: whole };
}
