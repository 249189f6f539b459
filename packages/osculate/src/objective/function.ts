import type { Vector } from '../linalg/vectors.js';
import { type Executor, referenceExecutor } from '../runtime/index.js';
import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { describe } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { ParameterLayout, parameters } from '../tensor/parameters.js';
import type { Batch, Objective } from './objective.js';
import { programObjective } from './programs.js';
import { requireTensor } from './require-tensor.js';

export interface FunctionObjectiveOptions {
  /** What runs its programs; by default a reference executor, which suits small problems. */
  readonly executor?: Executor;
  /** True: the function returns residuals r(x) of any shape, and f = Σ rᵢ² (without a factor ½). */
  readonly residuals?: boolean;
}

const functionObjectiveOptions: OptionNames<FunctionObjectiveOptions> = { executor: 1, residuals: 1 };

/** A plain function has no outputs, and no distribution that targets could be drawn from. */
function without(what: string): never {
  throw new InputError(
    `functionObjective: a plain function has no ${what}; return residuals and set { residuals: true }, or use supervisedObjective`,
  );
}

function batchOf(f: (x: Tensor) => Tensor, { dtype, size }: ParameterLayout, residuals: boolean): Batch {
  const weights = parameters({ x: { dtype, shape: [size] } }, 'parameters.');
  const result = requireTensor('functionObjective: the function', f(weights.x));
  if (!residuals && result.size !== 1) {
    throw new ShapeError(
      `functionObjective: the function returns ${describe(result)}; return a scalar, or set { residuals: true } to minimise the sum of squares`,
    );
  }
  const loss = residuals ? result.mul(result).sum() : result.reshape([]);
  const batch: Batch = {
    rows: 1,
    weights,
    inputs: {},
    targets: {},
    masks: [],
    statistics: [],
    get outputs() {
      return residuals ? result : without('outputs to make a Gauss-Newton matrix of');
    },
    loss,
    ...(residuals && { residuals: result }),
    score: loss,
    normalizer: 1,
    hessianProduct: (u) => (residuals ? u.mul(2) : without('outputs')),
    sample: () => without('outputs to draw targets for'),
    row: () => batch,
  };
  return batch;
}

/**
 * The objective of a plain traced function of one vector: a scalar f(x), or, with `residuals`, a vector r(x) of which
 * f(x) = Σ rᵢ² is minimised (see `Objective` for the factor ½). `start` says how many variables there are and of which dtype; its
 * values do not count. The objective has one row.
 * @throws InputError for an empty start, ShapeError when f is not a scalar.
 * @example
 * const start = Float64Array.of(-1.2, 1);
 * const residuals = functionObjective((x) => stack([x.at(1).sub(x.at(0).square()).mul(10), x.at(0).neg().add(1)]), start, { residuals: true });
 * await residuals.value(start, [0]); // 24.2
 */
export function functionObjective(
  f: (x: Tensor) => Tensor,
  start: Vector,
  options: FunctionObjectiveOptions = {},
): Objective {
  checkNames('functionObjective', options, functionObjectiveOptions);
  const { executor = referenceExecutor(), residuals = false } = options;
  if (start.length === 0)
    throw new InputError('functionObjective: the start has no elements; f needs at least one variable');
  const dtype = start instanceof Float32Array ? 'f32' : 'f64';
  const layout = ParameterLayout.of({ x: { dtype, shape: [start.length] } });
  const batch = batchOf(f, layout, residuals);
  return programObjective({
    executor,
    layout,
    chunk: 1,
    weightDecay: 0,
    source: { rows: 1, fields: {}, read: () => ({}) },
    batch: () => batch,
  });
}
