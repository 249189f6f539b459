import type { RegionRule } from '../../../linalg/trust-region/rules.js';
import { allFinite, moved, norm, unitRoundoff, type Vector } from '../../../linalg/vectors.js';
import type { Objective } from '../../../objective/objective.js';
import { allRows } from '../../../objective/rows.js';
import type { Generator } from '../../../tensor/random.js';
import type { DemandOf } from '../../demand.js';
import type { Optimizer, OptimizerState, StepReport, StepStop } from '../../optimizer.js';
import { inRowBatches, type RowBatchOptions } from './row-batches.js';

/** A step that a model proposes. */
export interface Proposal {
  readonly step: Float64Array;
  /** By how much the model, regularisation not counted, falls. */
  readonly predicted: number;
  /** The step in the norm of the region (default: ‖step‖₂). */
  readonly length?: number;
  /** The step has met negative curvature. */
  readonly indefinite?: boolean;
  /** What is worth plotting: inner iterations, the Lagrange multiplier. */
  readonly details?: Readonly<Record<string, number>>;
}

/** A model of the objective at a point, to be minimised under a region: a trust radius or a regularisation weight. */
export interface LocalModel {
  readonly value: number;
  readonly gradient: ArrayLike<number>;
  readonly indefinite?: boolean;
  /** The region of the first step, for methods that take it from the point they start at. */
  readonly firstRegion?: () => number | Promise<number>;
  /** What the model keeps for the next step (default: as it was). */
  readonly memory?: Float64Array;
  /** Absent where the model is not finite: the method stops as diverged. */
  readonly propose?: (region: number) => Proposal | Promise<Proposal>;
}

export interface RegionMethod extends RowBatchOptions {
  readonly name: string;
  readonly demand: DemandOf;
  readonly settings: Optimizer['settings'];
  /** The region of the first step; 0: the model's `firstRegion`. */
  readonly region: number;
  readonly rule: RegionRule;
  /** Zeros of the length that the model keeps between steps (default: none). */
  memory?(n: number): Float64Array;
  model(objective: Objective, at: Vector, memory: Float64Array, generator: Generator): Promise<LocalModel>;
}

export interface RegionState extends OptimizerState {
  /** Trust radius, or weight of the regularisation. */
  readonly region: number;
  /** What the model keeps between steps, such as a scaling of the variables; may be empty. */
  readonly memory: Float64Array;
}

/** Trial steps at one point before it is given up: each shrinks the region at least by half. */
const attempts = 100;

/**
 * ρ with both decreases raised by the rounding error of f, so that the ratio stays meaningful where the true decrease is
 * below it (Conn, Gould and Toint 2000, section 17.4.2). A value that is not finite has ρ = −∞.
 */
function gainRatio(value: number, trial: number, predicted: number, roundoff: number): number {
  if (!Number.isFinite(trial)) return Number.NEGATIVE_INFINITY;
  const slack = 10 * roundoff * Math.abs(value);
  const expected = predicted + slack;
  return expected > 0 ? (value - trial + slack) / expected : Number.NEGATIVE_INFINITY;
}

/** True when θ and θ + p are the same numbers in every element. */
function same(a: Vector, b: Vector): boolean {
  return a.every((value, i) => value === b[i]);
}

/** Tries ever smaller regions until one step is taken; a report of a stop otherwise. */
async function tryRegions(method: RegionMethod, state: RegionState, objective: Objective, model: LocalModel) {
  const { value, gradient, indefinite, propose } = model;
  const known = { loss: value, gradientNorm: norm(gradient), ...(indefinite !== undefined && { indefinite }) };
  const roundoff = unitRoundoff(objective.layout.dtype);
  const memory = model.memory ?? state.memory;
  let { region } = state;
  const end = (stop: StepStop): { state: RegionState; report: StepReport } => ({
    state: { ...state, region, memory, step: state.step + 1 },
    report: { ...known, accepted: false, stop, details: { region } },
  });
  if (!Number.isFinite(value) || !Number.isFinite(known.gradientNorm) || !propose) return end('diverged');
  if (region === 0) region = (await model.firstRegion?.()) ?? 1;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const proposal = await propose(region);
    const parameters = moved(state.parameters, proposal.step);
    if (!allFinite(parameters)) return end('diverged');
    if (same(parameters, state.parameters)) return end('stalled');
    const trial = await objective.value(parameters, allRows(objective.rows));
    const rho = gainRatio(value, trial, proposal.predicted, roundoff);
    const stepLength = proposal.length ?? norm(proposal.step);
    const next = method.rule.next(region, rho, stepLength);
    if (rho >= method.rule.accept) {
      const details = { ...proposal.details, region, rho, stepLength, lossAfter: trial, trials: attempt + 1 };
      return {
        state: { parameters, step: state.step + 1, region: next, memory },
        report: { ...known, ...(proposal.indefinite && { indefinite: true }), accepted: true, details },
      };
    }
    region = next;
  }
  return end('stalled');
}

/**
 * An optimizer that minimises a model inside a region, shrinks the region until the objective falls as promised, and then takes
 * the step: the globalisation of trust-region methods, adaptive cubic regularisation and Levenberg-Marquardt. A step costs one model
 * and one value of f for each trial. When no trial is taken, or the step changes nothing, it stops as stalled.
 */
export function regionMethod(method: RegionMethod): Optimizer<RegionState> {
  const optimizer: Optimizer<RegionState> = {
    name: method.name,
    settings: method.settings,
    demand: method.demand,
    init: (_, parameters) => ({
      parameters,
      step: 0,
      region: method.region,
      memory: method.memory?.(parameters.length) ?? new Float64Array(0),
    }),
    step: async (state, { objective, generator }) => {
      const model = await method.model(objective, state.parameters, state.memory, generator);
      return tryRegions(method, state, objective, model);
    },
  };
  return inRowBatches(optimizer, method.batchSize);
}
