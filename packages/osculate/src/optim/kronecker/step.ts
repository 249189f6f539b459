import type { FactorEstimate, WeightSharing } from '../../curvature/kronecker/factors.js';
import type { Rows } from '../../data/source.js';
import { like, type Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import { drawRows } from '../../objective/rows.js';
import { checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { bytesOf } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import type { Demand } from '../demand.js';
import { type Optimizer, type OptimizerState, overwritable, type StepContext, type StepReport } from '../optimizer.js';
import { bestByTrial } from '../search/trial.js';
import { bestProposal, type Direction, type KfacPrograms, type Piece, type Point, type StepSize } from './programs.js';

/** Options that K-FAC and EKFAC share. */
export interface KroneckerOptions {
  /** Rows a step (default 1000). */
  readonly batchSize?: number;
  /** Rows of the batch for the factors (default half of it, and at least 64 or the whole batch): fewer measure no curvature that a step could trust. */
  readonly factorRows?: number;
  /**
   * Rows of the batch for the products of the quadratic model (default an eighth of it, and at least 64 or the whole batch). Where they do
   * not stand for the batch, the model is made again of the whole batch: see `bestProposal`.
   */
  readonly modelRows?: number;
  /** Initial λ (default: by a short trial in the first step, see `kfac`; 150 in the paper, whose losses are sums over 784 pixels). */
  readonly damping?: number;
  /** Steps between updates of the factors (default 10); they are also updated in the first three steps. */
  readonly factorEvery?: number;
  /** Steps between updates of the inverses of the factors (default 20); they are also updated in the first three steps. */
  readonly inverseEvery?: number;
  /** Steps between adaptations of λ (default 5; 0: λ stays). */
  readonly dampingEvery?: number;
  /** Largest share of the old factors in the average, a step: min(1 − 1/k, decay^factorEvery) after k updates (default 0.95). */
  readonly decay?: number;
  /**
   * Keeps θ̄ ← ξ·θ̄ + (1 − ξ)·θ with ξ = min(1 − 1/k, average) after k steps in the state's `average` (default: not kept; 0.99 in the
   * paper).
   */
  readonly average?: number;
  /**
   * The step, counted from 1, at which the batch has grown exponentially from `batchSize` to the whole data (default 0: it does not
   * grow; 500 in the paper). Rows of the factors and of the model stay.
   */
  readonly wholeDataAt?: number;
  /** Whose curvature the factors are of: by default 'sampled', the true Fisher matrix. */
  readonly estimate?: FactorEstimate;
  /** How weights shared over time, tokens or patches are treated (default 'expand'). */
  readonly sharing?: WeightSharing;
}

export const kroneckerOptions: OptionNames<KroneckerOptions> = {
  batchSize: 1,
  factorRows: 1,
  modelRows: 1,
  damping: 1,
  factorEvery: 1,
  inverseEvery: 1,
  dampingEvery: 1,
  decay: 1,
  average: 1,
  wholeDataAt: 1,
  estimate: 1,
  sharing: 1,
};

export interface KfacState extends OptimizerState {
  /** λ; 0 before the trial that finds it. */
  readonly damping: number;
  /** γ that the factors are damped by; 0 for √(λ + weight decay). */
  readonly gamma: number;
  /** Average of the iterates, when the options ask for it. */
  readonly average?: Vector;
  /** Averages of all factors, and the inverses of the damped factors, in the order of their layout. */
  readonly factors: Vector;
  readonly inverses: Vector;
  /** Batches that the averages are made of. */
  readonly averaged: number;
  /** The last step δ, and what its model promised: M(δ) − M(0), 0 when there is no last step. */
  readonly previous: Vector;
  readonly promised: number;
  /** The mini-batch losses of the last accepted steps. */
  readonly losses: Float64Array;
}

export interface KfacSettings {
  readonly batchSize: number;
  readonly factorRows: number;
  readonly modelRows: number;
  /** 0: by a trial. */
  readonly damping: number;
  readonly factorEvery: number;
  readonly inverseEvery: number;
  readonly dampingEvery: number;
  readonly decay: number;
  /** 0 when the iterates are not averaged. */
  readonly average: number;
  readonly wholeDataAt: number;
  readonly estimate: FactorEstimate;
  readonly sharing: WeightSharing;
}

/** λ is multiplied by this for every step between two adaptations when the model is trustworthy, divided when it is not. */
const omega = 19 / 20;
/** In the first steps the averages change too fast for old inverses. */
const firstInverses = 3;
const smallestDamping = 1e-8;

/** Fewest rows that curvature is measured on by default. */
const fewestRows = 64;
const shareOf = (batchSize: number, parts: number): number =>
  Math.max(Math.ceil(batchSize / parts), Math.min(batchSize, fewestRows));

/** @throws InputError for an option out of range, in the name of the method. */
export function settingsOf(method: string, options: KroneckerOptions): KfacSettings {
  const { average, wholeDataAt = 0, factorRows, modelRows, factorEvery, inverseEvery, dampingEvery, decay } = options;
  checkOptions(method, {
    'a number from 0 to below 1': { average },
    'an integer ≥ 1': { batchSize: options.batchSize, factorRows, modelRows, factorEvery, inverseEvery },
    'an integer ≥ 0': { dampingEvery },
    'a number > 0': { damping: options.damping },
    'a number from 0 to 1': { decay },
  });
  if (wholeDataAt !== 0 && !(Number.isInteger(wholeDataAt) && wholeDataAt > 1)) {
    throw new InputError(
      `${method}: wholeDataAt is ${wholeDataAt}; it must be a step after the first, or 0 for no growth`,
    );
  }
  const batchSize = options.batchSize ?? 1000;
  return {
    batchSize,
    factorRows: factorRows ?? shareOf(batchSize, 2),
    modelRows: modelRows ?? shareOf(batchSize, 8),
    damping: options.damping ?? 0,
    factorEvery: factorEvery ?? 10,
    inverseEvery: inverseEvery ?? 20,
    dampingEvery: dampingEvery ?? 5,
    decay: decay ?? 0.95,
    average: average ?? 0,
    wholeDataAt,
    estimate: options.estimate ?? 'sampled',
    sharing: options.sharing ?? 'expand',
  };
}

/** The share of the old average after k batches. */
export function keepShare(k: number, { decay, factorEvery }: KfacSettings): number {
  return Math.min(1 - 1 / k, decay ** factorEvery);
}

/** The step, and the parameters after it. */
interface Move {
  readonly step: Vector;
  readonly parameters: Vector;
}

/** Writes the move along a direction and the previous step. */
function combine(
  theta: Vector,
  direction: readonly Piece[],
  previous: Vector,
  { alpha, mu }: StepSize,
  { step, parameters }: Move,
): void {
  for (const { offset, data } of direction) {
    for (let i = 0; i < data.length; i++) {
      const d = mu * previous[offset + i]! - alpha * data[i]!;
      step[offset + i] = d;
      parameters[offset + i] = theta[offset + i]! + d;
    }
  }
}

/** λ/ω when the model promises too much or ρ is not finite, λ·ω when it is trustworthy. */
function nextDamping(damping: number, rho: number, steps: number): number {
  const factor = omega ** steps;
  if (!(rho >= 0.25)) return damping / factor;
  return rho > 0.75 ? Math.max(damping * factor, smallestDamping) : damping;
}

/**
 * Whether the last step did harm. Suspected, at no cost, where this mini-batch's loss is above those of all the last steps (the test of a
 * nonmonotone line search: Grippo, Lampariello and Lucidi 1986); established by the loss of the same mini-batch before that step: it has
 * risen by more than the model promised that it would fall, ρ < −1.
 */
async function didHarm(objective: Objective, state: KfacState, rows: Rows, loss: number): Promise<boolean> {
  const { parameters, previous, promised, losses } = state;
  if (promised === 0 || loss <= largestLoss(losses)) return false;
  const before = parameters.map((v, i) => v - previous[i]!) as Vector;
  const rise = loss - (await objective.value(before, rows));
  return rise > -promised;
}

/** Back to where the last step came from, with more damping: nothing can be learnt from where it has led. */
function reject<S extends KfacState>(
  state: S,
  loss: number,
  steps: number,
  nonFinite = true,
): { state: S; report: StepReport } {
  const parameters = state.parameters.map((v, i) => v - state.previous[i]!) as Vector;
  const damping = nextDamping(state.damping, Number.NaN, Math.max(steps, 1));
  const previous = like(state.previous);
  const next = { ...state, parameters, previous, promised: 0, damping, gamma: 0, step: state.step + 1, averaged: 0 };
  return { state: next, report: { loss, accepted: false, nonFinite, details: { damping } } };
}

/** ρ: the change of the loss over that of the model. */
async function reduction(
  objective: Objective,
  theta: Vector,
  rows: Rows,
  loss: number,
  change: number,
): Promise<number> {
  return ((await objective.value(theta, rows)) - loss) / change;
}

/** What distinguishes the methods that precondition by Kronecker factors. */
export interface KroneckerMethod<S extends KfacState> {
  readonly programs: KfacPrograms;
  /** Operations for a side of this order when it is renewed, and vectors of second moments beside the factors (default 0): see `Demand`. */
  cubes(order: number): number;
  readonly moments?: number;
  /** The state that a run starts from. */
  init(base: KfacState, zeros: (length: number) => Vector): S;
  /** The state with its curvature renewed where due; null when the factors allow no preconditioner. */
  learn(state: S, rows: Uint32Array, context: StepContext): Promise<S | null>;
  direction(state: S, gradient: Vector, at: Point): Promise<Direction>;
  /** The learnt state with another λ, its curvature as it is; null when that allows no preconditioner. */
  damped(learnt: S, damping: number): S | null;
  /** States with other γ to choose among where that is due, the learnt one first. Without it there is no choice. */
  candidates?(learnt: S): readonly S[];
}

/** The λ around which the first is sought: near what networks with mean losses take, as inverses of large factors are dear. */
const firstDamping = 0.01;

/**
 * The state with the first λ, of a series 10ᵏ: the one after whose step the loss is least on other rows, as many as the batch has. Null where none
 * gives a finite loss. Cost a trial: the inverses, the direction with its quadratic model, and a forward pass.
 */
async function startedByTrial<S extends KfacState>(
  method: KroneckerMethod<S>,
  learnt: S,
  gradient: Vector,
  [at, rows]: readonly [Point, Rows],
  { objective, generator }: StepContext,
): Promise<{ state: S; tried: number } | null> {
  const others = drawRows(objective, rows.length, generator);
  let best: { readonly loss: number; readonly state: S } | undefined;
  const measure = async (damping: number): Promise<number> => {
    const state = damping === learnt.damping ? learnt : method.damped(learnt, damping);
    const proposal = state && (await bestProposal(method, [state], gradient, at, rows, objective.weightDecay));
    if (!proposal) return Number.POSITIVE_INFINITY;
    const move = { step: like(at.theta), parameters: like(at.theta) };
    combine(at.theta, proposal.direction, learnt.previous, proposal.size, move);
    const loss = await objective.value(move.parameters, others);
    if (loss < (best?.loss ?? Number.POSITIVE_INFINITY)) best = { loss, state: proposal.state };
    return loss;
  };
  const found = await bestByTrial(firstDamping, measure);
  return found && best ? { state: best.state, tried: found.tried } : null;
}

/** The step that K-FAC and EKFAC share: gradient, curvature, direction, length by the quadratic model, damping. */
async function advance<S extends KfacState>(
  method: KroneckerMethod<S>,
  settings: KfacSettings,
  state: S,
  context: StepContext,
): Promise<{ state: S; report: StepReport }> {
  const { objective, generator, retired } = context;
  const { previous, parameters: theta } = state;
  const size = (k: number): number => batchSizeAt(k, settings.batchSize, objective.rows, settings.wholeDataAt);
  const rows = drawRows(objective, size(state.step + 1), generator, size(state.step + 2));
  const found = overwritable<keyof KfacState>(retired, state);
  const { value: loss, gradient } = await objective.valueAndGradient(theta, rows, found('previous'));
  const every = settings.dampingEvery;
  if (!Number.isFinite(loss)) return reject(state, loss, every);
  if (await didHarm(objective, state, rows, loss)) return reject(state, loss, every, false);
  const at = { theta, rows: rows.subarray(0, settings.modelRows) };
  const untried = state.damping === 0;
  const first = await method.learn(untried ? { ...state, damping: firstDamping } : state, rows, context);
  if (first === null) return reject(state, loss, every);
  const trial = untried ? await startedByTrial(method, first, gradient, [at, rows], context) : undefined;
  if (trial === null) return reject(state, loss, every);
  const learnt = trial?.state ?? first;
  const candidates = method.candidates?.(learnt) ?? [learnt];
  const proposal = await bestProposal(method, candidates, gradient, at, rows, objective.weightDecay);
  if (proposal === null) return reject(state, loss, every);
  // The gradient has been used: its memory is as good as new memory, and much cheaper.
  const [step, parameters] = [gradient, found('parameters') ?? like(theta)];
  combine(theta, proposal.direction, previous, proposal.size, { step, parameters });
  let { damping } = learnt;
  let details: StepReport['details'] = { alpha: proposal.size.alpha, mu: proposal.size.mu };
  if (trial) details = { ...details, firstDamping: damping, dampingsTried: trial.tried };
  if (every > 0 && (state.step + 1) % every === 0) {
    const rho = await reduction(objective, parameters, rows, loss, proposal.size.change);
    if (!Number.isFinite(rho)) return reject({ ...state, previous: like(previous) }, loss, every);
    damping = nextDamping(damping, rho, every);
    details = { ...details, rho };
  }
  return {
    state: {
      ...proposal.state,
      ...(state.average && { average: averagedIterate(state.average, parameters, state.step + 1, settings.average) }),
      parameters,
      step: state.step + 1,
      damping,
      previous: step,
      promised: proposal.size.change,
      losses: withLoss(state.losses, state.step, loss),
    },
    report: { loss, accepted: true, details: { ...details, damping } },
  };
}

/** Operations on the sides of the blocks are what makes a step more than some gradients: their inverses, and two products of each with a gradient. */
function demandOf<S extends KfacState>(
  { programs: { blocks, layout, measuredBytes }, cubes, moments = 0 }: KroneckerMethod<S>,
  { factorEvery, inverseEvery, factorRows, modelRows, batchSize }: KfacSettings,
  objective: Objective,
): Demand {
  const sizes = blocks.map((block) => ('form' in block ? block.form.inputs * block.form.outputs : 0));
  const products = layout.slots.reduce((sum, { block, order }) => sum + 2 * sizes[block]! * order, 0);
  const batch = Math.min(batchSize, objective.rows);
  const shareOf = (some: number): number => Math.min(1, some / batch);
  return {
    vectors: 9 + moments,
    // Factors and inverses before and after a step, and the engine's results; one in double precision while it is inverted.
    bytes:
      (moments > 0 ? 5 : 4) * measuredBytes(Math.min(factorRows, batch)) +
      5 * layout.size * bytesOf(objective.layout.dtype) +
      8 * Math.max(0, ...layout.slots.map(({ length }) => length)),
    what: 'its Kronecker factors',
    gradients: 1 + shareOf(factorRows) / factorEvery + shareOf(modelRows),
    engineFlops: products,
    flops: layout.slots.reduce((sum, { diagonal, order }) => sum + (diagonal ? 0 : cubes(order)), 0) / inverseEvery,
  };
}

/** An optimizer of a method that is made once for each objective. */
export function kroneckerOptimizer<S extends KfacState>(
  name: string,
  settings: KfacSettings & { readonly gammaEvery?: number; readonly largestSide?: number },
  make: (objective: Objective) => KroneckerMethod<S>,
): Optimizer<S> {
  const methods = new WeakMap<Objective, KroneckerMethod<S>>();
  const methodFor = (objective: Objective): KroneckerMethod<S> => {
    const method = methods.get(objective) ?? make(objective);
    methods.set(objective, method);
    return method;
  };
  return {
    name,
    settings: { ...settings, damping: settings.damping || 'by trial' },
    demand: (objective) => demandOf(methodFor(objective), settings, objective),
    init: (objective, parameters) => {
      const method = methodFor(objective);
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
    step: (state, context) => advance(methodFor(context.objective), settings, state, context),
  };
}

/** Whether something is due: in the first steps, and then every so many. */
export function due({ averaged, step }: KfacState, every: number): boolean {
  return averaged < firstInverses || step % every === 0;
}

/**
 * Rows of the batch of step k, counted from 1: m₁·(N/m₁)^((k − 1)/(K − 1)) of N, all of them from step K on (Martens and Grosse 2015,
 * section 13, with m₁ = 1000 and K = 500). It is rounded down to a multiple of m₁, since every other size is another program. K = 0: m₁.
 */
export function batchSizeAt(k: number, first: number, rows: number, wholeAt: number): number {
  if (wholeAt === 0 || first >= rows) return first;
  if (k >= wholeAt) return rows;
  return first * Math.floor((rows / first) ** ((k - 1) / (wholeAt - 1)));
}

/** How many losses a loss that has risen is compared with. */
const remembered = 10;

/** Before the first step. */
export const noLosses = (): Float64Array => new Float64Array(remembered).fill(Number.NEGATIVE_INFINITY);

/** The losses with that of this step, in the place of the oldest. */
export function withLoss(losses: Float64Array, step: number, loss: number): Float64Array {
  const next = losses.slice();
  next[step % next.length] = loss;
  return next;
}

/** The largest of them. */
export const largestLoss = (losses: Float64Array): number => Math.max(...losses);

/**
 * θ̄ ← ξ·θ̄ + (1 − ξ)·θ, ξ = min(1 − 1/k, keep), after step k, counted from 1 (Martens and Grosse 2015, section 13): the plain mean of
 * the iterates at first, so that where the run started is forgotten at once.
 */
export function averagedIterate(average: Vector, parameters: Vector, k: number, keep: number): Vector {
  const xi = Math.min(1 - 1 / k, keep);
  const next = like(average);
  for (let i = 0; i < next.length; i++) next[i] = xi * average[i]! + (1 - xi) * parameters[i]!;
  return next;
}
