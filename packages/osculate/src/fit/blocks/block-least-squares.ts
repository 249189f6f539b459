import { euclideanNorm } from '../../linalg/dense/norms.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { requireObject } from '../checks.js';
import { type LossName, robustLoss } from '../robust.js';
import {
  type DampedModel,
  type DampedOptions,
  DampedPoint,
  type DampedStatus,
  dampedMessages,
  dampedOptions,
  dampedRun,
} from '../trust-region/damped-run.js';
import { type BlockProblem, type CheckedProblem, checkProblem } from './block-problem.js';
import { LinearBlocks } from './linear-blocks.js';
import { observationProgram } from './observation-program.js';
import { type ReducedSolver, SchurSystem } from './schur.js';

/** Options of a fit in two families of blocks. */
export interface BlockLeastSquaresOptions extends DampedOptions {
  /** Robust loss of the norm of each observation's residuals; default `linear`. */
  readonly loss?: LossName;
  /** s: observations with residuals well below this count fully under a robust loss; default 1. */
  readonly lossScale?: number;
  /** How the reduced equations are solved; default Cholesky for up to 2000 camera parameters in all. */
  readonly solver?: ReducedSolver;
  /** Relative residual at which conjugate gradients end; default 1e-6. */
  readonly innerTolerance?: number;
}

const blockLeastSquaresOptions: OptionNames<BlockLeastSquaresOptions> = {
  ...dampedOptions,
  loss: 1,
  lossScale: 1,
  solver: 1,
  innerTolerance: 1,
};

/** What `blockLeastSquares` found. */
export interface BlockFit {
  /** Why the fit ended. */
  readonly status: DampedStatus;
  /** One sentence that says what `status` means here. */
  readonly message: string;
  /** Laid out as the starts. */
  readonly cameras: Float64Array;
  /** The points, one after the other. */
  readonly points: Float64Array;
  /** ½Σ s²ρ(‖rₒ‖²/s²) over observations o; ½Σ‖rₒ‖² without a robust loss. */
  readonly cost: number;
  /** Observation after observation in the order given, without the robust loss. */
  readonly residuals: Float64Array;
  /** √(Σ‖rₒ‖²/number of residuals), without the robust loss. */
  readonly rms: number;
  /** Largest absolute component of the gradient of the cost. */
  readonly gradientNorm: number;
  /** What was evaluated, and how often. */
  readonly evaluations: { readonly residuals: number; readonly jacobians: number };
  /** Steps that were tried. */
  readonly iterations: number;
  /** Iterations of conjugate gradients in all; 0 with Cholesky. */
  readonly innerIterations: number;
  /** What a user should know of the answer, in sentences. */
  readonly warnings: readonly string[];
}

/** Camera parameters up to which the reduced matrix is held and factored. */
const MOST_DENSE = 2000;

/** Observations in one run of the compiled program: enough to drown its calls, few enough for its arrays to stay in the cache. */
const BATCH = 1024;

/** The blocks as a model for the damped run. */
class BlockModel extends DampedPoint implements DampedModel {
  readonly gradient: Float64Array;
  readonly norms: Float64Array;
  readonly evaluations = { residuals: 0, jacobians: 0 };

  constructor(
    problem: CheckedProblem,
    private readonly blocks: LinearBlocks,
    private readonly system: SchurSystem,
    robust: boolean,
  ) {
    super(problem.start.slice(), blocks.residuals.length, robust);
    ({ gradient: this.gradient, norms: this.norms } = system);
  }

  get size(): number {
    return euclideanNorm(this.blocks.residuals);
  }

  protected evaluate(x: Float64Array, residuals: Float64Array): number {
    this.evaluations.residuals++;
    this.blocks.evaluate(x, residuals);
    return this.blocks.cost(residuals);
  }

  solve(damping: number, scale: Float64Array): number {
    if (!this.system.solve(damping, scale, this.step)) return Number.NaN;
    let slope = 0;
    for (let j = 0; j < this.step.length; j++) slope += this.gradient[j]! * this.step[j]!;
    return -slope - 0.5 * this.system.squaredProduct(this.step);
  }

  linearize(): boolean {
    this.evaluations.jacobians++;
    this.blocks.linearize(this.x, this.residuals);
    return this.system.assemble();
  }
}

/** Blocks that fewer residuals see than they have parameters, as a warning. */
function underdetermined(what: string, index: Int32Array, count: number, size: number, rows: number): string[] {
  const seen = new Int32Array(count);
  for (const i of index) seen[i]!++;
  const few = Array.from(seen.keys()).filter((i) => seen[i]! * rows < size);
  if (few.length === 0) return [];
  const list = few.slice(0, 5).join(', ') + (few.length > 5 ? ', …' : '');
  return [
    `${few.length} of ${count} ${what}s (${list}) have fewer residuals than parameters: the data do not determine them, only damping holds them`,
  ];
}

/** Which observation is not finite, for the message. */
function nonFiniteObservation({ order, camera, point }: CheckedProblem, residuals: Float64Array, rows: number): string {
  const bad = residuals.findIndex((r) => !Number.isFinite(r));
  if (bad < 0) return '';
  const place = Math.floor(bad / rows);
  return `: observation ${order[place]} (camera ${camera[place]}, point ${point[place]}) gives ${residuals[bad]}`;
}

/** Residuals in the order of the given observations. */
function unsorted(residuals: Float64Array, order: Int32Array, rows: number): Float64Array {
  const result = new Float64Array(residuals.length);
  order.forEach((to, from) => {
    result.set(residuals.subarray(from * rows, (from + 1) * rows), to * rows);
  });
  return result;
}

/**
 * Minimises ½Σₒ s²ρ(‖rₒ‖²/s²) over cameras and points, where the residuals rₒ of observation o depend on one camera and one point
 * (bundle adjustment), plain least squares by default.
 *
 * `problem.residual` is traced once for one observation, on scalars; values and exact Jacobian blocks of all observations come from
 * compiled loops. Levenberg-Marquardt with Moré's scaling eliminates the points (Schur complement) and solves for the cameras by Cholesky,
 * or by conjugate gradients preconditioned with the diagonal blocks where there are many. J as a whole is never formed: with N observations
 * of d residuals, C cameras of p and P points of q parameters, memory is O(N·d(p + q) + C·p² + P·q²) plus (C·p)² for Cholesky, and a step
 * costs O(N·d(p + q)² + Σ over points k²p²q + (C·p)³/3) for points of k observations.
 *
 * What the data leave open (position, rotation and scale of a scene; a point seen once; a camera that sees nothing) stays where the start
 * had it, to first order, held by the damping alone. Covariances are not computed: with such a freedom they do not exist.
 * @example
 * // Ratings as a value of the subject times one of the item.
 * const fit = blockLeastSquares({
 *   residual: ([a], [b], [y]) => [a.mul(b).sub(y)],
 *   ...{ cameras: [1, 1], cameraSize: 1, points: [1, 1, 1], pointSize: 1 },
 *   observations: { camera: [0, 0, 0, 1, 1, 1], point: [0, 1, 2, 0, 1, 2], data: [2, 4, 6, 3, 6, 9] },
 * });
 * fit.rms; // 0
 * @throws InputError, ShapeError or DTypeError for a malformed problem or residual function. Bad numbers end with a status.
 */
export function blockLeastSquares(given: BlockProblem, options: BlockLeastSquaresOptions = {}): BlockFit {
  checkNames('blockLeastSquares', options, blockLeastSquaresOptions);
  const problem = checkProblem(given);
  requireObject('blockLeastSquares: the options', options, 'an object, or none');
  const { innerTolerance = 1e-6 } = options;
  if (!(innerTolerance > 0 && innerTolerance < 1))
    throw new InputError(`blockLeastSquares: innerTolerance is ${innerTolerance}; give a number between 0 and 1`);
  const loss = robustLoss(options.loss ?? 'linear', options.lossScale ?? 1);
  const { cameraSize, pointSize, dataSize, cameras, points, observations } = problem;
  const batch = Math.min(BATCH, 2 ** Math.ceil(Math.log2(observations)));
  const sizes = { camera: cameraSize, point: pointSize, data: dataSize };
  const blocks = new LinearBlocks(problem, observationProgram(given.residual, sizes, batch), loss);
  const automatic = cameras * cameraSize <= MOST_DENSE ? 'cholesky' : 'conjugate-gradients';
  const system = new SchurSystem(problem, blocks, { solver: options.solver ?? automatic, innerTolerance });
  const model = new BlockModel(problem, blocks, system, loss !== null);
  const { status, iterations } = dampedRun(model, options);
  const { rows } = blocks;
  const where = status === 'non-finite-start' ? nonFiniteObservation(problem, model.residuals, rows) : '';
  let gradientNorm = 0;
  for (const g of model.gradient) gradientNorm = Math.max(gradientNorm, Math.abs(g));
  return {
    status,
    message: dampedMessages[status] + where,
    cameras: model.x.slice(0, cameras * cameraSize),
    points: model.x.slice(cameras * cameraSize),
    cost: model.cost,
    residuals: unsorted(model.residuals, problem.order, rows),
    rms: euclideanNorm(model.residuals) / Math.sqrt(model.residuals.length),
    gradientNorm,
    evaluations: model.evaluations,
    iterations,
    innerIterations: system.innerIterations,
    warnings: [
      ...underdetermined('camera', problem.camera, cameras, cameraSize, rows),
      ...underdetermined('point', problem.point, points, pointSize, rows),
    ],
  };
}
