import type { ParameterLayout, ParameterSlot } from '../../tensor/parameters.js';
import type { Shape } from '../../tensor/shape.js';
import type { Optimizer, OptimizerState } from '../optimizer.js';

/** What a method that looks at shapes does with a parameter, and why. */
export interface Treatment {
  readonly name: string;
  readonly shape: Shape;
  /** The update rule that it gets. */
  readonly method: string;
  readonly reason: string;
}

/** An optimizer that treats parameters by their shapes and says how. */
export interface StructuredOptimizer<S extends OptimizerState> extends Optimizer<S> {
  describe(layout: ParameterLayout): readonly Treatment[];
}

/** Rows and columns of a parameter as a matrix: the first axis (outputs) by all others; a convolution is flattened so. */
export function matrixShape({ shape, size }: ParameterSlot): readonly [number, number] {
  const rows = shape[0] ?? 1;
  return [rows, rows === 0 ? 0 : size / rows];
}
