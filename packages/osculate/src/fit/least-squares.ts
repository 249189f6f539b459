import { checkNames, type OptionNames } from '../tensor/check-options.js';
import type { Tensor } from '../tensor/ir.js';
import { type Bounds, Box, boundsInOrder, type NamedBounds } from './bounds.js';
import { callUser, requireFunction, requireNumberOptions, requireObject } from './checks.js';
import { type ConstraintOptions, Constraints, constraintOptions } from './constraints/constraints.js';
import { describeFit, type FitEnd, finish } from './finish.js';
import { type Fitted, fitted } from './fitted.js';
import { polish } from './polish.js';
import { type Counts, counted } from './residuals/counted.js';
import { type NumericResiduals, numericProblem } from './residuals/numeric.js';
import type { ResidualProblem } from './residuals/problem.js';
import { tracedResiduals } from './residuals/traced-residuals.js';
import type { LeastSquaresResult } from './result.js';
import { type LossName, type RobustLoss, robustLoss } from './robust.js';
import { parameterNames, startVector } from './start.js';
import { Iterate } from './trust-region/iterate.js';
import { checkedRegion, type TrustRegionOptions } from './trust-region/region.js';
import { type RunSettings, type Scaling, TrustRegionRun } from './trust-region/run.js';

/** Options of a fit with a dense Jacobian. */
export interface LeastSquaresOptions extends ConstraintOptions {
  /** `{ lower, upper }` with a number a parameter each, or pairs by name; default: no bounds. The start is moved into them. */
  readonly bounds?: Bounds | NamedBounds;
  /** Robust loss; default `linear`, which is plain least squares. */
  readonly loss?: LossName;
  /** s: residuals well below this count fully under a robust loss; default 1. */
  readonly lossScale?: number;
  /** One a parameter; default b1, b2, … */
  readonly names?: readonly string[];
  /** Largest cosine between r and a free column of J at which a run ends; default 1e-12. */
  readonly gradientTolerance?: number;
  /** Relative offset at which a run ends; default 1e-8. */
  readonly offsetTolerance?: number;
  /** Step relative to the parameters, scaled; default 1e-12. */
  readonly stepTolerance?: number;
  /** Gain and predicted gain relative to the cost; default 1e-15. */
  readonly costTolerance?: number;
  /** Most trial points, the start included, in each of at most two runs; those of differences come on top. Default 400·(n + 1). */
  readonly maxEvaluations?: number;
  /** Stop as soon as the cost is this low, before any minimum; default: only where it vanishes. */
  readonly targetCost?: number;
  /** How the trust region is steered. */
  readonly trustRegion?: TrustRegionOptions;
  /** Correct steps by the exact second derivative along them, where residuals are traced; default true. */
  readonly acceleration?: boolean;
  /** End with full Newton steps; default true. */
  readonly polish?: boolean;
}

export const leastSquaresOptions: OptionNames<LeastSquaresOptions> = {
  ...constraintOptions,
  bounds: 1,
  loss: 1,
  lossScale: 1,
  names: 1,
  gradientTolerance: 1,
  offsetTolerance: 1,
  stepTolerance: 1,
  costTolerance: 1,
  maxEvaluations: 1,
  targetCost: 1,
  trustRegion: 1,
  acceleration: 1,
  polish: 1,
};

/** Options whose bounds are in order. */
interface SolveOptions extends Omit<LeastSquaresOptions, 'bounds' | 'names' | 'fixed' | 'tied'> {
  readonly bounds?: Bounds;
}

/** A traced function r(p) of a parameter vector, or a function of plain numbers. */
export type Residuals = ((parameters: Tensor) => Tensor) | NumericResiduals;

/** Problem, start and what the options say of them: what both scalings' runs share. */
interface Setup {
  readonly problem: ResidualProblem;
  readonly start: Float64Array;
  readonly box: Box;
  readonly loss: RobustLoss | null;
  readonly settings: RunSettings;
  readonly polish: boolean;
  /** All iterates of the fit. */
  readonly iterates: Iterate[];
}

const WHAT = 'leastSquares';

/** A run is ended early at this relative offset where Newton's steps take it from there. */
const HANDOVER = 1e-4;

/** A run from one point to its end, polished. */
function runOnce(setup: Setup, scaling: Scaling, [from, spare]: readonly [Iterate, Iterate], offsetTolerance: number) {
  const run = new TrustRegionRun(from, spare, setup.box, scaling, { ...setup.settings, offsetTolerance }).run();
  const polished =
    setup.polish && run.status !== 'target-cost'
      ? polish(run.best, run.spare, setup.box, run.memory)
      : { ...run, offset: Number.NaN };
  return { ...run, ...polished };
}

/** A run with one scaling. If Newton's steps do not finish what the run left to them, it goes on from there by itself. */
function attempt(setup: Setup, scaling: Scaling): FitEnd {
  const { problem, loss, settings, iterates } = setup;
  const pair = [new Iterate(problem, loss), new Iterate(problem, loss)] as const;
  iterates.push(...pair);
  const [first] = pair;
  first.x.set(setup.start);
  if (!first.begin()) return { status: 'non-finite-start', iterations: 0, iterate: first };
  const strict = settings.offsetTolerance;
  const early = setup.polish && problem.curvature ? Math.max(HANDOVER, strict) : strict;
  const end = runOnce(setup, scaling, pair, early);
  const { status, iterations, best, spare, offset, memory } = end;
  if (status !== 'relative-offset' || early === strict || offset <= strict)
    return { status, iterations, iterate: best, memory };
  const more = runOnce(setup, scaling, [best, spare], strict);
  return { status: more.status, iterations: iterations + more.iterations, iterate: more.best, memory: more.memory };
}

/** Fits a problem whose residuals are numbers: what `leastSquares` and `curveFit` share. */
export function solveProblem(
  given: ResidualProblem,
  start: Float64Array,
  names: readonly string[],
  options: SolveOptions,
): LeastSquaresResult {
  const box = new Box(options.bounds ?? {}, names);
  const counts: Counts = { points: 0, residuals: 0, jacobians: 0, secondDirectional: 0, curvatures: 0 };
  const { gradientTolerance = 1e-12, offsetTolerance = 1e-8, stepTolerance = 1e-12, costTolerance = 1e-15 } = options;
  const { maxEvaluations: most = 400 * (names.length + 1), targetCost = Number.NEGATIVE_INFINITY } = options;
  const limits = { gradientTolerance, offsetTolerance, stepTolerance, costTolerance, maxEvaluations: most, targetCost };
  requireNumberOptions(WHAT, limits);
  const inside = start.slice();
  box.clamp(inside);
  let allowed = most;
  const setup: Setup = {
    problem: counted(given, counts),
    start: inside,
    box,
    loss: robustLoss(options.loss ?? 'linear', options.lossScale ?? 1),
    polish: options.polish ?? true,
    iterates: [],
    settings: {
      gradientTolerance,
      offsetTolerance,
      stepTolerance,
      costTolerance,
      acceleration: options.acceleration ?? true,
      region: checkedRegion('leastSquares', options.trustRegion),
      targetCost,
      budget: () => counts.points < allowed,
    },
  };
  let end = describeFit(attempt(setup, 'more'), box);
  let iterations = end.iterations;
  if (end.doubtful) {
    allowed = counts.points + most;
    const other = describeFit(attempt(setup, 'fixed'), box);
    iterations += other.iterations;
    if (other.iterate.cost < end.iterate.cost || (!other.doubtful && other.iterate.cost === end.iterate.cost))
      end = other;
  }
  const found = finish(end, { box, names, start: inside, counts, iterations });
  const moved = names.flatMap((of, j) =>
    inside[j] === start[j] || box.lower[j] === box.upper[j]
      ? []
      : [`${of} started at ${start[j]}, outside its bounds, and was moved to ${inside[j]}`],
  );
  const result = { ...found, warnings: [...moved, ...found.warnings] };
  for (const iterate of setup.iterates) iterate.release();
  const { loss: name = 'linear', lossScale: scale = 1 } = options;
  return name === 'linear' ? result : { ...result, loss: { name, scale } };
}

/** r(T(q)) with its Jacobian. */
function constrained({ residuals, jacobian }: NumericResiduals, constraints: Constraints): NumericResiduals {
  const at = (q: Float64Array) => constraints.numbers(q);
  const given = (q: Float64Array): string => `a vector of ${q.length} numbers`;
  const moved = (q: Float64Array): ArrayLike<number> => callUser(WHAT, given(q), () => residuals(at(q)));
  if (jacobian === undefined) return { residuals: moved };
  return {
    residuals: moved,
    jacobian: (q) =>
      constraints.pullBack(
        q,
        callUser(WHAT, given(q), () => jacobian(at(q))),
      ),
  };
}

/**
 * Minimises ½Σ s²ρ((rᵢ(p)/s)²), plain least squares by default, over a box.
 *
 * `residuals` is traced, a function from a parameter vector (Tensor of shape [n], f64) to a tensor of m residuals, and then has an exact
 * Jacobian and exact second derivatives; or `{ residuals, jacobian? }` of plain numbers, whose Jacobian is by default taken by central
 * differences. A traced function is traced once for each n and then remembered, so it must not depend on what changes later.
 *
 * Trust-region Levenberg-Marquardt (Moré 1978) on the QR factorisation of the column-scaled Jacobian, with geodesic acceleration
 * (Transtrum and Sethna 2012), followed by full Newton steps; where it ends in doubt, again from the start with D = I, and the better end
 * counts. Bad problems end with a status, not with an exception. Cost an iteration: a Jacobian, 2mn², and a residual vector a trial.
 * @example
 * leastSquares((p) => p.square().sub(4), [1, 1]).parameters[0] // 2
 * @throws InputError or ShapeError for a malformed start, options or result of the functions.
 */
export function leastSquares(
  residuals: Residuals,
  start: ArrayLike<number>,
  options: LeastSquaresOptions = {},
): Fitted {
  checkNames('leastSquares', options, leastSquaresOptions);
  if (typeof residuals !== 'function') {
    requireObject(`${WHAT}: the residuals`, residuals, 'a function of a tensor, or { residuals } of plain numbers');
    requireFunction(`${WHAT}: "residuals"`, residuals.residuals);
    if (residuals.jacobian !== undefined) requireFunction(`${WHAT}: "jacobian"`, residuals.jacobian);
  }
  requireObject(`${WHAT}: the options`, options, 'an object, or none');
  const vector = startVector(WHAT, start);
  const names = parameterNames(WHAT, vector.length, options.names);
  const constraints = new Constraints(WHAT, names, options);
  const bounds = constraints.bounds(boundsInOrder(WHAT, options.bounds, names));
  const from = constraints.start(vector);
  const problem =
    typeof residuals === 'function'
      ? tracedResiduals(residuals, from.length, constraints)
      : numericProblem(constrained(residuals, constraints), from, new Box(bounds, names));
  return fitted(constraints.complete(solveProblem(problem, from, names, { ...options, bounds })));
}
