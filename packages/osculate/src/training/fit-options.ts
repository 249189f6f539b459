import type { Terminal } from '../data/environment.js';
import type { FloatDType } from '../nn/index.js';
import type { LossOfRows } from '../objective/loss-of-rows.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { TrainEvent } from '../optim/train.js';
import type { Executor } from '../runtime/index.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { Tree } from '../tensor/tree.js';
import type { Examples, ExamplesFrom } from './data.js';
import type { EarlyStopping, Epoch } from './history.js';
import type { Trainable } from './trainable-model.js';

/** A step of a run: what the optimizer reports, and the epoch that it is in. */
export interface FitEvent extends TrainEvent {
  /** The epoch that the step is in, from 1. */
  readonly epoch: number;
}

/** How a model is trained. */
export interface FitModelSettings {
  /** A loss of `osculate/nn`, a function `(output, target) => scalar`, or losses by the names of outputs and targets. */
  readonly loss: LossOfRows;
  /** The method; by default `adamW()`. */
  readonly optimizer?: Optimizer;
  /** Epochs of as many rows as there are to train on (default 10, or no limit where steps or seconds are given). */
  readonly epochs?: number;
  /** Steps at most. */
  readonly steps?: number;
  /** Seconds spent in steps. */
  readonly seconds?: number;
  /** The share of the rows that is held back, chosen at random, or other examples: measured after every epoch. */
  readonly validation?: number | Examples | ExamplesFrom;
  /** Ends when the loss (of validation, where there is one) has not improved for 10 epochs, and goes back to the best epoch. */
  readonly earlyStopping?: boolean | EarlyStopping;
  /** The parameters that are trained, by name (default: all; of an imported model, what is trainable by default). */
  readonly trainable?: Trainable;
  /** Adds (weightDecay/2)·‖θ‖² to the loss (default 0). */
  readonly weightDecay?: number;
  /** Of initial parameters, rows, masks and all else that is drawn (default 0). */
  readonly seed?: number;
  /** The precision of parameters and arithmetic: f32 by default, or f64. */
  readonly dtype?: FloatDType;
  /** Parameters to start from (default: those of an imported model, or what the layer draws). */
  readonly parameters?: Tree<NDArray>;
  /** What runs the programs; by default the best at hand, see `defaultExecutor`. */
  readonly executor?: Executor;
  /** Most rows in one run of a program (default 1000). */
  readonly chunk?: number;
  /** Sees every step; a promise is waited for. */
  readonly onStep?: (event: FitEvent) => unknown;
  /** Sees every epoch; a promise is waited for. */
  readonly onEpoch?: (epoch: Epoch) => unknown;
  /** Ends the run after the step under way; the result is that of the steps so far. */
  readonly signal?: AbortSignal;
  /** A line of progress; default: on standard error, where that is a terminal. */
  readonly progress?: boolean | Terminal;
  /** A file that is written after every epoch and at the end. */
  readonly checkpoint?: string;
  /** A checkpoint to go on from, by path or as bytes: the run makes the same steps as if it had not been interrupted. */
  readonly resume?: string | Uint8Array;
}

/** How a model is trained, and on which examples. */
export type FitModelOptions = FitModelSettings & (Examples | ExamplesFrom);
