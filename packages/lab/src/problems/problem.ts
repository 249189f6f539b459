import type { Loss, Parameters } from 'osculate/nn';
import type { Batch } from 'osculate/objective';
import type { NDArray, Tensor, Tree } from 'osculate/tensor';

/** Inputs and targets, one row an example. */
export interface Examples {
  readonly x: NDArray;
  readonly y: NDArray;
}

/** A figure that runs are judged by. The first of a problem's measures is what is minimised, `loss`. */
export interface Measure {
  /** Its name in files: `loss`, `testAccuracy`. */
  readonly key: string;
  /** Its name for people: `train loss`, `test accuracy`. */
  readonly title: string;
  /** What it is, with its reduction. */
  readonly meaning: string;
  readonly better: 'lower' | 'higher';
  /** Quotients of it matter, not differences: it is shown on a logarithmic axis. */
  readonly logarithmic: boolean;
  /** It cannot be outside of these: a share is from 0 to 1. */
  readonly bounds?: readonly [least: number, most: number];
}

/** How a measure is computed from parameters. */
export interface Measurement {
  /** What it is the mean over. */
  readonly examples: Examples;
  /** The mean over a batch. */
  value(batch: Batch): Tensor;
  /** Applied to the mean over all examples: a square root, say. */
  finish?(mean: number): number;
}

/** When a problem counts as solved. */
export interface Target {
  /** Key of a measure. */
  readonly measure: string;
  readonly value: number;
  /** Where the figure is from. */
  readonly source: string;
}

/** A model with its loss. */
export interface LossModel {
  /** Initial parameters. */
  readonly parameters: Parameters;
  model(weights: Tree<Tensor>, x: Tensor): Tensor;
  readonly loss: Loss;
}

/**
 * A problem with its data in memory, ready to be optimized. Every contestant starts from the same parameters. A function of a vector is a
 * model of one row that does not look at its input.
 */
export interface LoadedProblem extends LossModel {
  /** The function, of which `parameters` hold the one vector `x`: r(x), of which f = Σ rᵢ² is minimised, or, for kind `function`, f(x) itself. */
  readonly vector?: (x: Tensor) => Tensor;
  readonly train: Examples;
  readonly test: Examples;
  /** One for each of the problem's measures, by key. */
  readonly measurements: Readonly<Record<string, Measurement>>;
}

/** `function`: of a vector, without residuals; `least squares`: a sum of squared residuals; `supervised`: a model on examples. */
export type ProblemKind = 'function' | 'least squares' | 'supervised';

/** Something that optimizers are compared on. */
export interface Problem {
  /** As named on the command line, with its argument and settings: `quadratic:1e6`. */
  readonly name: string;
  readonly title: string;
  /** What it is, in one or two sentences for the report. */
  readonly description: string;
  readonly kind: ProblemKind;
  /** Type of parameters and data. */
  readonly dtype: 'f32' | 'f64';
  /** What makes it hard, for whom. */
  readonly difficulty: string;
  /** What is minimised first, then what else runs are judged by. */
  readonly measures: readonly Measure[];
  readonly target?: Target;
  /** Optimizers that suit it, with settings: what `osculate compare` runs when none are named. */
  readonly optimizers: readonly string[];
  /** Seconds of stepping for each optimizer when none are given. */
  readonly budget: number;
  /** What runs it: generated JavaScript for small float64 problems, ONNX Runtime for the rest. */
  readonly executor: 'reference' | 'onnxruntime';
  /** How the default settings of the contestants came about, so that nobody takes a tuned one against an untuned one unawares. */
  readonly tuning: string;
  /** Reads the data and draws the initial parameters, the same for the same seed. */
  load(seed: number): Promise<LoadedProblem>;
}

/** Values of a family's settings by name. */
export type Settings = Readonly<Record<string, number | string>>;

/** What a family that is made from a table of cases says of each. */
export interface Described {
  readonly name: string;
  /** One line for the list of problems. */
  readonly summary: string;
  readonly title: string;
  readonly description: string;
  readonly difficulty: string;
}

/** Problems that differ in an argument and in settings: `name:argument:key=value`. */
export interface Family {
  readonly name: string;
  /** One line for the list of problems. */
  readonly summary: string;
  /** What follows the name, for families that need it. */
  readonly argument?: { readonly placeholder: string; readonly example: string };
  /** Settings with their defaults; a setting is of its default's type. */
  readonly settings: Settings;
  /** @throws UsageError for an argument or a value that makes no sense. */
  make(name: string, argument: string, settings: Settings): Problem;
}
