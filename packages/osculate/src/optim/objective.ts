import type { Feeds } from '../runtime/index.js';
import type { Tensor } from '../tensor/ir.js';
import type { NDArray } from '../tensor/ndarray.js';
import type { ParameterLayout } from '../tensor/parameters.js';
import type { Tree } from '../tensor/tree.js';

/** A flat parameter vector. */
export type Vector = Float32Array | Float64Array;

/** Row numbers of a data set. */
export type Rows = ArrayLike<number> & Iterable<number>;

/** Symbolic pieces of the objective on one batch. */
export interface BatchGraph {
  readonly weights: Tree<Tensor>;
  readonly x: Tensor;
  readonly y: Tensor;
  /** What the loss is a (preferably convex) function of, for Gauss-Newton matrices. InputError for a function without residuals. */
  readonly outputs: Tensor;
  /** r(θ) with loss = Σ rᵢ², where the loss is a sum of squares. */
  readonly residuals?: Tensor;
  /**
   * The residuals of one row as if alone in its batch, for models of rows: x and y without the axis of rows. Where rows do not enter each
   * other's outputs, the batch's residuals are these by row, divided by the square root of their number.
   */
  rowResiduals?(x: Tensor, y: Tensor): Tensor;
  /** Mean loss of the batch without the weight decay. */
  readonly loss: Tensor;
}

/** Programs of an objective at fixed parameters: see `Objective.at`. */
export interface FixedPoint {
  /**
   * Runs a program of a batch's graph as `Objective.run` does. Batches are told apart by their arrays of rows: give the same array for
   * the same batch.
   */
  run(
    name: string,
    build: (batch: BatchGraph) => Tree<Tensor>,
    rows: Rows,
    feeds: Feeds,
  ): Promise<Record<string, NDArray>>;
}

/**
 * f(θ) = mean over rows of the loss + (weightDecay/2)·‖θ‖², evaluated on chosen rows by compiled programs, one for each
 * batch size, compiled on first use. It counts the work done: one gradient equivalent is the arithmetic of one gradient over the
 * whole data set. A plain function is an objective of one row.
 */
export interface Objective {
  readonly layout: ParameterLayout;
  /** Number of rows of the data. */
  readonly rows: number;
  readonly weightDecay: number;
  readonly chunk: number;
  value(parameters: Vector, rows: Rows): Promise<number>;
  /** The gradient is the caller's: a new vector, or `into`, which an objective may overwrite instead of making one. */
  valueAndGradient(parameters: Vector, rows: Rows, into?: Vector): Promise<{ value: number; gradient: Vector }>;
  /** Runs a program of a batch's graph, made by `build` on the first call for this name and batch size. */
  run(
    name: string,
    build: (batch: BatchGraph) => Tree<Tensor>,
    parameters: Vector,
    rows: Rows,
    feeds?: Feeds,
  ): Promise<Record<string, NDArray>>;
  /**
   * For runs at the same parameters in which only what is fed changes, as the products of a Krylov method: what does not depend on the
   * feeds (the forward pass, the gradient) is computed once for each program and batch, at its third run, and held until the point is
   * forgotten, within 256 MiB or 8 vectors in all; batches beyond that are computed as a whole each time. Do not change `parameters`
   * meanwhile.
   */
  at(parameters: Vector): FixedPoint;
  /** Work so far, in gradient equivalents. */
  work(): number;
  /** Counts the iterations that a data-dependent loop of a program made; the program itself counts its body as nothing. */
  countIterations(name: string, batchSize: number, iterations: number): void;
  dispose(): Promise<void>;
}
