import type { DType, NDArray, Tensor } from '../../src/tensor/index.js';

/** One input of an op under test. Float inputs are drawn uniformly from [low, high] unless `values` are given. */
export interface CaseInput {
  readonly shape: readonly number[];
  /** `float` (default) stands for f64 on the reference executor and for f32 or f64 on ONNX Runtime. */
  readonly dtype?: 'float' | Exclude<DType, 'f32' | 'f64'>;
  /** Range of random values; default −2 … 2 for floats, 0 … 4 for integers. */
  readonly low?: number;
  readonly high?: number;
  /** Fixed values in row-major order, where random ones would not do (ties, indices, edge cases). */
  readonly values?: readonly number[];
}

/** A use of one or several ops that the op suite checks in every way that applies. */
export interface OpCase {
  /** Unique within its file: `atan2, broadcast`. */
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  /** The result; an expression of several primitives is fine. */
  build(...inputs: readonly Tensor[]): Tensor | readonly Tensor[];
  /** Independent oracle: the values of each output in row-major order from plain inputs, by a closed form or naive loops. */
  expected?(...inputs: readonly NDArray[]): readonly (readonly number[])[];
  /** Highest order of derivative that exists everywhere in the range (default 3; 1 for relu; 0 where there is none). */
  readonly smooth?: 0 | 1 | 2 | 3;
  /** False where only forward mode exists (`whileLoop`): second and third derivatives are then those along directions. */
  readonly reverse?: false;
  /** Relative tolerance against the reference executor of ONNX Runtime in f32 (default 1e-5) and in f64 (default 1e-12). */
  readonly tolerance?: { readonly f32?: number; readonly f64?: number };
}
