/**
 * The interface of the npm package ml-levenberg-marquardt 5.1.0 over osculate's solver: change the import and nothing else. That is why the
 * names here are that package's, and not those that the rest of osculate has for the same things.
 */
import { InputError } from '../../tensor/errors.js';
import { leastSquares } from '../least-squares.js';
import type { NumericResiduals } from '../residuals/numeric.js';
import type { TrustRegionOptions } from '../trust-region/region.js';

/** Points (x, y). */
export interface Data2D {
  /** Where y was observed. */
  readonly x: ArrayLike<number>;
  /** What was observed. */
  readonly y: ArrayLike<number>;
}

/** The model: a function of x for given parameters. */
export type ParameterizedFunction = (params: number[]) => (x: number) => number;

/** The derivatives of the model by every parameter, at x. */
export type JacobianFunction = (params: number[]) => (x: number) => ArrayLike<number>;

/** The package's options. */
export interface LevenbergMarquardtOptions {
  /** The parameters to start from. */
  readonly initialValues: ArrayLike<number>;
  /**
   * wᵢ: Σ (wᵢ(yᵢ − f(xᵢ)))² is minimised and returned as `parameterError`. With fewer than there are points, the first counts for all.
   * (The package returns this sum, but its steps minimise Σ (rᵢ/wᵢ)²; with unequal weights it therefore misses either minimum.)
   */
  readonly weights?: number | ArrayLike<number>;
  /**
   * λ > 0: the first trust region has the length of the package's first step, (JᵀJ + λI)p = −Jᵀr. Default: from the size of the parameters,
   * which needs no λ.
   */
  readonly damping?: number;
  /** 1 or more: a good step makes the region this many times its length; default 2. */
  readonly dampingStepDown?: number;
  /** Above 1: a step that improves too little divides the region by this; default 4. */
  readonly dampingStepUp?: number;
  /** From 0 to below 1: least gain relative to the linear model's promise; a step below it is not taken. Default 1e-4. */
  readonly improvementThreshold?: number;
  /**
   * Absolute steps of the differences that stand for derivatives; 0 holds a parameter fixed. Default here: steps scaled to each parameter,
   * central, which are more accurate than the package's 0.1 by many digits. Without effect when `jacobianFunction` is given, but for a 0.
   */
  readonly gradientDifference?: number | ArrayLike<number>;
  /** For the steps of `gradientDifference`; default false. Differences with steps of their own are always central. */
  readonly centralDifference?: boolean;
  /** Least values of the parameters. */
  readonly minValues?: ArrayLike<number>;
  /** Greatest values of the parameters. */
  readonly maxValues?: ArrayLike<number>;
  /** Most trial points, each of which is an iteration of the package, in each of at most two runs; default 100. */
  readonly maxIterations?: number;
  /** The fit stops as soon as `parameterError` is no more than this. Default: it goes on to the minimum, whose error is lower still. */
  readonly errorTolerance?: number;
  /** Seconds, after which an Error is thrown. */
  readonly timeout?: number;
  /** The derivatives of the model by the parameters; by default differences. */
  readonly jacobianFunction?: JacobianFunction;
}

/** The package's result. */
export interface LevenbergMarquardtReturn {
  /** The fitted parameters. */
  parameterValues: number[];
  /** Σ (wᵢ(yᵢ − f(xᵢ)))². */
  parameterError: number;
  /** Trial points. */
  iterations: number;
}

function isArray(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function checkData({ x, y }: Data2D): void {
  for (const [name, values] of Object.entries({ x, y })) {
    if (!isArray(values) || values.length < 2)
      throw new InputError(`levenbergMarquardt: data.${name} must be an array of at least 2 numbers`);
  }
  if (x.length !== y.length)
    throw new InputError(`levenbergMarquardt: data.x has ${x.length} elements and data.y ${y.length}; give as many`);
}

interface Range {
  readonly accepts: (value: number) => boolean;
  readonly text: string;
}

const notNegative: Range = { accepts: (value) => value >= 0, text: 'a number, 0 or more' };

/** What each number may be, and where the package would take more, why not. */
const ranges = {
  damping: { accepts: (value) => value > 0 && value < Number.POSITIVE_INFINITY, text: 'a finite number above 0' },
  dampingStepDown: {
    accepts: (value) => value >= 1 && value < Number.POSITIVE_INFINITY,
    text: 'a finite number, 1 or more: with less, good steps would shorten the next; leave it out for the default',
  },
  dampingStepUp: {
    accepts: (value) => value > 1 && value < Number.POSITIVE_INFINITY,
    text: 'a finite number above 1: with less, a step that fails would be tried again without end; leave it out for the default',
  },
  improvementThreshold: {
    accepts: (value) => value >= 0 && value < 1,
    text: 'a number, 0 or more and below 1: no step near the minimum gains more than the linear model promises, so that none would be taken',
  },
  errorTolerance: notNegative,
  maxIterations: notNegative,
  timeout: notNegative,
} satisfies Partial<Record<keyof LevenbergMarquardtOptions, Range>>;

function checkNumbers(options: LevenbergMarquardtOptions): void {
  for (const name of Object.keys(ranges) as (keyof typeof ranges)[]) {
    const value = options[name];
    const { accepts, text }: Range = ranges[name];
    if (value === undefined || (typeof value === 'number' && accepts(value))) continue;
    throw new InputError(`levenbergMarquardt: ${name} is ${value}; it must be ${text}`);
  }
}

/** The region's options for the package's. */
function regionOf(options: LevenbergMarquardtOptions): TrustRegionOptions {
  const { damping, dampingStepDown: grow, dampingStepUp, improvementThreshold: leastRatio } = options;
  return {
    ...(damping !== undefined && { damping }),
    ...(grow !== undefined && { grow }),
    ...(dampingStepUp !== undefined && { shrink: 1 / dampingStepUp }),
    ...(leastRatio !== undefined && { leastRatio }),
  };
}

/** One number for all, or an array of one each; of an array of another length, the first counts for all. */
function spread(name: string, given: unknown, count: number, enough: (length: number) => boolean): Float64Array {
  if (typeof given === 'number') return new Float64Array(count).fill(given);
  if (!isArray(given) || given.length === 0)
    throw new InputError(`levenbergMarquardt: ${name} must be a number or an array of ${count}`);
  return Float64Array.from({ length: count }, (_, i) => given[enough(given.length) ? i : 0]!);
}

interface Setting {
  readonly start: Float64Array;
  readonly weights: Float64Array;
  /** Absolute difference steps; null for the solver's own. */
  readonly steps: Float64Array | null;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

function boundsOf(
  options: LevenbergMarquardtOptions,
  start: Float64Array,
  steps: Float64Array | null,
): Pick<Setting, 'lower' | 'upper'> {
  const side = (name: 'minValues' | 'maxValues', none: number): Float64Array => {
    const given = options[name];
    if (given !== undefined && given.length !== start.length)
      throw new InputError(`levenbergMarquardt: ${name} has ${given.length} elements for ${start.length} parameters`);
    return start.map((value, j) => (steps?.[j] === 0 ? value : (given?.[j] ?? none)));
  };
  return { lower: side('minValues', Number.NEGATIVE_INFINITY), upper: side('maxValues', Number.POSITIVE_INFINITY) };
}

function settingOf(data: Data2D, options: LevenbergMarquardtOptions): Setting {
  checkData(data);
  checkNumbers(options);
  const { initialValues, weights = 1, gradientDifference } = options;
  if (!isArray(initialValues) || initialValues.length === 0)
    throw new InputError(
      'levenbergMarquardt: initialValues is mandatory; give an array with a number for each parameter',
    );
  const start = Float64Array.from(initialValues);
  const m = data.x.length;
  const steps =
    gradientDifference === undefined
      ? null
      : spread('gradientDifference', gradientDifference, start.length, (length) => length === start.length);
  return {
    start,
    weights: spread('weights', weights, m, (length) => length >= m),
    steps,
    ...boundsOf(options, start, steps),
  };
}

/** A function that throws once the time is over. */
function clockOf(timeout: number | undefined): () => void {
  if (timeout === undefined) return () => undefined;
  const end = performance.now() + timeout * 1000;
  return () => {
    if (performance.now() > end) throw new Error(`The execution time is over to ${timeout} seconds`);
  };
}

type Evaluate = (parameters: ArrayLike<number>) => Float64Array;
type Rows = Float64Array[];

function fromFunction(
  gradient: JacobianFunction,
  { x }: Data2D,
  { weights, start }: Setting,
): (p: Float64Array) => Rows {
  return (p) => {
    const at = gradient(Array.from(p));
    return Array.from(weights, (w, i) => {
      const partials = at(x[i]!);
      return Float64Array.from(start, (_, j) => w * partials[j]!);
    });
  };
}

function fromSteps(evaluate: Evaluate, steps: Float64Array, central: boolean, m: number): (p: Float64Array) => Rows {
  return (p) => {
    const rows = Array.from({ length: m }, () => new Float64Array(p.length));
    const base = central ? null : evaluate(p);
    steps.forEach((step, j) => {
      if (step === 0) return;
      const moved = (by: number): Float64Array => evaluate(p.map((value, k) => (k === j ? value + by : value)));
      const ahead = moved(step);
      const behind = base ?? moved(-step);
      rows.forEach((row, i) => {
        row[j] = (ahead[i]! - behind[i]!) / (base ? step : 2 * step);
      });
    });
    return rows;
  };
}

/**
 * Fits y ≈ f(x) by least squares: the signature, options and result of `levenbergMarquardt` of the npm package ml-levenberg-marquardt.
 * Every option of the package is honoured; how, where that differs, is told at `LevenbergMarquardtOptions`. Without `errorTolerance` it
 * minimises to full accuracy. Cost: an iteration takes a Jacobian (2n model evaluations a point without `jacobianFunction`) and a trial.
 * @throws InputError for malformed data or options; Error when the time is over.
 * @example
 * const line = ([a, b]: number[]) => (x: number) => a! + b! * x;
 * const fit = levenbergMarquardt({ x: [0, 1, 2], y: [1, 3, 5] }, line, { initialValues: [0, 0] });
 * fit.parameterValues; // [1.000, 2.000]
 */
export function levenbergMarquardt(
  data: Data2D,
  parameterizedFunction: ParameterizedFunction,
  options: LevenbergMarquardtOptions,
): LevenbergMarquardtReturn {
  const setting = settingOf(data, options);
  const { start, weights, steps, lower, upper } = setting;
  const { maxIterations = 100, jacobianFunction, centralDifference = false } = options;
  const checkTime = clockOf(options.timeout);
  const evaluate: Evaluate = (parameters) => {
    checkTime();
    const f = parameterizedFunction(Array.from(parameters));
    return weights.map((w, i) => w * (f(data.x[i]!) - data.y[i]!));
  };
  const problem: NumericResiduals = { residuals: evaluate };
  const own = jacobianFunction
    ? fromFunction(jacobianFunction, data, setting)
    : steps && fromSteps(evaluate, steps, centralDifference, weights.length);
  const fit = leastSquares(own ? { ...problem, jacobian: own } : problem, start, {
    bounds: { lower, upper },
    maxEvaluations: 1 + maxIterations,
    trustRegion: regionOf(options),
    ...(options.errorTolerance !== undefined && { targetCost: options.errorTolerance / 2 }),
    // Newton steps to a zero of an inexact gradient would lead away from the minimum.
    polish: (jacobianFunction !== undefined || steps === null) && maxIterations > 0,
  });
  return { parameterValues: Array.from(fit.parameters), parameterError: 2 * fit.cost, iterations: fit.iterations };
}
