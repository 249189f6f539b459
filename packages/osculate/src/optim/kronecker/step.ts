import type { Rows } from '../../data/source.js';
import { like, unitRoundoff, type Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import { drawRows } from '../../objective/rows.js';
import { bytesOf } from '../../tensor/dtype.js';
import type { Demand } from '../demand.js';
import { type Optimizer, overwritable, type StepContext, type StepReport } from '../optimizer.js';
import { didHarm, noLosses, withLoss } from './losses.js';
import type { KroneckerMethod } from './method.js';
import { averagedIterate, combine } from './move.js';
import { batchSizeAt, type KfacSettings, type KfacState } from './options.js';
import { bestProposal, type Point, type Proposal } from './programs.js';
import { firstDamping, startedByTrial } from './trial.js';

/** λ is multiplied by this for every step between two adaptations when the model is trustworthy, divided when it is not. */
const omega = 19 / 20;
const smallestDamping = 1e-8;
/** λ is multiplied by this for a step that is rejected, by its square for the next one in the same step, and so on. */
const raise = 4;
/** Steps tried from one point: λ has then been raised by 4²¹. */
const mostRejected = 6;

/** λ/ω when the model promises too much or ρ is not finite, λ·ω when it is trustworthy. */
function nextDamping(damping: number, rho: number, steps: number): number {
  const factor = omega ** steps;
  if (!(rho >= 0.25)) return damping / factor;
  return rho > 0.75 ? Math.max(damping * factor, smallestDamping) : damping;
}

/**
 * Back to where the last step came from, with more damping: nothing can be learnt from where it has led. Much more where there is no loss; little where
 * other rows, or masks, tell of harm: some of them do by chance.
 */
function reject<S extends KfacState>(state: S, loss: number, nonFinite = true): { state: S; report: StepReport } {
  const parameters = state.parameters.map((v, i) => v - state.previous[i]!) as Vector;
  const damping = (state.damping || firstDamping) * (nonFinite ? raise : 1 / omega);
  const previous = like(state.previous);
  const next = { ...state, parameters, previous, promised: 0, damping, gamma: 0, step: state.step + 1, averaged: 0 };
  return { state: next, report: { loss, accepted: false, nonFinite, details: { damping } } };
}

/** A method on an objective, with what a step has computed for the next one. */
interface Prepared<S extends KfacState> {
  readonly method: KroneckerMethod<S>;
  /** The objective is the same function in every step: no masks are drawn. */
  readonly fixed: boolean;
  /** Loss and gradient over all data, at the parameters that a step has led to. */
  readonly ahead: WeakMap<Vector, { readonly value: number; readonly gradient: Vector }>;
}

/** Where a step starts from. */
interface Start {
  readonly objective: Objective;
  readonly rows: Rows;
  readonly loss: number;
  /** Every step sees all the data. */
  readonly all: boolean;
  /** λ is adapted after the step. */
  readonly adapts: boolean;
  /** Memory for the gradient of the next step. */
  readonly spare: Vector | undefined;
}

/** The loss behind a step, and before it on the same rows. */
interface Look {
  readonly before: number;
  readonly after: number;
  readonly gradient?: Vector;
}

/**
 * The loss where a step would lead, on rows for which it costs least: all the data, with the gradient that the next step asks for, where every
 * step sees them all; the batch where λ is adapted by it; else the rows of the model, whose loss before the step is known.
 */
async function lookAhead(
  { objective, rows, loss, all, adapts, spare }: Start,
  { rows: sample, value }: Proposal<unknown>,
  parameters: Vector,
): Promise<Look> {
  if (all) {
    const found = await objective.valueAndGradient(parameters, rows, spare);
    return { before: loss, after: found.value, gradient: found.gradient };
  }
  if (adapts || sample.length === rows.length) return { before: loss, after: await objective.value(parameters, rows) };
  return { before: value, after: await objective.value(parameters, sample) };
}

/**
 * Whether a step is one to make: it leads to a finite loss that has not risen, or, where other rows would tell something else, has risen by
 * no more than it was to fall. Rounding is no rise.
 */
function isGood({ before, after }: Look, promised: number, all: boolean, theta: Vector): boolean {
  const rounding = 32 * unitRoundoff(theta instanceof Float32Array ? 'f32' : 'f64') * Math.abs(before);
  return after - before <= (all ? 0 : -promised) + rounding;
}

/** A step that is good, with the state that it starts from and what led to it. */
interface Made<S> {
  readonly proposal: Proposal<S>;
  readonly step: Vector;
  readonly look: Look;
  readonly rejected: number;
}

/**
 * The first step that is good, with λ raised after each that is not: by 4, 16, 64 …, with new inverses. Null where the model has no finite
 * minimum; the last look where no step was good.
 */
async function goodStep<S extends KfacState>(
  method: KroneckerMethod<S>,
  learnt: S,
  first: Vector,
  [start, at]: readonly [Start, Point],
  parameters: Vector,
): Promise<Made<S> | Look | null> {
  const { objective, rows, all } = start;
  let candidates = method.candidates?.(learnt) ?? [learnt];
  let gradient = first;
  for (let rejected = 0; ; ) {
    const proposal = await bestProposal(method, candidates, gradient, at, rows, objective.weightDecay);
    if (proposal === null) return null;
    // The gradient has been used: its memory is as good as new memory, and much cheaper.
    const step = gradient;
    combine(at.theta, proposal.direction, learnt.previous, proposal.size, { step, parameters });
    const look = await lookAhead(start, proposal, parameters);
    if (isGood(look, proposal.size.change, all, at.theta)) return { proposal, step, look, rejected };
    const raised =
      ++rejected < mostRejected && method.damped(proposal.state, proposal.state.damping * raise ** rejected);
    if (!raised) return look;
    candidates = [raised];
    ({ gradient } = await objective.valueAndGradient(at.theta, rows, step));
  }
}

/** The state after a step that is good, and its report. */
function accepted<S extends KfacState>(
  { proposal, step, look, rejected }: Made<S>,
  parameters: Vector,
  start: Start,
  settings: KfacSettings,
): { state: S; report: StepReport } {
  const { state, size } = proposal;
  let { damping } = state;
  let details: StepReport['details'] = { alpha: size.alpha, mu: size.mu };
  if (rejected > 0) details = { ...details, rejected };
  if (start.adapts) {
    const rho = (look.after - look.before) / size.change;
    damping = nextDamping(damping, rho, settings.dampingEvery);
    details = { ...details, rho };
  }
  const { average } = state;
  return {
    state: {
      ...state,
      ...(average && { average: averagedIterate(average, parameters, state.step + 1, settings.average) }),
      parameters,
      step: state.step + 1,
      damping,
      previous: step,
      promised: size.change,
      losses: withLoss(state.losses, state.step, start.loss),
    },
    report: { loss: start.loss, accepted: true, details: { ...details, damping } },
  };
}

/** The sides that are held in blocks, with the number of these. */
function bounded({ programs: { blocks, layout } }: KroneckerMethod<KfacState>): StepReport['details'] {
  const long = layout.slots.filter(({ parts }) => parts > 1);
  return Object.fromEntries(
    long.map(({ block, role, parts }) => {
      const found = blocks[block]!;
      const { name } = 'weight' in found ? found.weight : found.parameter;
      return [`blocks of the ${role}s of ${name}`, parts];
    }),
  );
}

/** The step that K-FAC and EKFAC share: gradient, curvature, direction, length by the quadratic model, a look at where it leads, damping. */
async function advance<S extends KfacState>(
  { method, fixed, ahead }: Prepared<S>,
  settings: KfacSettings,
  state: S,
  context: StepContext,
): Promise<{ state: S; report: StepReport }> {
  const { objective, generator, retired } = context;
  const { parameters: theta } = state;
  const size = (k: number): number => batchSizeAt(k, settings.batchSize, objective.rows, settings.wholeDataAt);
  const rows = drawRows(objective, size(state.step + 1), generator, size(state.step + 2));
  const found = overwritable<keyof KfacState>(retired, state);
  const all = fixed && rows.length === objective.rows;
  const known = all ? ahead.get(theta) : undefined;
  ahead.delete(theta);
  const { value: loss, gradient } = known ?? (await objective.valueAndGradient(theta, rows, found('previous')));
  if (!Number.isFinite(loss)) return reject(state, loss);
  if (await didHarm(objective, state, rows, loss)) return reject(state, loss, false);
  const at = { theta, rows: rows.subarray(0, settings.modelRows) };
  const untried = state.damping === 0;
  const first = await method.learn(untried ? { ...state, damping: firstDamping } : state, rows, context);
  if (first === null) return reject(state, loss);
  const trial = untried ? await startedByTrial(method, first, gradient, [at, rows], context) : undefined;
  if (trial === null) return reject(state, loss);
  const learnt = trial?.state ?? first;
  const { dampingEvery: every } = settings;
  const adapts = every > 0 && (state.step + 1) % every === 0;
  const start = { objective, rows, loss, all, adapts, spare: known && found('previous') };
  const parameters = found('parameters') ?? like(theta);
  const made = await goodStep(method, learnt, gradient, [start, at], parameters);
  if (made === null) return reject(state, loss);
  // Where the step starts from is no worse than it was.
  if ('after' in made) return reject({ ...state, previous: like(theta) }, loss, !Number.isFinite(made.after));
  if (made.look.gradient) ahead.set(parameters, { value: made.look.after, gradient: made.look.gradient });
  const { state: next, report } = accepted(made, parameters, start, settings);
  const details = {
    ...report.details,
    ...(state.step === 0 && bounded(method)),
    ...(trial && { firstDamping: learnt.damping, dampingsTried: trial.tried }),
  };
  return { state: next, report: { ...report, details } };
}

/** Operations on the sides of the blocks are what makes a step more than some gradients: their inverses, and two products of each with a gradient. */
function demandOf<S extends KfacState>(
  { programs: { blocks, layout, measuredBytes }, cubes, moments = 0 }: KroneckerMethod<S>,
  { factorEvery, inverseEvery, factorRows, modelRows, batchSize }: KfacSettings,
  objective: Objective,
): Demand {
  const sizes = blocks.map((block) => ('form' in block ? block.form.inputs * block.form.outputs : 0));
  const products = layout.slots.reduce((sum, { block, width }) => sum + 2 * sizes[block]! * width, 0);
  const batch = Math.min(batchSize, objective.rows);
  const shareOf = (some: number): number => Math.min(1, some / batch);
  return {
    vectors: 10 + moments,
    // Factors and inverses before and after a step, and the engine's results; one in double precision while it is inverted.
    bytes:
      (moments > 0 ? 5 : 4) * measuredBytes(Math.min(factorRows, batch)) +
      5 * layout.size * bytesOf(objective.layout.dtype) +
      8 * Math.max(0, ...layout.slots.map(({ diagonal, length, width }) => (diagonal ? length : width ** 2))),
    what: 'its Kronecker factors',
    gradients: 1 + shareOf(factorRows) / factorEvery + shareOf(modelRows),
    engineFlops: products,
    flops:
      layout.slots.reduce((sum, { diagonal, parts, width }) => sum + (diagonal ? 0 : parts * cubes(width)), 0) /
      inverseEvery,
  };
}

/** An optimizer of a method that is made once for each objective. */
export function kroneckerOptimizer<S extends KfacState>(
  name: string,
  settings: KfacSettings & { readonly gammaEvery?: number },
  make: (objective: Objective) => KroneckerMethod<S>,
): Optimizer<S> {
  const prepared = new WeakMap<Objective, Prepared<S>>();
  const preparedFor = (objective: Objective): Prepared<S> => {
    const fixed = (): boolean => objective.batch(Math.min(2, objective.rows)).masks.length === 0;
    const found = prepared.get(objective) ?? { method: make(objective), fixed: fixed(), ahead: new WeakMap() };
    prepared.set(objective, found);
    return found;
  };
  return {
    name,
    settings: { ...settings, damping: settings.damping || 'by trial' },
    demand: (objective) => demandOf(preparedFor(objective).method, settings, objective),
    init: (objective, parameters) => {
      const { method } = preparedFor(objective);
      const zeros = (length: number): Vector =>
        parameters instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
      const { size } = method.programs.layout;
      const [factors, inverses] = [zeros(size), zeros(size)];
      const { damping } = settings;
      const average = settings.average === 0 ? {} : { average: parameters.slice() };
      const previous = like(parameters);
      const start = { parameters, step: 0, damping, gamma: 0, factors, inverses, averaged: 0, previous, ...average };
      return method.init({ ...start, promised: 0, losses: noLosses() }, zeros);
    },
    step: (state, context) => advance(preparedFor(context.objective), settings, state, context),
  };
}
