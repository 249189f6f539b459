import { ggn as ggnOfGraph, hessian as hessianOf } from '../autodiff/index.js';
import { type ArrayFunction, isTraced, type ScalarFunction } from '../autodiff/traced-function.js';
import type { TensorTree } from '../autodiff/trees.js';
import type { Vector } from '../linalg/vectors.js';
import {
  type CurvatureMatrix,
  empiricalFisherMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  sampledFisherMatrix,
} from '../objective/matrices.js';
import type { Objective } from '../objective/objective.js';
import { checkNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import { Tensor } from '../tensor/ir.js';
import type { NDArray } from '../tensor/ndarray.js';
import { generator } from '../tensor/random.js';
import type { Tree } from '../tensor/tree.js';
import {
  type CurvatureOperatorOptions,
  curvatureOperator,
  curvatureOperatorOptions,
} from './operators/curvature-operator.js';
import type { LinearOperator } from './operators/linear-operator.js';

/** Parameters as a tree of arrays, or all in one flat vector. */
export type Parameterlike = Tree<NDArray> | Vector;

const isVector = (at: Parameterlike): at is Vector => at instanceof Float32Array || at instanceof Float64Array;

function operatorAt(
  objective: Objective,
  at: Parameterlike,
  matrix: CurvatureMatrix,
  options?: CurvatureOperatorOptions,
): LinearOperator {
  if (typeof objective?.at !== 'function' || at === undefined || at === null) {
    throw new InputError(`${matrix.name}: give an objective and its parameters, as run.objective and run.parameters`);
  }
  return curvatureOperator(objective.at(isVector(at) ? at : objective.layout.vector(at)), matrix, options);
}

/**
 * The Hessian ∇²f of an objective over all its rows and parameters at a point, by products (Pearlmutter 1994): nothing is formed. A product costs about two
 * gradients. Give it to `eigenpairs`, `spectralDensity`, `hutchinson`, … @throws ShapeError for parameters that do not fit.
 * @example
 * const { values } = await eigenpairs(hessian(run.objective, run.parameters), { count: 5 });
 */
export function hessian(objective: Objective, at: Parameterlike, options?: CurvatureOperatorOptions): LinearOperator;
/** Of a function of arrays: its dense Hessian with respect to the first argument, as another function. */
export function hessian<A extends readonly TensorTree[]>(f: ScalarFunction<A>): ArrayFunction<A, Tensor>;
/**
 * Of a graph: the dense Hessian of a scalar loss over all n elements of `wrt`, leaf after leaf: shape `[n, n]`, row i the derivative of gradient
 * element i. For small n: n Hessian-vector products in one batch that shares the forward and the backward pass.
 */
export function hessian(loss: Tensor, wrt: TensorTree): Tensor;
export function hessian(
  of: Objective | ScalarFunction | Tensor,
  at?: Parameterlike | TensorTree,
  options: CurvatureOperatorOptions = {},
): unknown {
  checkNames('hessian', options, curvatureOperatorOptions);
  if (isTraced(of)) return hessianOf(of);
  if (of instanceof Tensor) return hessianOf(of, at as TensorTree);
  return operatorAt(of, at as Parameterlike, hessianMatrix, options);
}

/**
 * The generalised Gauss-Newton matrix Jᵀ·H_L·J of an objective at a point, by products (Schraudolph 2002): positive semi-definite for convex losses. A
 * product costs about one forward pass, one JVP and one VJP.
 * @example
 * const spectrum = await spectralDensity(ggn(run.objective, run.parameters), { probes: 4, steps: 10 });
 */
export function ggn(objective: Objective, at: Parameterlike, options?: CurvatureOperatorOptions): LinearOperator;
/** Of a graph: the dense matrix, `[n, n]`, in the same order as `hessian`. For small n. */
export function ggn(loss: Tensor, outputs: TensorTree, wrt: TensorTree): Tensor;
export function ggn(of: Objective | Tensor, at: Parameterlike | TensorTree, third?: unknown): unknown {
  if (of instanceof Tensor) return ggnOfGraph(of, at as TensorTree, third as TensorTree);
  return operatorAt(of, at as Parameterlike, gaussNewtonMatrix, third as CurvatureOperatorOptions);
}

/**
 * A Monte Carlo estimate of the Fisher matrix E[∇log p·∇log pᵀ] of an objective at a point, of `samples` targets a row (default 1) drawn once from the
 * model's own distribution by `generator` (default `generator(0)`). Its expectation is the Gauss-Newton matrix for all losses here but Huber's.
 * @throws InputError for a loss that defines no distribution.
 * @example
 * const { value } = await hutchinson(fisher(objective, theta, { samples: 2 }), { probes: 8 });
 */
export function fisher(
  objective: Objective,
  at: Parameterlike,
  options: CurvatureOperatorOptions = {},
): LinearOperator {
  checkNames('fisher', options, curvatureOperatorOptions);
  return operatorAt(objective, at, sampledFisherMatrix, { generator: generator(0), ...options });
}

/**
 * The empirical Fisher matrix of an objective at a point, of the data's own targets; see `empiricalFisherMatrix` for what it is not.
 * @example
 * const largest = await sharpness(empiricalFisher(objective, theta), {});
 */
export function empiricalFisher(
  objective: Objective,
  at: Parameterlike,
  options: CurvatureOperatorOptions = {},
): LinearOperator {
  checkNames('empiricalFisher', options, curvatureOperatorOptions);
  return operatorAt(objective, at, empiricalFisherMatrix, options);
}
