import type { Rows } from '../../data/source.js';
import { allFinite, dotInOrder, moved, multiple, type Vector } from '../../linalg/vectors.js';
import { inNesting, weightsOf } from '../../objective/matrices.js';
import type { Objective } from '../../objective/objective.js';
import { squaredRowGradients } from '../../objective/row-squares.js';
import { drawRows } from '../../objective/rows.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { engineDemand } from '../demand.js';
import type { Optimizer, OptimizerState, StepContext, StepReport } from '../optimizer.js';
import { curvatureAlong, curvatureShare, dampedSolve, firstDamping } from './damped-solve.js';

export interface HessianFreeOptions {
  /** Rows for gradient, loss and line search (default: all). */
  readonly gradientRows?: number;
  /** Rows for the curvature products of one step (default: see `curvatureShare`; at most the objective's chunk). */
  readonly curvatureRows?: number;
  /**
   * Initial damping λ₀ (default: the curvature along the first gradient, see `firstDamping`; 45 in the paper, whose loss is a sum over 784
   * pixels).
   */
  readonly damping?: number;
  /** Share of the last CG solution that the next solve starts from (0.95). */
  readonly warmStart?: number;
  /** CG iterations at most (250). */
  readonly maxIterations?: number;
  /** ε of the relative progress at which CG ends (5e-4; see `CgTruncation`). */
  readonly tolerance?: number;
}

const hessianFreeOptions: OptionNames<HessianFreeOptions> = {
  gradientRows: 1,
  curvatureRows: 1,
  damping: 1,
  warmStart: 1,
  maxIterations: 1,
  tolerance: 1,
};

export interface HessianFreeState extends OptimizerState {
  /** λ; 0 before the first step where it is not given. */
  readonly damping: number;
  /** The last CG solution (not the backtracked one): the next solve starts from a share of it. */
  readonly solution: Vector;
}

/** Line search of Martens's released code: sufficient decrease, step factor, most trials. */
const armijo = { slope: 1e-2, shrink: 0.8, trials: 60 } as const;
/** x^(−3/4) by square roots: a power takes several times as long, 0.3 s for 3 million. */
function inverseThreeQuarters(x: number): number {
  const root = Math.sqrt(x);
  return 1 / (root * Math.sqrt(root));
}

/** Σ∇² over the rows' examples, by one program on the batch. */
async function squares(objective: Objective, theta: Vector, rows: Rows): Promise<Vector> {
  const results = await objective.run(
    'example squares',
    (batch) => ({
      squares: inNesting(
        batch,
        squaredRowGradients(batch, ({ loss }) => loss, weightsOf(batch)),
      ),
    }),
    theta,
    rows,
  );
  return objective.layout.gather(results, 'squares.');
}

/** The diagonal of M⁻¹ for M = (Σ∇² + λ + weight decay)^(3/4). */
function inverseDiagonal(sum: Vector, shift: number): Vector {
  const inverse = sum.slice() as Vector;
  for (let i = 0; i < inverse.length; i++) inverse[i] = inverseThreeQuarters(inverse[i]! + shift);
  return inverse;
}

/** q(δ) = gᵀδ + ½·δᵀGδ without damping, the model that ρ compares the change of the loss with. */
async function predictedChange(
  objective: Objective,
  theta: Vector,
  rows: Rows,
  gradient: Vector,
  delta: Vector,
): Promise<number> {
  const square = await curvatureAlong(objective, theta, rows, delta);
  return dotInOrder(gradient, delta) + 0.5 * square;
}

/**
 * Goes back through the stored iterates while the loss gets better (Martens 2010, section 4.6): the loss of the rows that CG
 * ran on, which costs little beside the solve; his released code looks at all rows.
 */
async function backtrack(
  iterates: readonly { x: Vector }[],
  lossAt: (delta: Vector) => Promise<number>,
): Promise<Vector> {
  let best = iterates.length - 1;
  let loss = await lossAt(iterates[best]!.x);
  while (best > 0) {
    const earlier = await lossAt(iterates[best - 1]!.x);
    if (Number.isFinite(loss) && !(earlier < loss)) break;
    loss = earlier;
    best--;
  }
  return iterates[best]!.x;
}

/** The largest of 1, 0.8, 0.64, … that decreases the loss enough; 0 when none does. */
async function lineSearch(loss: number, slope: number, first: number, lossAt: (rate: number) => Promise<number>) {
  let rate = 1;
  let value = first;
  for (let trial = 0; trial < armijo.trials; trial++) {
    if (value <= loss + armijo.slope * rate * slope) return { rate, value };
    rate *= armijo.shrink;
    value = await lossAt(rate);
  }
  return { rate: 0, value: loss };
}

/** λ·3/2 when the model promises too much (ρ < 1/4) or ρ is not finite, λ·2/3 when it is trustworthy (ρ > 3/4). */
function nextDamping(damping: number, rho: number): number {
  if (!(rho >= 0.25)) return damping * 1.5;
  return rho > 0.75 ? (damping * 2) / 3 : damping;
}

/**
 * Hessian-free optimization (Martens 2010; CG's end, ρ and the line search with the constants of his released code): the damped Gauss-Newton system
 * (G + λI)·δ = −∇f is solved by preconditioned CG that is stopped by relative progress, starts from 0.95 × the last solution, and is
 * backtracked through stored iterates; λ follows Levenberg-Marquardt's rule; an Armijo search guards the step. For deep and recurrent networks
 * that first-order methods hardly move, at tens of gradients of all rows a step; not for a few passes over the data.
 *
 * Cost a step: one gradient over `gradientRows`, 10 to 250 GGN products and a few losses over `curvatureRows`, and one
 * loss or a few over `gradientRows`. Memory: about 10 vectors. A step whose gradient or losses are not finite is rejected and λ raised.
 * @example
 * const run = await fitModel(net, { x, y, loss: softmaxCrossEntropy(), optimizer: hessianFree(), epochs: 2 });
 */
export function hessianFree(options: HessianFreeOptions = {}): Optimizer<HessianFreeState> {
  checkNames('hessianFree', options, hessianFreeOptions);
  const settings = {
    damping: options.damping ?? 0,
    warmStart: options.warmStart ?? 0.95,
    maxIterations: options.maxIterations ?? 250,
    tolerance: options.tolerance ?? 5e-4,
    curvatureRows: options.curvatureRows,
    gradientRows: options.gradientRows ?? Number.POSITIVE_INFINITY,
  };
  const reject = (state: HessianFreeState, loss: number, details: StepReport['details']) => {
    const next = {
      ...state,
      step: state.step + 1,
      damping: state.damping * 1.5,
      solution: state.solution.slice().fill(0) as Vector,
    };
    return { state: next, report: { loss, accepted: false, details: { ...details, damping: next.damping } } };
  };
  const step = async (state: HessianFreeState, { objective, generator }: StepContext) => {
    const theta = state.parameters;
    const { gradientRows } = settings;
    const all = Math.min(gradientRows, objective.rows);
    const curvatureRows = curvatureShare(settings.curvatureRows, all, objective);
    const rows = drawRows(objective, gradientRows, generator, curvatureRows);
    const { value: loss, gradient } = await objective.valueAndGradient(theta, rows);
    if (!Number.isFinite(loss) || !allFinite(gradient)) return reject(state, loss, {});
    const some = drawRows(objective, curvatureRows, generator, gradientRows);
    const lambda = state.damping || (await firstDamping(objective, theta, some, gradient));
    const shift = lambda + objective.weightDecay;
    const system = {
      parameters: theta,
      rows: some,
      b: multiple(gradient, -1),
      damping: shift,
      inverse: inverseDiagonal(await squares(objective, theta, some), shift),
      start: multiple(state.solution, settings.warmStart),
    };
    const solution = await dampedSolve(objective, system, settings);
    const details = { cgIterations: solution.iterations };
    const tried = { ...state, damping: lambda };
    if (solution.iterates.length === 0) return reject(tried, loss, details);
    const lossAt = (delta: Vector, where: Rows, rate = 1) => objective.value(moved(theta, delta, rate), where);
    const delta = await backtrack(solution.iterates, (d) => lossAt(d, some));
    const full = await lossAt(delta, rows);
    const rho = (full - loss) / (await predictedChange(objective, theta, some, gradient, delta));
    const { rate, value } = await lineSearch(loss, dotInOrder(gradient, delta), full, (r) => lossAt(delta, rows, r));
    if (rate === 0) return reject(tried, loss, { ...details, rho });
    const damping = nextDamping(lambda, rho);
    return {
      state: {
        parameters: moved(theta, delta, rate),
        step: state.step + 1,
        damping,
        solution: solution.iterates.at(-1)!.x,
      },
      report: { loss, accepted: true, details: { ...details, rho, rate, damping, lossAfter: value } },
    };
  };
  return {
    name: 'Hessian-free',
    demand: engineDemand(settings.maxIterations, settings.curvatureRows, settings.gradientRows),
    settings: {
      ...settings,
      damping: options.damping ?? 'by curvature',
      curvatureRows: settings.curvatureRows ?? 'an eighth',
      gradientRows: Number.isFinite(settings.gradientRows) ? settings.gradientRows : 'all',
    },
    init: (_, parameters) => ({
      parameters,
      step: 0,
      damping: settings.damping,
      solution: parameters.slice().fill(0) as Vector,
    }),
    step,
  };
}
