import { dampedInverses, type FactorEstimate, type WeightSharing } from '../../curvature/index.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Objective, Rows, Vector } from '../objective.js';
import {
  drawRows,
  like,
  type Optimizer,
  type OptimizerState,
  type StepContext,
  type StepReport,
} from '../optimizer.js';
import { type KfacPrograms, type KroneckerModel, kfacPrograms } from './kfac-programs.js';
import { innerProducts, type StepSize, stepSize } from './kfac-step-size.js';

export interface KfacOptions extends KroneckerModel {
  /** Rows a step (default 1000). */
  readonly batchSize?: number;
  /** Rows of the batch for the factors (default a quarter of it) and for the products of the quadratic model (default an eighth). */
  readonly factorRows?: number;
  readonly modelRows?: number;
  /** Initial λ (default 150). */
  readonly damping?: number;
  /** Steps between updates of the factors (default 4) and of their inverses (default 20); both also in the first three steps. */
  readonly factorEvery?: number;
  readonly inverseEvery?: number;
  /** Steps between adaptations of λ (default 5; 0: λ stays). */
  readonly dampingEvery?: number;
  /** Largest share of the old factors in the average, a step: min(1 − 1/k, decay^factorEvery) after k updates (default 0.95). */
  readonly decay?: number;
  /** Default 'sampled', the true Fisher matrix. */
  readonly estimate?: FactorEstimate;
  /** How weights shared over time, tokens or patches are treated (default 'expand'). */
  readonly sharing?: WeightSharing;
}

export interface KfacState extends OptimizerState {
  /** λ. */
  readonly damping: number;
  /** Averages of all factors, and the inverses of the damped factors, in the order of their layout. */
  readonly factors: Vector;
  readonly inverses: Vector;
  /** Batches that the averages are made of. */
  readonly averaged: number;
  /** The last step δ. */
  readonly previous: Vector;
}

interface Settings {
  readonly batchSize: number;
  readonly factorRows: number;
  readonly modelRows: number;
  readonly damping: number;
  readonly factorEvery: number;
  readonly inverseEvery: number;
  readonly dampingEvery: number;
  readonly decay: number;
  readonly estimate: FactorEstimate;
  readonly sharing: WeightSharing;
}

/** λ is multiplied by this for every step between two adaptations when the model is trustworthy, divided when it is not. */
const omega = 19 / 20;
/** In the first steps the averages change too fast for old inverses. */
const firstInverses = 3;
const smallestDamping = 1e-8;

function settingsOf(options: KfacOptions): Settings {
  const batchSize = options.batchSize ?? 1000;
  return {
    batchSize,
    factorRows: options.factorRows ?? Math.ceil(batchSize / 4),
    modelRows: options.modelRows ?? Math.ceil(batchSize / 8),
    damping: options.damping ?? 150,
    factorEvery: options.factorEvery ?? 4,
    inverseEvery: options.inverseEvery ?? 20,
    dampingEvery: options.dampingEvery ?? 5,
    decay: options.decay ?? 0.95,
    estimate: options.estimate ?? 'sampled',
    sharing: options.sharing ?? 'expand',
  };
}

/** old + (1 − keep)·(new − old) for all factors, in a new vector. */
function average(programs: KfacPrograms, old: Vector, found: Readonly<Record<string, NDArray>>, keep: number): Vector {
  const result = like(old);
  for (const { name, offset, length } of programs.layout.slots) {
    const data = found[name]!.data as Vector;
    for (let i = 0; i < length; i++) result[offset + i] = keep * old[offset + i]! + (1 - keep) * data[i]!;
  }
  return result;
}

function combined(theta: Vector, u: Vector, previous: Vector, { alpha, mu }: StepSize) {
  const [parameters, step] = [like(theta), like(theta)];
  for (let i = 0; i < theta.length; i++) {
    const d = mu * previous[i]! - alpha * u[i]!;
    step[i] = d;
    parameters[i] = theta[i]! + d;
  }
  return { parameters, step };
}

/** λ/ω when the model promises too much or ρ is not finite, λ·ω when it is trustworthy. */
function nextDamping(damping: number, rho: number, steps: number): number {
  const factor = omega ** steps;
  if (!(rho >= 0.25)) return damping / factor;
  return rho > 0.75 ? Math.max(damping * factor, smallestDamping) : damping;
}

/** Back to where the last step came from, with more damping: nothing can be learnt from where the loss is not finite. */
function reject(state: KfacState, loss: number, steps: number): { state: KfacState; report: StepReport } {
  const parameters = state.parameters.map((v, i) => v - state.previous[i]!) as Vector;
  const damping = nextDamping(state.damping, Number.NaN, Math.max(steps, 1));
  const previous = like(state.previous);
  const next = { ...state, parameters, previous, damping, step: state.step + 1, averaged: 0 };
  return { state: next, report: { loss, accepted: false, details: { damping } } };
}

/** The average of the factors and the inverses, renewed when due; null when a damped factor has no inverse. */
async function curvature(
  programs: KfacPrograms,
  settings: Settings,
  state: KfacState,
  rows: Rows & Uint32Array,
  { objective, generator }: StepContext,
): Promise<Pick<KfacState, 'factors' | 'inverses' | 'averaged'> | null> {
  let { factors, inverses, averaged } = state;
  const early = averaged < firstInverses;
  if (early || state.step % settings.factorEvery === 0) {
    averaged += 1;
    const some = rows.subarray(0, settings.factorRows);
    const found = await programs.factors(objective, state.parameters, some, generator);
    factors = average(programs, factors, found, Math.min(1 - 1 / averaged, settings.decay ** settings.factorEvery));
  }
  if (early || state.step % settings.inverseEvery === 0) {
    const renewed = dampedInverses(programs.layout, factors, Math.sqrt(state.damping + objective.weightDecay));
    if (renewed === null) return null;
    inverses = renewed;
  }
  return { factors, inverses, averaged };
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

/**
 * K-FAC (Martens and Grosse 2015): the gradient is preconditioned by U = G⁻¹·∇W·A⁻¹ layer by layer, with Kronecker factors of the
 * Fisher matrix (targets sampled from the model) averaged over batches and damped by π-split √λ; the length of the step and its
 * momentum minimise the quadratic model with exact Gauss-Newton products over the span of −U and the last step; λ follows the
 * reduction ratio. The layers are found in the graph: nothing is registered. Parameters without Kronecker structure get a full
 * block or a diagonal (see `kroneckerBlocks`).
 *
 * Cost a step: one gradient of `batchSize` rows, one backward pass and the products of the factors on `factorRows`, a forward pass and
 * two JVPs on `modelRows`, and two products of the sides of every weight matrix; every `inverseEvery` steps n³ a side in float64.
 * A step with a loss, gradient or model that is not finite is rejected: the last step is taken back and λ raised.
 */
export function kfac(options: KfacOptions): Optimizer<KfacState> {
  const settings = settingsOf(options);
  const { estimate, sharing } = settings;
  const programs = kfacPrograms(options, { estimate, sharing }, settings.factorRows);
  const step: Optimizer<KfacState>['step'] = async (state, context) => {
    const { objective, generator } = context;
    const rows = drawRows(objective, settings.batchSize, generator);
    const { value: loss, gradient } = await objective.valueAndGradient(state.parameters, rows);
    const refuse = () => reject(state, loss, settings.dampingEvery);
    if (!Number.isFinite(loss)) return refuse();
    const learnt = await curvature(programs, settings, state, rows, context);
    if (learnt === null) return refuse();
    const { previous } = state;
    const point = { theta: state.parameters, gradient, inverses: learnt.inverses, previous };
    const modelRows = rows.subarray(0, settings.modelRows);
    const { direction, curvature: products } = await programs.direction(objective, { ...point, rows: modelRows });
    const inner = innerProducts(gradient, direction, previous);
    const signed = [products[0], -products[1], products[2]] as const;
    const size = stepSize(signed, inner, state.damping + objective.weightDecay);
    if (size === null) return refuse();
    const { parameters, step: delta } = combined(state.parameters, direction, previous, size);
    let { damping } = state;
    let details: StepReport['details'] = { alpha: size.alpha, mu: size.mu };
    if (settings.dampingEvery > 0 && (state.step + 1) % settings.dampingEvery === 0) {
      const rho = await reduction(objective, parameters, rows, loss, size.change);
      if (!Number.isFinite(rho)) return reject({ ...state, previous: like(previous) }, loss, settings.dampingEvery);
      damping = nextDamping(damping, rho, settings.dampingEvery);
      details = { ...details, rho };
    }
    return {
      state: { ...learnt, parameters, step: state.step + 1, damping, previous: delta },
      report: { loss, accepted: true, details: { ...details, damping } },
    };
  };
  return {
    name: 'K-FAC',
    settings: { ...settings },
    init: (parameters) => {
      const zeros = (): Vector =>
        parameters instanceof Float32Array
          ? new Float32Array(programs.layout.size)
          : new Float64Array(programs.layout.size);
      return {
        parameters,
        step: 0,
        damping: settings.damping,
        factors: zeros(),
        inverses: zeros(),
        averaged: 0,
        previous: like(parameters),
      };
    },
    step,
  };
}
