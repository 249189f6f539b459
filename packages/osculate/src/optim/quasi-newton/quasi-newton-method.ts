import { allFinite, dotInOrder, norm, plus, type Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import { allRows } from '../../objective/rows.js';
import type { DemandOf } from '../demand.js';
import type { Optimizer, OptimizerState, StepReport, StepStop } from '../optimizer.js';
import { type LineSearch, type LineSlope, lineOf } from '../search/line-search.js';

/** True when sᵀy is positive beyond rounding, so that an update by the pair keeps the approximation positive definite. */
export function isUsablePair(s: Float64Array, y: Float64Array): boolean {
  return dotInOrder(s, y) > 1e-12 * norm(s) * norm(y);
}

/** State of a quasi-Newton method: f and ∇f at the parameters are kept, so that a step costs no gradient beyond the search's. */
export interface QuasiNewtonState extends OptimizerState {
  /** 1 when `value` and `gradient` are those of the parameters, 0 before the first step. */
  readonly known: number;
  readonly value: number;
  readonly gradient: Vector;
}

/** What distinguishes one quasi-Newton method from another. */
export interface QuasiNewtonMethod<M> {
  readonly name: string;
  readonly settings: Optimizer['settings'];
  readonly search: LineSearch<LineSlope>;
  readonly demand: DemandOf;
  /** The approximation before the first step: vectors and numbers. */
  empty(parameters: Vector): M;
  /** −H·g. */
  direction(memory: M, gradient: Vector): Float64Array;
  /** False while H is the identity: the first trial step then has length at most 1. */
  isScaled(memory: M): boolean;
  /** The approximation after the pair s = Δx, y = Δg; the same where the pair is unfit. */
  update(memory: M, s: Float64Array, y: Float64Array): M;
}

/** A quasi-Newton optimizer with a line search that returns gradients. Cost a step: one gradient a trial, mostly one. */
export function quasiNewtonMethod<M extends object>(method: QuasiNewtonMethod<M>): Optimizer<QuasiNewtonState & M> {
  const look = async (state: QuasiNewtonState, objective: Objective) =>
    state.known === 1 ? state : objective.valueAndGradient(state.parameters, allRows(objective.rows));
  const step = async (state: QuasiNewtonState & M, objective: Objective) => {
    const { value, gradient } = await look(state, objective);
    const gradientNorm = norm(gradient);
    const before = { loss: value, gradientNorm };
    const next = { ...state, step: state.step + 1, known: 1, value, gradient };
    const end = (stop: StepStop, s = next): { state: QuasiNewtonState & M; report: StepReport } => ({
      state: s,
      report: { ...before, accepted: false, stop, details: {} },
    });
    if (!Number.isFinite(value) || !allFinite(gradient)) return end('diverged', { ...next, known: 0 });
    const direction = method.direction(state, gradient);
    const line = lineOf(objective, state.parameters, value, gradient, direction);
    const first = method.isScaled(state) ? 1 : Math.min(1, 1 / gradientNorm);
    const point = line.slope < 0 ? await method.search(line, first) : null;
    if (!point || point.parameters.every((x, i) => x === state.parameters[i])) {
      // An approximation gone bad is given up once, for steepest descent.
      const fresh = method.empty(state.parameters);
      if (method.isScaled(state))
        return {
          ...end('stalled', { ...next, ...fresh }),
          report: { ...before, accepted: false, details: { restarted: 1 } },
        };
      return end('stalled');
    }
    const memory = method.update(
      state,
      plus(point.parameters, state.parameters, -1),
      plus(point.gradient, gradient, -1),
    );
    return {
      state: { ...next, ...memory, parameters: point.parameters, value: point.value, gradient: point.gradient },
      report: { ...before, accepted: true, details: { rate: point.rate, lossAfter: point.value } },
    };
  };
  return {
    name: method.name,
    settings: method.settings,
    demand: method.demand,
    carries: true,
    init: (_, parameters) => ({
      parameters,
      step: 0,
      known: 0,
      value: 0,
      gradient: parameters.slice().fill(0) as Vector,
      ...method.empty(parameters),
    }),
    step: (state, { objective }) => step(state, objective),
  };
}
