import type { Rows } from '../../data/source.js';
import { allFinite, dotInOrder, like, norm, plus, type Vector } from '../../linalg/vectors.js';
import type { Objective } from '../../objective/objective.js';
import { allRows } from '../../objective/rows.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import type { Optimizer, OptimizerState, StepContext, StepReport, StepStop } from '../optimizer.js';
import { backtracking, type LineSearch, lineOf } from '../search/line-search.js';
import { type LbfgsMemory, lbfgsDirection, memoryOf, newestPair, noPairs, withPair } from './lbfgs.js';

/** Value and gradient of the mean loss over some rows. */
export interface Look {
  readonly value: number;
  readonly gradient: Vector;
}

/** The parts of a batch: what it shares with the last batch, what it will share with the next one, and the rest. */
export interface BatchParts {
  readonly shared: Rows;
  readonly next: Rows;
  readonly rest: Rows;
}

/** How many rows consecutive batches of less than the whole data share: at least one, at most half of them. */
function overlapSize(batch: number, overlap: number): number {
  return Math.min(Math.max(1, Math.round(overlap * batch)), Math.floor(batch / 2));
}

/** A batch that contains `shared`: as many other rows for `next`, and the rest, drawn without repetition. */
function drawParts(rows: number, batch: number, shared: Rows, generator: Generator): BatchParts {
  const taken = new Set(shared);
  // Of as many rows as the batch has, at least those that it still needs are not in `shared`.
  const fresh = generator.sample(rows, batch).filter((row) => !taken.has(row));
  const size = shared.length;
  return { shared, next: fresh.subarray(0, size), rest: fresh.subarray(size, batch - size) };
}

/** The mean over disjoint sets of rows from the means over each; a weight decay, the same in all of them, stays as it is. */
function weightedMean(parts: readonly { readonly look: Look; readonly count: number }[]): Look {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const gradient = like(parts[0]!.look.gradient);
  let value = 0;
  for (const { look, count } of parts) {
    const share = count / total;
    value += share * look.value;
    for (let i = 0; i < gradient.length; i++) gradient[i]! += share * look.gradient[i]!;
  }
  return { value, gradient };
}

export interface MultiBatchLbfgsOptions {
  /** Rows a step (default 512); all of them when there are no more. */
  readonly batchSize?: number;
  /** Share of a batch that the next one contains (default 0.2; at most 0.5). */
  readonly overlap?: number;
  /** Pairs that are kept (default 10). */
  readonly memory?: number;
  /** First rate that is tried once there are pairs (default 1). */
  readonly learningRate?: number;
  /** How a step's rate is found: by default backtracking on the batch; `fullStep` takes the learning rate as it is. */
  readonly search?: LineSearch;
  /** ε of the condition sᵀy ≥ ε·‖s‖² on a pair (default 1e-8). */
  readonly epsilon?: number;
  /** What happens to a pair that violates it: left out (default), or damped (Powell) towards the last scaling of the memory. */
  readonly curvature?: 'skip' | 'damp';
}

const multiBatchLbfgsOptions: OptionNames<MultiBatchLbfgsOptions> = {
  batchSize: 1,
  overlap: 1,
  memory: 1,
  learningRate: 1,
  search: 1,
  epsilon: 1,
  curvature: 1,
};

export interface MultiBatchLbfgsState extends OptimizerState, LbfgsMemory {
  /** Rows that the next batch contains; not used while a batch is the whole data, which shares all rows. */
  readonly shared: Float64Array;
  /** 1 when the rows have been drawn and their loss and gradient at the parameters are these, 0 otherwise. */
  readonly known: number;
  readonly sharedValue: number;
  readonly sharedGradient: Vector;
}

type Settings = Required<MultiBatchLbfgsOptions>;

/** Powell's damping with B = I/γ of the newest pair: sᵀy becomes ¼·sᵀBs. Undefined without a pair. */
function damped(memory: LbfgsMemory, s: Float64Array, y: Float64Array): Float64Array | undefined {
  const last = newestPair(memory);
  if (last === undefined) return undefined;
  const inverseGamma = dotInOrder(last.y, last.y) / dotInOrder(last.s, last.y);
  const sBs = inverseGamma * dotInOrder(s, s);
  const theta = (0.75 * sBs) / (sBs - dotInOrder(s, y));
  return y.map((v, i) => theta * v + (1 - theta) * inverseGamma * s[i]!);
}

/** The memory with a pair that fulfils the curvature condition, was made to, or without it. */
function remembered(
  memory: LbfgsMemory,
  s: Float64Array,
  y: Float64Array,
  { epsilon, curvature }: Pick<Settings, 'epsilon' | 'curvature'>,
): LbfgsMemory {
  const ss = dotInOrder(s, s);
  const fits = (change: Float64Array): boolean =>
    ss > 0 && dotInOrder(s, change) >= epsilon * ss && dotInOrder(s, change) > 0;
  if (fits(y)) return withPair(memory, s, y);
  const other = curvature === 'damp' ? damped(memory, s, y) : undefined;
  return other !== undefined && allFinite(other) && fits(other) ? withPair(memory, s, other) : memoryOf(memory);
}

interface Batch {
  readonly rows: Rows;
  /** Rows that the next batch contains. */
  readonly next: Rows;
  readonly whole: Look;
  readonly nextLook: Look;
}

/** The batch of a step with its gradient, put together from its parts; what the last step saw of it is not computed again. */
async function lookAtBatch(
  state: MultiBatchLbfgsState,
  objective: Objective,
  batchSize: number,
  generator: Generator,
): Promise<Batch> {
  const known = state.known === 1 ? { value: state.sharedValue, gradient: state.sharedGradient } : undefined;
  const at = (rows: Rows): Promise<Look> => objective.valueAndGradient(state.parameters, rows);
  if (batchSize >= objective.rows) {
    const rows = allRows(objective.rows);
    const whole = known ?? (await at(rows));
    return { rows, next: rows, whole, nextLook: whole };
  }
  const size = state.shared.length;
  const shared: Rows = known ? state.shared : generator.sample(objective.rows, size);
  const parts: BatchParts = drawParts(objective.rows, batchSize, shared, generator);
  // The next step shares these rows, unless this one is refused.
  objective.expect?.({ generator, draw: (from) => drawParts(objective.rows, batchSize, parts.next, from).next });
  objective.expect?.(parts.rest);
  const nextLook = await at(parts.next);
  const looks = [
    { look: known ?? (await at(shared)), count: size },
    { look: nextLook, count: size },
  ];
  const rows = Uint32Array.from([...shared, ...parts.next, ...parts.rest]);
  objective.expect?.(rows);
  if (parts.rest.length > 0) looks.push({ look: await at(parts.rest), count: parts.rest.length });
  return { rows, next: parts.next, whole: weightedMean(looks), nextLook };
}

/** The state without a step: the next one draws another batch. */
function refused(
  state: MultiBatchLbfgsState,
  report: Pick<StepReport, 'loss' | 'stop'>,
): { state: MultiBatchLbfgsState; report: StepReport } {
  // Pairs that lead nowhere on this batch are given up, for steepest descent.
  const next = { ...state, step: state.step + 1, known: 0, pairs: 0 };
  return { state: next, report: { ...report, accepted: false, details: { pairs: 0 } } };
}

async function advance(
  state: MultiBatchLbfgsState,
  { objective, generator }: StepContext,
  settings: Settings,
): Promise<{ state: MultiBatchLbfgsState; report: StepReport }> {
  const { parameters: theta } = state;
  const { rows, next, whole, nextLook } = await lookAtBatch(state, objective, settings.batchSize, generator);
  const loss = whole.value;
  const isWhole = rows.length === objective.rows;
  const end = (stop: StepStop) => refused(state, isWhole ? { loss, stop } : { loss });
  if (!Number.isFinite(loss) || !allFinite(whole.gradient)) return end('diverged');
  const direction = lbfgsDirection(state, whole.gradient);
  const line = lineOf(objective, theta, whole.value, whole.gradient, direction, rows);
  const rate = state.pairs > 0 ? settings.learningRate : Math.min(settings.learningRate, 1 / norm(whole.gradient));
  const point = line.slope < 0 ? await settings.search(line, rate) : null;
  if (!point || point.parameters.every((v, i) => v === theta[i])) {
    // On the whole data steepest descent that finds nothing will find nothing later; another batch may lead on.
    return state.pairs === 0 ? end('stalled') : refused(state, { loss });
  }
  const after = await objective.valueAndGradient(point.parameters, next);
  if (!Number.isFinite(after.value) || !allFinite(after.gradient)) return refused(state, { loss });
  const s = plus(point.parameters, theta, -1);
  const memory = remembered(state, s, plus(after.gradient, nextLook.gradient, -1), settings);
  const shared = isWhole ? state.shared : Float64Array.from(next);
  return {
    state: {
      ...state,
      ...memory,
      parameters: point.parameters,
      step: state.step + 1,
      shared,
      known: 1,
      sharedValue: after.value,
      sharedGradient: after.gradient,
    },
    report: { loss, accepted: true, details: { rate: point.rate, pairs: Math.min(memory.pairs, settings.memory) } },
  };
}

function settingsOf(options: MultiBatchLbfgsOptions): Settings {
  const { batchSize = 512, overlap = 0.2, memory = 10, learningRate = 1, epsilon = 1e-8, curvature = 'skip' } = options;
  checkOptions('multiBatchLbfgs', {
    'an integer ≥ 1': { memory },
    'a number > 0': { learningRate },
    'a finite number ≥ 0': { epsilon },
  });
  if (!Number.isInteger(batchSize) || batchSize < 2) {
    throw new InputError(`multiBatchLbfgs: batchSize is ${batchSize}; two batches that overlap need an integer ≥ 2`);
  }
  if (!(overlap > 0 && overlap <= 0.5)) {
    throw new InputError(
      `multiBatchLbfgs: overlap is ${overlap}; it must be a share of the batch above 0, at most 0.5`,
    );
  }
  return { batchSize, overlap, memory, learningRate, epsilon, curvature, search: options.search ?? backtracking() };
}

/**
 * Multi-batch L-BFGS (Berahas, Nocedal and Takáč 2016): each batch S_k shares rows O_k with the next one, and the pair is
 * s = θ_{k+1} − θ_k, y = ∇F_{O_k}(θ_{k+1}) − ∇F_{O_k}(θ_k), the change of one and the same function, so that the noise of drawing does not
 * enter it. The step is −rate·H·∇F_{S_k}, its rate found on S_k. A pair is used only where sᵀy ≥ ε·‖s‖². The gradient of a batch is
 * the weighted mean of those of its parts, so that the shared rows are looked at once at each point. On data of `batchSize` rows or fewer it is L-BFGS on the whole data.
 *
 * Cost a step: one gradient and one value of a batch, the value again for each trial that fails, 4·memory·n operations; memory
 * 2·memory·n numbers.
 * @throws InputError for an option out of range.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: multiBatchLbfgs({ batchSize: 16 }), epochs: 2 });
 */
export function multiBatchLbfgs(options: MultiBatchLbfgsOptions = {}): Optimizer<MultiBatchLbfgsState> {
  checkNames('multiBatchLbfgs', options, multiBatchLbfgsOptions);
  const settings = settingsOf(options);
  const { search: _, ...described } = settings;
  const { memory, batchSize, overlap } = settings;
  return {
    name: 'Multi-batch L-BFGS',
    demand: ({ layout: { size: n } }) => ({ vectors: 12, bytes: 8 * n * (2 * memory + 6), gradients: [1.5, 3] }),
    settings: described,
    carries: true,
    init: (_, parameters) => ({
      parameters,
      step: 0,
      ...noPairs(parameters.length, memory),
      shared: new Float64Array(overlapSize(batchSize, overlap)),
      known: 0,
      sharedValue: 0,
      sharedGradient: like(parameters),
    }),
    step: (state, context) => advance(state, context, settings),
  };
}
