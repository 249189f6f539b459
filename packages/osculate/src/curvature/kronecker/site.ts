import type { ScanAttrs } from '../../ops/scan/parts.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import type { Shape } from '../../tensor/shape.js';
import type { AxisOrigin } from './example-axis.js';

/**
 * Where a parameter acts: output = (something linear in the parameter and in `input`). In the body of a scan both tensors are those of
 * one step, and what is measured has an axis of time in front.
 */
export interface Site {
  readonly input: Tensor | null;
  /** Its cotangent is what the parameter's gradient is made of. */
  readonly output: Tensor;
  readonly scan: Node<ScanAttrs> | null;
}

/** A site of a matrix W, output row = W · input row. */
export interface MatrixSite extends Site {
  readonly input: Tensor;
  /** Shape of what the rows run over: examples, time, positions. */
  readonly lead: Shape;
  /** Which of its axes counts the examples. */
  readonly origin: AxisOrigin;
  /** Inputs as rows `[…, inputs]` (row numbers of a table for an embedding, `[…]`). */
  inputRows(input: Tensor): Tensor;
  /** Cotangents of the output, with any axes in front, as rows `[…, outputs]`. */
  outputRows(cotangent: Tensor): Tensor;
}

/** How a weight array is the matrix W `[outputs, inputs]`. */
export interface MatrixForm {
  readonly outputs: number;
  readonly inputs: number;
  /** The array is Wᵀ. */
  readonly transposed: boolean;
}

/** A vector that is added to or multiplied with the data along one axis. */
export interface VectorSite extends Site {
  /** Shape of the output, with the axis of time of a scan in front. */
  readonly shape: Shape;
  /** Its axis along which the vector lies, and the one that counts the examples. */
  readonly axis: number;
  readonly example: number;
}
