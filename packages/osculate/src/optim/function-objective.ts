import { type Executor, referenceExecutor } from '../runtime/index.js';
import { describe } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';
import { ParameterLayout, parameters } from '../tensor/parameters.js';
import type { BatchGraph, Objective, Vector } from './objective.js';
import { programObjective } from './program-objective.js';

export interface FunctionObjectiveOptions {
  /** Default: a reference executor, which suits small problems. */
  readonly executor?: Executor;
  /** True: the function returns residuals r(x) of any shape, and f = Σ rᵢ² (without a factor ½). */
  readonly residuals?: boolean;
}

function graphOf(f: (x: Tensor) => Tensor, layout: ParameterLayout, residuals: boolean): BatchGraph {
  const weights = parameters({ x: { dtype: layout.dtype, shape: [layout.size] } }, 'parameters.');
  const result = f(weights.x);
  const nothing = full(0, layout.dtype);
  if (residuals) {
    return { weights, x: nothing, y: nothing, outputs: result, residuals: result, loss: result.mul(result).sum() };
  }
  if (result.size !== 1) {
    throw new ShapeError(
      `functionObjective: the function returns ${describe(result)}; return a scalar, or set { residuals: true } to minimise the sum of squares`,
    );
  }
  return {
    weights,
    x: nothing,
    y: nothing,
    loss: result.reshape([]),
    get outputs(): never {
      throw new InputError(
        'functionObjective: a plain function has no outputs to make a Gauss-Newton matrix of; return residuals and set { residuals: true }',
      );
    },
  };
}

/**
 * The objective of a plain traced function of one vector: a scalar f(x), or, with `residuals`, a vector r(x) of which
 * f(x) = Σ rᵢ² is minimised (the convention of Moré, Garbow and Hillstrom: no factor ½, so the Gauss-Newton matrix is 2·JᵀJ).
 * `start` says how many variables there are and of which dtype; its values do not count. The objective has one row.
 * @throws InputError for an empty start, ShapeError when f is no scalar.
 */
export function functionObjective(
  f: (x: Tensor) => Tensor,
  start: Vector,
  { executor = referenceExecutor(), residuals = false }: FunctionObjectiveOptions = {},
): Objective {
  if (start.length === 0)
    throw new InputError('functionObjective: the start has no elements; f needs at least one variable');
  const dtype = start instanceof Float32Array ? 'f32' : 'f64';
  const layout = ParameterLayout.of({ x: { dtype, shape: [start.length], data: start } as never });
  const graph = graphOf(f, layout, residuals);
  return programObjective({
    executor,
    layout,
    rows: 1,
    chunk: 1,
    weightDecay: 0,
    graph: () => graph,
    feeds: () => ({}),
  });
}
