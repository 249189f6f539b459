import type { Program } from '../compile/program.js';
import type { AnyTypedArray } from '../tensor/dtype.js';
import type { NDArray } from '../tensor/ndarray.js';

/** Values for a program's inputs by name: arrays with shape, or typed arrays of the right type and length. */
export type Feeds = Readonly<Record<string, NDArray | AnyTypedArray>>;

/** A program loaded into an executor. */
export interface Executable {
  readonly program: Program;
  /** Which executor really runs it, and anything that its user should know: decompositions, fallbacks. */
  readonly report: ExecutionReport;
  /**
   * Computes all outputs. Feeds are checked against the program: an unknown or missing name, a wrong shape or dtype is an
   * InputError that names the input and both. The results are fresh arrays that belong to the caller.
   */
  run(feeds: Feeds): Promise<Record<string, NDArray>>;
  /** Frees what it holds; running it afterwards is an error. Idempotent. */
  dispose(): Promise<void>;
}

export interface ExecutionReport {
  readonly executor: string;
  readonly notes: readonly string[];
}

/** Loads programs. One contract suite (test/runtime/contract.ts) holds for all implementations. */
export interface Executor {
  readonly name: string;
  load(program: Program): Promise<Executable>;
  /** Releases everything loaded by it. Idempotent. */
  dispose(): Promise<void>;
}

/** A failure of the engine below an executor, with the inputs and outputs of the program it happened to. */
export class ExecutionError extends Error {
  override readonly name = 'ExecutionError';
}
