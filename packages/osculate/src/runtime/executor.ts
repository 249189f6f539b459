import type { Program } from '../compile/program.js';
import type { ArrayValue, NDArray } from '../tensor/ndarray.js';

/**
 * Values for a program's inputs by name: arrays with shape, typed arrays of the right type and length, or numbers and nested arrays
 * of numbers, which are converted to the input's dtype: `{ x: [[1, 2], [3, 4]], w: Float64Array.of(5, 6), b: 3 }`.
 */
export type Feeds = Readonly<Record<string, ArrayValue>>;

/** Arrays by the names of a program's outputs. */
export type Results<Name extends string = string> = Record<Name, NDArray>;

/** A program loaded into an executor. */
export interface Executable<Name extends string = string> {
  /** The program that it runs. */
  readonly program: Program<Name>;
  /** Which executor really runs it, and anything that its user should know: decompositions, fallbacks. */
  readonly report: ExecutionReport;
  /**
   * Computes all outputs. Feeds are checked against the program: an unknown or missing name, a wrong shape or dtype is an
   * InputError that names the input and both. The results are fresh arrays that belong to the caller.
   */
  run(feeds: Feeds): Promise<Results<Name>>;
  /** Frees what it holds; running it afterwards is an error. Idempotent. */
  dispose(): Promise<void>;
}

/** Who runs a program, and how. */
export interface ExecutionReport {
  /** The executor's name. */
  readonly executor: string;
  /** What a user should know: decompositions, fallbacks, interpretation. */
  readonly notes: readonly string[];
}

/** Loads programs. One contract suite (test/runtime/contract.ts) holds for all implementations. */
export interface Executor {
  /** What it is called in reports. */
  readonly name: string;
  /** Makes a program ready to run; the same program again may share what was made for it. */
  load<Name extends string>(program: Program<Name>): Promise<Executable<Name>>;
  /** Releases everything loaded by it. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * A failure of the engine below an executor, with the inputs and outputs of the program it happened to.
 * @example
 * const executable = await (await ortExecutor()).load(compile({ y: input('x', 'f32', [2]).exp() }));
 * await executable.run({ x: [1, 2] }).catch((error: unknown) => {
 *   if (error instanceof ExecutionError) console.log(error.message, error.cause);
 *   else throw error;
 * });
 */
export class ExecutionError extends Error {
  /** The name of the class, as errors have it. */
  override readonly name = 'ExecutionError';
}
