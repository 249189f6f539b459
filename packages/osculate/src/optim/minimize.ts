import {
  type ArgumentOf,
  type ArrayFunction,
  isTraced,
  type ScalarFunction,
  soleTensor,
  type Traced,
} from '../autodiff/traced-function.js';
import type { TensorTree } from '../autodiff/trees.js';
import { norm, unitRoundoff, type Vector } from '../linalg/vectors.js';
import type { FnOptions } from '../objective/fn.js';
import { fnOptions } from '../objective/fn.js';
import { functionObjective } from '../objective/function.js';
import type { Objective } from '../objective/objective.js';
import { allRows } from '../objective/rows.js';
import { checkNames, type OptionNames, optionsOf } from '../tensor/check-options.js';
import { showValue } from '../tensor/check-value.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { constant, input } from '../tensor/leaf.js';
import type { ArrayValue, NDArray } from '../tensor/ndarray.js';
import { ParameterLayout } from '../tensor/parameters.js';
import { arraysOf, type Like, likeInput } from '../tensor/plain.js';
import { sizeOf } from '../tensor/shape.js';
import { mapTree, type Tree } from '../tensor/tree.js';
import { levenbergMarquardt } from './newton/levenberg-marquardt.js';
import { trustRegion } from './newton/trust-region.js';
import type { Optimizer, OptimizerState } from './optimizer.js';
import { lbfgs } from './quasi-newton/lbfgs.js';
import { negativeCurvature } from './saddle.js';
import {
  type MinimizeStatus,
  type Progress,
  pointVerdict,
  stepVerdict,
  type TerminationOptions,
  terminationOptions,
  type Verdict,
} from './termination.js';
import { type TrainEvent, train } from './train.js';

/** When a minimisation ends, and what it draws and measures time by. */
export interface MinimizeOptions extends TerminationOptions {
  /** Seed of methods that draw (0). */
  readonly seed?: number;
  /** Milliseconds; default performance.now. */
  readonly clock?: () => number;
}

const minimizeOptions: OptionNames<MinimizeOptions> = { ...terminationOptions, seed: 1, clock: 1 };

/** A point of a run: f and ‖∇f‖ at x before the step, and how the step from there went. */
export interface MinimizeEvent {
  /** The number of the step, from 1. */
  readonly step: number;
  /** The point before the step. */
  readonly x: Vector;
  /** f at the point before the step. */
  readonly f: number;
  /** ‖∇f‖ at the point before the step. */
  readonly gradientNorm: number;
  /** True where the step was made, false where the point stays. */
  readonly accepted: boolean;
  /** Figures of the method, such as its radius or damping. */
  readonly details: Readonly<Record<string, number>>;
  /** Gradient equivalents so far. */
  readonly work: number;
  /** Seconds of steps so far. */
  readonly seconds: number;
}

/** Where a minimisation ended, and why. */
export interface MinimizeResult {
  /** How it ended. */
  readonly status: MinimizeStatus;
  /** The test that ended the run, with its figures. */
  readonly reason: string;
  /** The last point. */
  readonly x: Vector;
  /** f at the last point. */
  readonly f: number;
  /** ‖∇f‖ at the last point. */
  readonly gradientNorm: number;
  /** Steps made, rejected ones included. */
  readonly steps: number;
  /** Gradient equivalents: arithmetic in units of one gradient over the whole data. */
  readonly work: number;
  /** Seconds of steps. */
  readonly seconds: number;
}

/** f and ‖∇f‖ at x, from the optimizer's report where it has looked at all rows, by a gradient otherwise. */
async function look(objective: Objective, x: Vector, event?: TrainEvent): Promise<{ f: number; gradientNorm: number }> {
  if (event?.gradientNorm !== undefined) return { f: event.loss, gradientNorm: event.gradientNorm };
  const { value, gradient } = await objective.valueAndGradient(x, allRows(objective.rows));
  return { f: value, gradientNorm: norm(gradient) };
}

function budgetVerdict(options: MinimizeOptions, steps: number, work: number, seconds: number): Verdict | null {
  const { maxSteps = 1000, maxGradientEquivalents = Infinity, signal } = options;
  const over = (what: string): Verdict => ({ status: 'budget', reason: `the budget is used up: ${what}` });
  if (signal?.aborted) return { status: 'cancelled', reason: 'the signal was aborted' };
  if (steps >= maxSteps) return over(`${steps} steps`);
  if (work >= maxGradientEquivalents) return over(`${work} gradient equivalents`);
  return seconds >= (options.seconds ?? Infinity) ? over(`${seconds} s`) : null;
}

/** The verdict on a stationary point at which a method that does not look at the curvature ends: null where none that is negative shows. */
async function saddleVerdict(
  objective: Objective,
  x: Vector,
  { status, reason }: Verdict,
  { indefinite, gradientNorm }: TrainEvent,
): Promise<Verdict | null> {
  if (status !== 'converged' || indefinite !== undefined || !reason.startsWith('‖∇f‖')) return null;
  const lowest = await negativeCurvature(objective, x);
  if (lowest === null) return null;
  const advice = 'start elsewhere, or take a method that leaves saddles, as trustRegion()';
  return {
    status: 'indefinite',
    reason: `‖∇f‖ = ${gradientNorm ?? 0} at a saddle: there is curvature ${lowest}; ${advice}`,
  };
}

/**
 * Minimises an objective from a start and yields an event after every step; returns where and why it stopped. The result's point
 * is one at which f and ‖∇f‖ were evaluated. Methods that do not look at all rows cost one more gradient a step. A run of
 * finitely many steps never throws for what the objective does: that is a status. `minimize` runs it to the end.
 * @example
 * for await (const { f, gradientNorm } of minimizeSteps(objective, theta, lbfgs(), { maxSteps: 3 })) console.log(f, gradientNorm);
 */
export async function* minimizeSteps<S extends OptimizerState>(
  objective: Objective,
  start: Vector,
  optimizer: Optimizer<S>,
  options: MinimizeOptions = {},
): AsyncGenerator<MinimizeEvent, MinimizeResult> {
  checkNames('minimizeSteps', options, minimizeOptions);
  const { seed = 0, clock } = options;
  const roundoff = 4 * unitRoundoff(objective.layout.dtype);
  const base = objective.work();
  const steps = train({ objective, optimizer, parameters: start, seed, patience: Infinity, ...(clock && { clock }) });
  let [x, before, first, idle, rejected, count, seconds] = [start.slice() as Vector, NaN, NaN, 0, 0, 0, 0];
  const result = (verdict: Verdict, point: { f: number; gradientNorm: number }): MinimizeResult => ({
    ...verdict,
    x,
    ...point,
    steps: count,
    work: objective.work() - base,
    seconds,
  });
  for (;;) {
    const over = budgetVerdict(options, count, objective.work() - base, seconds);
    if (over) return result(over, await look(objective, x));
    const { value } = await steps.next();
    const { event } = value as Exclude<typeof value, { reason: unknown }>;
    const point = await look(objective, x, event);
    idle = event.accepted && Math.abs(point.f - before) <= roundoff * Math.abs(point.f) ? idle + 1 : 0;
    rejected = event.accepted ? 0 : rejected + 1;
    before = point.f;
    if (count === 0) first = point.f;
    seconds = event.seconds;
    const { stop, indefinite = false } = event;
    const progress: Progress = { ...point, first, indefinite, stop, idle, rejected };
    const end = pointVerdict(progress, options) ?? stepVerdict(progress, options);
    if (end) return result((await saddleVerdict(objective, x, end, event)) ?? end, point);
    count++;
    const { accepted, details } = event;
    yield { step: count, x, ...point, accepted, details, work: objective.work() - base, seconds };
    x = event.parameters;
  }
}

/** How a function is minimised. */
export interface MinimizeFunctionOptions extends MinimizeOptions, FnOptions {
  /**
   * The method; by default Levenberg-Marquardt for residuals, a trust region with the exact Hessian for up to 500 variables, L-BFGS beyond. The result names it.
   */
  readonly method?: Optimizer;
  /** Further arguments of the function, which are held. */
  readonly args?: readonly Tree<ArrayValue>[];
  /** Sees every step; a promise is waited for. */
  readonly onStep?: (event: MinimizeEvent) => unknown;
}

const minimizeFunctionOptions: OptionNames<MinimizeFunctionOptions> = {
  ...minimizeOptions,
  ...fnOptions,
  method: 1,
  args: 1,
  onStep: 1,
};

/** Where a minimisation ended, the point in the kind of the start. */
export interface Minimum<X> extends Omit<MinimizeResult, 'x'> {
  /** The last point, in the kind of the start. */
  readonly x: Like<X>;
  /** The name of the method. */
  readonly method: string;
}

/** Above this many variables a dense Hessian is no longer the obvious choice. */
const dense = 500;

/** A flat vector as a tree of tensors. */
function unflattened(flat: Tensor, tree: Tree<NDArray>): Tree<Tensor> {
  let offset = 0;
  return mapTree(tree, ({ shape }) => {
    const from = offset;
    offset += sizeOf(shape);
    return flat.slice([from], [offset]).reshape(shape);
  });
}

/**
 * Minimises a function from a start: a scalar function of `fn`, the sum of squares of a `vectorFn`, or an objective. Bad functions end with
 * a status, not with an exception. The cost is that of the method; `work` counts gradients.
 * @throws InputError for a start or options that make no sense, and for a function that cannot be traced.
 * @example
 * const rosenbrock = fn((x) => x.at(1).sub(x.at(0).square()).square().mul(100).add(x.at(0).sub(1).square()));
 * const { x, f, status } = await minimize(rosenbrock, [-1.2, 1], { method: trustRegion() });
 */
export async function minimize<A extends readonly TensorTree[], X extends ArgumentOf<A[0]>>(
  f: ScalarFunction<A> | ArrayFunction<A, Tensor>,
  start: X,
  options?: MinimizeFunctionOptions,
): Promise<Minimum<X>>;
export async function minimize(
  objective: Objective,
  start: Vector,
  options?: Omit<MinimizeFunctionOptions, 'args' | 'executor'>,
): Promise<Minimum<Vector>>;
export async function minimize(
  f: Traced | Objective,
  start: unknown,
  options: MinimizeFunctionOptions = {},
): Promise<unknown> {
  checkNames('minimize', options, minimizeFunctionOptions);
  if (!isTraced(f) && (typeof f !== 'object' || f === null || !('layout' in f))) {
    throw new InputError(
      `minimize: the function is ${showValue(f)}; wrap it: fn((x) => …), vectorFn((x) => …), or give an objective`,
    );
  }
  const { args = [], onStep, executor } = options;
  const from = arraysOf('minimize: the start', start);
  const layout = ParameterLayout.of(from);
  const flat = layout.flat(from);
  let objective: Objective;
  let residuals = false;
  if (isTraced(f)) {
    const rest = args.map((arg, i) => mapTree(arraysOf(`minimize: args[${i}]`, arg), (leaf) => constant(leaf)));
    const at = (x: Tensor): Tensor => soleTensor('minimize', f.trace(unflattened(x, from), ...rest));
    residuals = at(input('x', layout.dtype, [layout.size])).size > 1;
    objective = functionObjective(at, flat, { residuals, ...(executor && { executor }) });
  } else objective = f;
  const usual = residuals ? levenbergMarquardt() : layout.size <= dense ? trustRegion() : lbfgs();
  const { method = usual } = options;
  const run = minimizeSteps(objective, flat, method, optionsOf<MinimizeOptions>(options, minimizeOptions));
  for (;;) {
    const { done, value } = await run.next();
    if (!done) await onStep?.(value);
    else {
      const { x, ...rest } = value;
      if (isTraced(f)) await objective.dispose();
      const views = layout.views(x);
      const point = mapTree(from, (_, name) => views[name]!);
      return { ...rest, x: likeInput(point, start), method: method.name };
    }
  }
}
