import type { Rows } from '../../data/source.js';
import { runElementwise, SHORT, squaresByFour } from '../../linalg/kernels/elementwise.js';
import { like, type Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import { drawRows } from '../../objective/rows.js';
import { checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { ParameterLayout, ParameterSlot } from '../../tensor/parameters.js';
import type { Demand } from '../demand.js';
import { type Optimizer, type OptimizerState, overwritable, SpareVector, type StepContext } from '../optimizer.js';
import { constantRate, type Schedule } from '../schedules.js';
import { rateByTrial, trialSteps } from './rate-trial.js';

/** Options of every method that steps along mini-batch gradients. */
export interface GradientOptions {
  /** η, the length of a step; the default is the method's own. */
  readonly learningRate?: number;
  /** Multiplies the learning rate (default: constant). */
  readonly schedule?: Schedule;
  /** Rows a step (default 128). */
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

export const gradientOptions: OptionNames<GradientOptions> = {
  learningRate: 1,
  schedule: 1,
  batchSize: 1,
  clipNorm: 1,
  weightDecay: 1,
  groups: 1,
  average: 1,
};

/** State of every gradient method, beside the method's own vectors and numbers. */
export type GradientState<S extends object = object> = OptimizerState &
  S & {
    /** Steps that were accepted: what schedules and bias corrections count. */
    readonly updates: number;
    /** The learning rate that a trial has found, 0 before it; absent where none is made. */
    readonly rate?: number;
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
  readonly defaults: { readonly learningRate: number | 'trial'; readonly weightDecay?: number };
  /** Settings to report beside the common ones. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** One segment a parameter, for rules that look at shapes, and its settings where they differ from the common ones. */
  readonly bySlot?: (slot: ParameterSlot, objective: Objective) => Partial<GroupDefaults>;
  /** What it takes beside a gradient; default: two vectors of its own, none in work. */
  demand?(objective: Objective): Partial<Demand>;
  /** The move leaves the gradient to be overwritten: nothing of it is in the state. */
  readonly leavesGradient?: boolean;
  init(parameters: Vector, objective: Objective): S;
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

/** What depends on one thing alone, a layout or an objective, is made once for each. */
export function onceFor<K extends object, T>(make: (of: K) => T): (of: K) => T {
  const known = new WeakMap<K, { readonly made: T }>();
  return (of) => {
    const found = known.get(of) ?? { made: make(of) };
    known.set(of, found);
    return found.made;
  };
}

/** A gradient and its copy in the engine, and the parameters and so many vectors of a method's own before and after a step. */
function stateDemand(own: number): Demand {
  return { vectors: 2 + 2 * (1 + own), gradients: 1 };
}

function settingsOf<S extends object>(rule: GradientRule<S>, options: GradientOptions) {
  const { learningRate, weightDecay, batchSize } = common(rule, options);
  const { schedule, clipNorm, average, groups } = options;
  return {
    learningRate: learningRate === 'trial' ? 'by trial' : learningRate,
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
  const { learningRate = defaults.learningRate, weightDecay = defaults.weightDecay ?? 0, batchSize = 128 } = options;
  return { learningRate, weightDecay, batchSize };
}

/** Segments of an objective's layout at a learning rate, made again only for another rate. */
function segmentsAt<S extends object>(rule: GradientRule<S>, weightDecay: number, groups: readonly ParameterGroup[]) {
  return onceFor((objective: Objective) => {
    let known: { readonly learningRate: number; readonly segments: readonly Segment[] } | undefined;
    return (learningRate: number): readonly Segment[] => {
      if (known?.learningRate === learningRate) return known.segments;
      const own = (slot: ParameterSlot) => ({ learningRate, weightDecay, ...rule.bySlot?.(slot, objective) });
      known = { learningRate, segments: segmentsOf(objective.layout, own, groups, rule.bySlot !== undefined) };
      return known.segments;
    };
  });
}

/**
 * Makes an optimizer of an update rule: draws the mini-batch, takes its gradient, clips it, gives every parameter its
 * learning rate and weight decay, and keeps the average of the weights. A step whose loss, gradient or new parameters are not
 * finite is rejected: only `step` moves on. One gradient of the mini-batch a step. Where the rule has no learning rate of its own, the first
 * step finds one (`rateByTrial`), at ten gradients a rate.
 */
export function gradientMethod<S extends object>(
  rule: GradientRule<S>,
  options: GradientOptions,
): Optimizer<GradientState<S>> {
  const { batchSize, learningRate, weightDecay } = common(rule, options);
  checkCommon(rule.name, options);
  const { schedule = constantRate(), clipNorm, average, groups = [] } = options;
  const segmentsFor = segmentsAt(rule, weightDecay, groups);
  // The gradient of the last step that had a retired state.
  const spare = new SpareVector();
  const stepOn = async (state: GradientState<S>, rows: Rows, base: number, context: StepContext) => {
    const { objective, generator, retired } = context;
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
    const segments = segmentsFor(objective)(base).map((s) => ({ ...s, rate: s.rate * factor }));
    const move = { objective, generator, retired, state, rows, update, gradient, factor, segments };
    const result = await rule.move(move);
    if (retired && rule.leavesGradient) spare.leave(gradient);
    if (result === undefined || finiteSquaredNorm(result.parameters) === undefined) return rejected;
    const { parameters, own, details } = result;
    const rate = state.rate === undefined ? {} : { rate: base };
    const kept = average === undefined ? {} : { average: averaged(state.average!, parameters, average) };
    return {
      state: { ...own, parameters, step: state.step + 1, updates: update, ...rate, ...kept } as GradientState<S>,
      report: { loss, accepted: true, details: { gradientNorm: Math.sqrt(square), ...details } },
    };
  };
  const withTrial = async (state: GradientState<S>, context: StepContext) => {
    const { objective, generator } = context;
    const draw = (): Rows => drawRows(objective, batchSize, generator);
    const batches = state.rate ? [] : Array.from({ length: trialSteps }, draw);
    const alone = { objective, generator };
    const found = state.rate
      ? { value: state.rate, tried: 0 }
      : await rateByTrial(state, batches, objective, (at, rows, rate) => stepOn(at, rows, rate, alone));
    if (found === null) {
      const { report } = await stepOn(state, draw(), 0, alone);
      return { state: { ...state, step: state.step + 1 }, report: { ...report, accepted: false, nonFinite: true } };
    }
    const { state: next, report } = await stepOn(state, draw(), found.value, context);
    const trial = { learningRate: found.value, ...(found.tried > 0 && { ratesTried: found.tried }) };
    return { state: next, report: { ...report, details: { ...report.details, ...trial } } };
  };
  return {
    name: rule.name,
    settings: settingsOf(rule, options),
    demand: (objective) => ({ ...stateDemand(2), ...rule.demand?.(objective) }),
    init: (objective, parameters) => {
      const rate = learningRate === 'trial' ? { rate: 0 } : {};
      const kept = average === undefined ? {} : { average: parameters.slice() };
      const own = rule.init(parameters, objective);
      return { ...own, parameters, step: 0, updates: 0, ...rate, ...kept } as GradientState<S>;
    },
    step: (state, context) =>
      learningRate === 'trial'
        ? withTrial(state, context)
        : stepOn(state, drawRows(context.objective, batchSize, context.generator), learningRate, context),
  };
}

/** Parameters by name with settings of their own: `{ names: /bias$/, weightDecay: 0 }`. */
export interface ParameterGroup {
  /** Parameters whose dotted name matches; a parameter belongs to the first group that it matches. */
  readonly names: RegExp;
  /** Instead of the method's learning rate; the schedule multiplies it all the same. */
  readonly learningRate?: number;
  /** Instead of the method's weight decay. */
  readonly weightDecay?: number;
}

/** A stretch of the flat vector whose elements are treated alike. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Learning rate of this update, schedule included. */
  readonly rate: number;
  readonly decay: number;
  /** The parameter, or the first of the parameters, that lie here. */
  readonly slot: ParameterSlot;
}

export interface GroupDefaults {
  readonly learningRate: number;
  readonly weightDecay: number;
}

const list = (slots: readonly ParameterSlot[]): string => slots.map((s) => s.name).join(', ');

/** @throws InputError for a group that no parameter belongs to, which is a misspelt pattern. */
function checkGroups(layout: ParameterLayout, groups: readonly ParameterGroup[], first: readonly number[]): void {
  const unused = groups.findIndex((_, i) => !first.includes(i));
  if (unused < 0) return;
  throw new InputError(
    `parameter groups: no parameter belongs to group ${unused}, ${groups[unused]!.names}; the names are ${list(layout.slots)}`,
  );
}

/** RegExp.test of a pattern with the flag g or y depends on where the last search ended; search does not. */
const matches = (pattern: RegExp, name: string): boolean => name.search(pattern) >= 0;

/**
 * The segments of a layout, in order and without gaps: neighbours with equal settings are joined unless `bySlot`.
 * Learning rates are without the schedule. @throws InputError for a group that no parameter belongs to.
 */
function segmentsOf(
  layout: ParameterLayout,
  defaults: (slot: ParameterSlot) => GroupDefaults,
  groups: readonly ParameterGroup[],
  bySlot: boolean,
): readonly Segment[] {
  const first = layout.slots.map(({ name }) => groups.findIndex((group) => matches(group.names, name)));
  checkGroups(layout, groups, first);
  const segments: Segment[] = [];
  layout.slots.forEach((slot, i) => {
    const { learningRate: rate, weightDecay: decay } = { ...defaults(slot), ...groups[first[i]!] };
    const [from, to] = [slot.offset, slot.offset + slot.size];
    const last = segments.at(-1);
    if (!bySlot && last?.rate === rate && last.decay === decay) segments[segments.length - 1] = { ...last, to };
    else segments.push({ from, to, rate, decay, slot });
  });
  return segments;
}

/** The squares of the first `whole` elements, a multiple of 4, in four sums: one would wait for each addition. */
function fourSums(v: Vector, whole: number): readonly [number, number, number, number] {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += v[i]! * v[i]!;
    b += v[i + 1]! * v[i + 1]!;
    c += v[i + 2]! * v[i + 2]!;
    d += v[i + 3]! * v[i + 3]!;
  }
  return [a, b, c, d];
}

/** ‖v‖², or undefined when an element is not finite (or too large for its square to be). */
export function finiteSquaredNorm(v: Vector): number | undefined {
  const whole = v.length & ~3;
  let [a, b, c, d] = squaresByFour(v, whole) ?? fourSums(v, whole);
  for (let i = whole; i < v.length; i++) a += v[i]! * v[i]!;
  const sum = a + b + (c + d);
  return Number.isFinite(sum) ? sum : undefined;
}

/** One pass of an update rule over elements `from` … `to` − 1 of all vectors. */
export interface Pass<K extends string> extends Segment {
  /** Number of this update, from 1. */
  readonly update: number;
  readonly gradient: Vector;
  readonly old: Vector;
  /** To be written. */
  readonly parameters: Vector;
  readonly before: Readonly<Record<K, Vector>>;
  /** To be written. */
  readonly after: Readonly<Record<K, Vector>>;
}

/** A method that treats every element by itself and whose state is vectors of the parameters' length that start as zeros. */
export interface ElementwiseRule<K extends string>
  extends Pick<GradientRule<Readonly<Record<K, Vector>>>, 'name' | 'defaults' | 'settings'> {
  readonly vectors: readonly K[];
  pass(pass: Pass<K>): void;
}

/** A record of one value a name. */
function byName<K extends string, T>(names: readonly K[], make: (name: K) => T): Record<K, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<K, T>;
}

/** Makes an optimizer of an elementwise rule. Memory: one vector for each of the rule's, beside the parameters. */
export function elementwiseMethod<K extends string>(
  rule: ElementwiseRule<K>,
  options: GradientOptions,
): Optimizer<GradientState<Readonly<Record<K, Vector>>>> {
  const { vectors, pass, ...rest } = rule;
  return gradientMethod(
    {
      ...rest,
      leavesGradient: true,
      demand: () => stateDemand(vectors.length),
      init: (parameters) => byName(vectors, () => like(parameters)),
      move: ({ state, gradient, segments, update, retired }) => {
        const found = overwritable<K | 'parameters'>(retired, state);
        const toWrite = (name: K | 'parameters'): Vector => found(name) ?? like(gradient);
        const after = byName(vectors, toWrite);
        const parameters = toWrite('parameters');
        const all = { update, gradient, old: state.parameters, parameters, before: state, after };
        for (const segment of segments) pass({ ...segment, ...all });
        return { parameters, own: after };
      },
    },
    options,
  );
}

/**
 * Runs a pass as a compiled kernel, whose state is `vectors` in that order; false, with nothing done, where the caller's loop has to run:
 * for vectors of doubles, on hosts without WebAssembly SIMD, and for few elements. The outcome is the loop's, bit for bit.
 */
export function compiledPass<K extends string>(
  kernel: Parameters<typeof runElementwise>[0],
  pass: Pass<K>,
  vectors: readonly K[],
  settings: readonly number[],
): boolean {
  const { from, to, gradient, old, parameters, before, after } = pass;
  if (to - from < SHORT) return false;
  const state = vectors.map((name) => ({ read: before[name], write: after[name] }));
  return runElementwise(kernel, [from, to], [{ read: gradient }, { read: old, write: parameters }, ...state], settings);
}
