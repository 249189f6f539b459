import type { Loss, Parameters } from 'osculate/nn';
import type { NDArray, Tensor } from 'osculate/tensor';

/** Inputs and targets, one row an example. */
export interface Examples {
  readonly x: NDArray;
  readonly y: NDArray;
}

/** A problem with its data in memory, ready to be optimized. */
export interface LoadedProblem {
  /** Initial parameters, the same for every contestant. */
  readonly parameters: Parameters;
  model(weights: never, x: Tensor): Tensor;
  readonly loss: Loss;
  readonly train: Examples;
  readonly test: Examples;
  /** Mean over examples of the figure that people quote for this problem. */
  error(outputs: Tensor, targets: Tensor): Tensor;
}

/** Something that optimizers are compared on. */
export interface Problem {
  readonly name: string;
  readonly title: string;
  /** What it is, in one or two sentences for the report. */
  readonly description: string;
  /** What `loss` is, with its reduction. */
  readonly lossName: string;
  /** What `error` is, with its reduction. */
  readonly errorName: string;
  /** How the default settings of the contestants came about, so that nobody takes a tuned one against an untuned one unawares. */
  readonly tuning: string;
  /** Reads the data and draws the initial parameters. */
  load(seed: number): Promise<LoadedProblem>;
}
