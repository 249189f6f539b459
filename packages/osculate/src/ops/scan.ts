import { topological } from '../tensor/graph.js';
import type { Op, Tensor } from '../tensor/ir.js';
import { substitute } from '../tensor/substitute.js';
import { scanBatch } from './scan/batch.js';
import { boundaryOf } from './scan/close-over.js';
import { checkCarries, inferScan, lengthOf } from './scan/infer.js';
import { scanJvp } from './scan/jvp.js';
import { lowerScan } from './scan/lower.js';
import { applyScan, type ScanAttrs, type ScanOutputs } from './scan/parts.js';
import { placeholder } from './scan/placeholders.js';
import { prepareScan } from './scan/reference.js';
import { scanTranspose } from './scan/transpose.js';

export const scanOp: Op<ScanAttrs> = {
  name: 'scan',
  differentiable: true,
  infer: inferScan,
  jvp: scanJvp,
  transpose: scanTranspose,
  batch: scanBatch,
  lower: lowerScan,
  reference: { kind: 'kernel', prepare: prepareScan },
  flops: ({ attrs: { body, length } }) =>
    length * topological(body.outputs).reduce((sum, node) => sum + node.op.flops(node), 0),
};

export interface ScanOptions {
  /** Runs from the last slice to the first; `ys[i]` at t still belongs to `xs[i]` at t. */
  readonly reverse?: boolean;
  /** The number of steps; needed when there are no `xs`. */
  readonly length?: number;
}

export interface ScanStep {
  /** The next carries, in the shapes and dtypes of the initial ones. */
  readonly carry: readonly Tensor[];
  /** What is stacked over time; may be empty. */
  readonly y: readonly Tensor[];
}

/**
 * A loop of fixed length with state: `carry₍ₜ₊₁₎, yₜ = body(carryₜ, xsₜ)` for every index t of the leading axis of `xs`.
 * Gives the last carries and the `y` of all steps, stacked on a new leading axis. The body is traced once; tensors that it
 * closes over are computed once, outside. Differentiable in both modes to any order; memory of reverse mode: what the
 * derivative of a step reads, for all steps. Cost: length × body.
 * @throws ShapeError or DTypeError when a carry changes its shape or dtype, or the `xs` differ in length; InputError when
 * the number of carries differs or the length is unknown.
 */
export function scan(
  body: (carries: readonly Tensor[], xs: readonly Tensor[]) => ScanStep,
  init: readonly Tensor[],
  xs: readonly Tensor[],
  options: ScanOptions = {},
): ScanOutputs {
  const length = lengthOf(xs, options.length);
  const carryIn = init.map((t) => placeholder('scan carry', t));
  const xIn = xs.map((t) => placeholder('scan slice', t, t.shape.slice(1)));
  const step = body(carryIn, xIn);
  const outputs = [...step.carry, ...step.y];
  const consts = boundaryOf(outputs, [...carryIn, ...xIn]);
  const constIn = consts.map((t) => placeholder('scan const', t));
  const closed = substitute(outputs, consts, constIn);
  const split = step.carry.length;
  const { reverse = false } = options;
  const [carryOut, ys] = [closed.slice(0, split), closed.slice(split)];
  checkCarries('scan', init, carryOut);
  return applyScan(scanOp, { init, xs, consts, carryIn, xIn, constIn, carryOut, ys, length, reverse });
}
