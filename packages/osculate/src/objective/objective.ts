import type { Rows } from '../data/source.js';
import type { Vector } from '../linalg/vectors.js';
import type { Statistics } from '../nn/context.js';
import type { Feeds } from '../runtime/index.js';
import type { Tensor } from '../tensor/ir.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { ParameterLayout } from '../tensor/parameters.js';
import type { Generator } from '../tensor/random.js';
import type { Tree } from '../tensor/tree.js';
import type { Mask } from './application.js';
import type { Draw } from './next-rows.js';

export type { Feeds };

/** Tensors or arrays by the names of the fields of a row. */
export type Named<T> = Readonly<Record<string, T>>;

/** The symbols of a batch: what programs are built from. */
export interface Batch {
  /** The number of rows. */
  readonly rows: number;
  /** Inputs of programs named "parameters." and the parameter's name. */
  readonly weights: Tree<Tensor>;
  /** What the model reads, by field, `[rows, …]`; nothing for a plain function. */
  readonly inputs: Named<Tensor>;
  /** What the loss compares with, by field, `[rows, …]`; nothing for a plain function. */
  readonly targets: Named<Tensor>;
  /** Dropout masks among the inputs, in training. */
  readonly masks: readonly Mask[];
  /** Means and variances of the batch normalisations, in their order. */
  readonly statistics: readonly Statistics[];
  /**
   * What the loss is a (preferably convex) function of, for Gauss-Newton matrices; several outputs of a model are joined to `[rows, …]`.
   * @throws InputError for a plain function without residuals.
   */
  readonly outputs: Tensor;
  /** Mean loss over the rows, without the weight decay. */
  readonly loss: Tensor;
  /** r(θ) with loss = Σ rᵢ², where the loss is a sum of squares. */
  readonly residuals?: Tensor;
  /**
   * What stands for `loss` where targets are drawn: E[∇s·∇sᵀ]·normalizer is the Fisher matrix. With the data's own targets it is `loss` unless several
   * losses are added.
   */
  readonly score: Tensor;
  /** m: `score` is the sum of the negative log-likelihoods of all rows, divided by this. */
  readonly normalizer: number;
  /** H·u with H = ∂²loss/∂outputs²; u has the outputs' shape. */
  hessianProduct(u: Tensor): Tensor;
  /** Targets drawn from the model's own predictive distribution, as `Objective.sample` draws them. */
  sample(outputs: NDArray, generator: Generator): Named<NDArray>;
  /**
   * One row as if alone in its batch, of the same weights: fields without the axis of rows. Where rows do not enter each other's outputs,
   * the batch is made of these. Statistics of a batch normalisation are held as those of the batch.
   */
  row(inputs: Named<Tensor>, targets: Named<Tensor>): Batch;
}

/** Makes what a program computes of a batch. */
export type Build = (batch: Batch) => Tree<Tensor>;

/** Results of a program by name. */
export type Results = Record<string, NDArray>;

/** What a pass over all rows can be told. */
export interface PassOptions {
  /** Values of inputs that belong to no row, or, by a function, of those of a chunk's rows. */
  readonly feeds?: Feeds | ((rows: Rows) => Feeds);
  /** Most rows in a run, where less than the objective's `chunk`. */
  readonly chunk?: number;
}

/**
 * An objective at a point: for runs at the same parameters in which only what is fed changes, as the products of a Krylov method. What
 * does not depend on the feeds (the forward pass, the gradient) is computed once for each program and batch, at its third run, and held as
 * long as this value lives, within the objective's `held` bytes in all; batches beyond that are computed as a whole each time. Batches are told apart by the
 * numbers of their rows. Do not change the parameters meanwhile.
 */
export interface At {
  /** The objective that it is a point of. */
  readonly objective: Objective;
  /** The parameters at the point. */
  readonly parameters: Vector;
  /** Runs a program of a batch's graph as `Objective.run` does. */
  run(name: string, build: Build, rows: Rows, feeds?: Feeds): Promise<Results>;
  /** Runs the program on every chunk of all rows, in order. */
  stream(
    name: string,
    build: Build,
    options: PassOptions,
    visit: (results: Results, rows: Rows) => void,
  ): Promise<void>;
  /** Means over all rows, in float64, of results that are means over a batch. */
  mean(name: string, build: Build, options?: PassOptions): Promise<Record<string, Float64Array>>;
}

/**
 * f(θ) = mean over rows of the loss + (weightDecay/2)·‖θ‖², evaluated on chosen rows by compiled programs, one for each
 * batch size, compiled on first use. It counts the work done: one gradient equivalent is the arithmetic of one gradient over the
 * whole data set. A plain function is an objective of one row. A parameter that the loss does not reach has derivatives of zero; `notes`
 * names it.
 *
 * **The factor ½.** A sum of squares is f = Σ rᵢ², without ½: ∇f = 2·Jᵀr, and the Gauss-Newton matrix is 2·JᵀJ. Only the weight decay carries a ½.
 */
export interface Objective {
  /** Where each parameter lies in the flat vector. */
  readonly layout: ParameterLayout;
  /** Number of rows of the data. */
  readonly rows: number;
  /** λ of (λ/2)·‖θ‖², which is part of f. */
  readonly weightDecay: number;
  /** Most rows in one run of a program. */
  readonly chunk: number;
  /** What a user should know of it: parameters that the loss does not reach, and what of the model is held. */
  notes(): readonly string[];
  /** f over some rows: their mean loss and the weight decay. */
  value(parameters: Vector, rows: Rows): Promise<number>;
  /** The gradient is the caller's: a new vector, or `into`, which an objective may overwrite instead of making one. */
  valueAndGradient(parameters: Vector, rows: Rows, into?: Vector): Promise<{ value: number; gradient: Vector }>;
  /**
   * Runs a program of a batch's graph, made by `build` on the first call for this name and batch size. A feed with the name of a field
   * stands in its place, perhaps with another dtype and shape: drawn targets, say.
   */
  run(name: string, build: Build, parameters: Vector, rows: Rows, feeds?: Feeds): Promise<Results>;
  /** The objective at a point, for several runs there. ShapeError for a vector of another length. */
  at(parameters: Vector): At;
  /** The symbols of a batch of so many rows; the same ones at every call. */
  batch(rows: number): Batch;
  /**
   * Targets drawn from the model's own predictive distribution for outputs `[rows, …]`, by the names of the inputs that `Batch.score` reads them from.
   * @throws InputError when the loss defines no distribution, or an output is not finite.
   */
  sample(outputs: NDArray, generator: Generator): Named<NDArray>;
  /** Says which rows will be asked for next, so that a source that reads them from elsewhere can prepare them beside the work under way. */
  expect?(next: Rows | Draw): void;
  /**
   * Draws dropout masks, by a number that is asked for only where the model has any. All that is computed until the next draw has the same
   * masks for the same rows; an `At` keeps those that it was made with.
   */
  draw?(number: () => number): void;
  /** Work so far, in gradient equivalents. */
  work(): number;
  /** Counts the iterations that a data-dependent loop of a program made; the program itself counts its body as nothing. */
  countIterations(name: string, batchSize: number, iterations: number): void;
  /** Frees its programs, and closes the source of rows where it has one to close. */
  dispose(): Promise<void>;
}
