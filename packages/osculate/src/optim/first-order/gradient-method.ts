import type { ParameterLayout, ParameterSlot } from '../../tensor/parameters.js';
import type { Rows, Vector } from '../objective.js';
import { drawRows, like, type Optimizer, type OptimizerState, type StepContext } from '../optimizer.js';
import { SpareVector } from '../retired.js';
import { constant } from '../schedules/constant.js';
import type { Schedule } from '../schedules/schedule.js';
import { checkOptions } from './check-options.js';
import { finiteSquaredNorm } from './finite-squared-norm.js';
import { type GroupDefaults, type ParameterGroup, type Segment, segmentsOf } from './parameter-groups.js';

/** Options of every method that steps along mini-batch gradients. */
export interface GradientOptions {
  readonly learningRate?: number;
  /** Multiplies the learning rate (default: constant). */
  readonly schedule?: Schedule;
  /** Rows a step (default 200). */
  readonly batchSize?: number;
  /** Scales the gradient down to this norm when it is longer (default: never). */
  readonly clipNorm?: number;
  /** Weight decay in the method's own form, beside that of the objective. */
  readonly weightDecay?: number;
  /** Other learning rates and weight decays for some parameters, by name. */
  readonly groups?: readonly ParameterGroup[];
  /** Keeps θ̄ ← average·θ̄ + (1 − average)·θ in the state's `average` (default: not kept). */
  readonly average?: number;
}

/** State of every gradient method, beside the method's own vectors and numbers. */
export type GradientState<S extends object = object> = OptimizerState &
  S & {
    /** Steps that were accepted: what schedules and bias corrections count. */
    readonly updates: number;
    /** Exponential moving average of the parameters, when the options ask for it. */
    readonly average?: Vector;
  };

/** What an update rule gets: a finite gradient, clipped already, and the segments with their learning rates. */
export interface GradientMove<S extends object> extends StepContext {
  readonly state: GradientState<S>;
  readonly rows: Rows;
  /** Number of this update, from 1. */
  readonly update: number;
  readonly gradient: Vector;
  /** Factor of the schedule, already in the segments' rates. */
  readonly factor: number;
  readonly segments: readonly Segment[];
}

export interface MoveResult<S extends object> {
  readonly parameters: Vector;
  /** The method's own state after the move. */
  readonly own: S;
  readonly details?: Readonly<Record<string, number>>;
}

/** A method: its name, its defaults and its update rule. */
export interface GradientRule<S extends object> {
  readonly name: string;
  readonly defaults: { readonly learningRate: number; readonly weightDecay?: number };
  /** Settings to report beside the common ones. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** One segment a parameter, for rules that look at shapes, and its settings where they differ from the common ones. */
  readonly bySlot?: (slot: ParameterSlot, layout: ParameterLayout) => Partial<GroupDefaults>;
  /** The move leaves the gradient to be overwritten: nothing of it is in the state. */
  readonly leavesGradient?: boolean;
  init(parameters: Vector): S;
  /** Where the gradient is taken (default: at the parameters). */
  point?(state: GradientState<S>): Vector;
  /** The move; undefined when it cannot be made because curvature is not finite, which rejects the step. */
  move(move: GradientMove<S>): MoveResult<S> | Promise<MoveResult<S> | undefined>;
}

/** Scales `gradient`, which is the step's own, to the norm; torch's clip_grad_norm_, whose 1e-6 keeps the result below it. */
function clip(gradient: Vector, norm: number, longest: number): void {
  const scale = longest / (norm + 1e-6);
  if (scale >= 1) return;
  for (let i = 0; i < gradient.length; i++) gradient[i] = scale * gradient[i]!;
}

function averaged(average: Vector, parameters: Vector, keep: number): Vector {
  const out = like(average);
  for (let i = 0; i < out.length; i++) out[i] = keep * average[i]! + (1 - keep) * parameters[i]!;
  return out;
}

/** The segments of the last layout asked for: they depend on nothing else. */
function remember(make: (layout: ParameterLayout) => readonly Segment[]): typeof make {
  const known = new WeakMap<ParameterLayout, readonly Segment[]>();
  return (layout) => {
    const found = known.get(layout) ?? make(layout);
    known.set(layout, found);
    return found;
  };
}

function settingsOf<S extends object>(rule: GradientRule<S>, options: GradientOptions) {
  const { learningRate, weightDecay, batchSize } = common(rule, options);
  const { schedule, clipNorm, average, groups } = options;
  return {
    learningRate,
    ...rule.settings,
    batchSize,
    weightDecay,
    ...(schedule === undefined ? {} : { schedule: schedule.name }),
    ...(clipNorm === undefined ? {} : { clipNorm }),
    ...(average === undefined ? {} : { average }),
    ...(groups === undefined ? {} : { groups: groups.map((g) => String(g.names)).join(' ') }),
  };
}

function checkCommon(name: string, options: GradientOptions): void {
  const { learningRate, weightDecay, batchSize, clipNorm, average } = options;
  checkOptions(name, {
    'a finite number ≥ 0': { learningRate, weightDecay },
    'a number > 0': { batchSize, clipNorm },
    'a number from 0 to below 1': { average },
  });
}

function common<S extends object>({ defaults }: GradientRule<S>, options: GradientOptions) {
  const { learningRate = defaults.learningRate, weightDecay = defaults.weightDecay ?? 0, batchSize = 200 } = options;
  return { learningRate, weightDecay, batchSize };
}

/**
 * Makes an optimizer of an update rule: draws the mini-batch, takes its gradient, clips it, gives every parameter its
 * learning rate and weight decay, and keeps the average of the weights. A step whose loss, gradient or new parameters are not
 * finite is rejected: only `step` moves on. One gradient of the mini-batch a step.
 */
export function gradientMethod<S extends object>(
  rule: GradientRule<S>,
  options: GradientOptions,
): Optimizer<GradientState<S>> {
  const { batchSize, ...defaults } = common(rule, options);
  checkCommon(rule.name, options);
  const { schedule = constant(), clipNorm, average, groups = [] } = options;
  const segmentsFor = remember((layout) => {
    const own = (slot: ParameterSlot) => ({ ...defaults, ...rule.bySlot?.(slot, layout) });
    return segmentsOf(layout, own, groups, rule.bySlot !== undefined);
  });
  // The gradient of the last step that had a retired state.
  const spare = new SpareVector();
  const step = async (state: GradientState<S>, { objective, generator, retired }: StepContext) => {
    const rows = drawRows(objective, batchSize, generator);
    const at = rule.point?.(state) ?? state.parameters;
    const into = retired && spare.take(at);
    const { value: loss, gradient } = await objective.valueAndGradient(at, rows, into);
    const rejected = {
      state: { ...state, step: state.step + 1 },
      report: { loss, accepted: false, nonFinite: true, details: {} },
    };
    const square = finiteSquaredNorm(gradient);
    if (!Number.isFinite(loss) || square === undefined) return rejected;
    if (clipNorm !== undefined) clip(gradient, Math.sqrt(square), clipNorm);
    const update = state.updates + 1;
    const factor = schedule.factor(update);
    const segments = segmentsFor(objective.layout).map((s) => ({ ...s, rate: s.rate * factor }));
    const move = { objective, generator, retired, state, rows, update, gradient, factor, segments };
    const result = await rule.move(move);
    if (retired && rule.leavesGradient) spare.leave(gradient);
    if (result === undefined || finiteSquaredNorm(result.parameters) === undefined) return rejected;
    const { parameters, own, details } = result;
    const kept = average === undefined ? {} : { average: averaged(state.average!, parameters, average) };
    return {
      state: { ...own, parameters, step: state.step + 1, updates: update, ...kept } as GradientState<S>,
      report: { loss, accepted: true, details: { gradientNorm: Math.sqrt(square), ...details } },
    };
  };
  return {
    name: rule.name,
    settings: settingsOf(rule, options),
    init: (parameters) => {
      const kept = average === undefined ? {} : { average: parameters.slice() };
      return { ...rule.init(parameters), parameters, step: 0, updates: 0, ...kept } as GradientState<S>;
    },
    step,
  };
}
