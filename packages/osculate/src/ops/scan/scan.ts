import { checkFunction, checkObject } from '../../tensor/check-value.js';
import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import { topological } from '../../tensor/graph.js';
import {
  type Aval,
  type BufferFunction,
  checkTensors,
  type Graph,
  type LowerContext,
  type Node,
  type Op,
  type ReferenceBuffer,
  type Tensor,
} from '../../tensor/ir.js';
import { ndarray } from '../../tensor/ndarray.js';
import { type Shape, sameShape, showShape } from '../../tensor/shape.js';
import { substitute } from '../../tensor/substitute.js';
import { boundaryOf, bufferFor, checkCarries, emitBody, placeholder } from '../loop-body.js';
import { scanBatch } from './batch.js';
import { scanJvp } from './jvp.js';
import { applyScan, groups, type ScanAttrs, type ScanOutputs } from './parts.js';
import { scanTranspose } from './transpose.js';

/** The number of steps: the common length of the leading axes of `xs`, or the given one. */
function lengthOf(xs: readonly Tensor[], given: number | undefined): number {
  if (given !== undefined && (!Number.isSafeInteger(given) || given < 0))
    throw new InputError(`scan: length ${given} is not a non-negative integer`);
  const length = given ?? xs[0]?.shape[0];
  for (const x of xs) {
    if (x.rank === 0) throw new ShapeError(`scan: ${describe(x)} has no leading axis to scan over`);
    if (x.shape[0] !== length) {
      const other = given === undefined ? describe(xs[0]!) : `length ${given}`;
      throw new ShapeError(`scan: the leading axis of ${describe(x)} does not fit ${other}`);
    }
  }
  if (length === undefined) throw new InputError('scan: without xs the number of steps is unknown; pass { length }');
  return length;
}

function fits(t: Tensor, p: Tensor, shape: Shape): void {
  if (t.dtype !== p.dtype || !sameShape(t.shape, shape))
    throw new ShapeError(`scan: ${describe(t)} does not fit the body's ${p.dtype} ${showShape(shape)}`);
}

/** The shape rule, which also checks the node's inputs against the body's placeholders. */
function inferScan(inputs: readonly Tensor[], attrs: ScanAttrs): Aval[] {
  const { body, carries, length } = attrs;
  const [init, xs, consts] = groups(inputs, attrs);
  const [carryIn, xIn, constIn] = groups(body.inputs, attrs);
  init.forEach((t, i) => void fits(t, carryIn[i]!, carryIn[i]!.shape));
  xs.forEach((t, i) => void fits(t, xIn[i]!, [length, ...xIn[i]!.shape]));
  consts.forEach((t, i) => void fits(t, constIn[i]!, constIn[i]!.shape));
  checkCarries('scan', carryIn, body.outputs.slice(0, carries));
  return body.outputs.map(({ dtype, shape }, i) => ({ dtype, shape: i < carries ? shape : [length, ...shape] }));
}

/** No step is run: the carries pass, the stacks are empty. */
function lowerEmpty(context: LowerContext, node: Node<ScanAttrs>, init: readonly string[]): string[] {
  const ys = node.outputs.slice(node.attrs.carries).map((t) => context.constant(ndarray(t.dtype, [], t.shape)));
  return [...init.map((name) => context.emit('Identity', [name])), ...ys];
}

/** ONNX Scan. Consts are captured from the outer scope by name; a scan without xs runs over a dummy one that gives its length. */
function lowerScan(context: LowerContext, node: Node<ScanAttrs>, inputs: readonly string[]): readonly string[] {
  const { body, carries, length, reverse } = node.attrs;
  const [init, given, consts] = groups(inputs, node.attrs);
  if (length === 0) return lowerEmpty(context, node, init);
  const xs = given.length > 0 ? given : [context.constant(ndarray('bool', new Uint8Array(length)))];
  const [carryIn, xIn] = groups(body.inputs, node.attrs);
  const step = context.subgraph((sub) => {
    const names = [...carryIn, ...xIn].map((t) => sub.input(t.dtype, t.shape));
    if (given.length === 0) sub.input('bool', []);
    emitBody(sub, body, [...names, ...consts]);
  });
  const direction = reverse ? 1 : 0;
  const stacks = body.outputs.length - carries;
  const attrs = {
    body: { graph: step },
    num_scan_inputs: { int: xs.length },
    scan_input_directions: { ints: xs.map(() => direction) },
    ...(stacks > 0 ? { scan_output_directions: { ints: new Array<number>(stacks).fill(direction) } } : {}),
  };
  return context.emitMany('Scan', [...init, ...xs], attrs, node.outputs.length);
}

/** Step t of a stacked buffer: a view, not a copy. */
function slice(buffer: ReferenceBuffer, t: number, { size }: Tensor): ReferenceBuffer {
  return buffer.subarray(t * size, (t + 1) * size);
}

/** Runs the compiled body once a step. Slices are views of the stacked buffers; carries alternate between two sets of buffers. */
function prepareScan(node: Node<ScanAttrs>, compile: (graph: Graph) => BufferFunction): BufferFunction {
  const { body, carries, length, reverse } = node.attrs;
  const step = compile(body);
  const [carryIn, xIn] = groups(body.inputs, node.attrs);
  const yOut = body.outputs.slice(carries);
  const sets = [carryIn.map(bufferFor), carryIn.map(bufferFor)] as const;
  return (inputs, outputs) => {
    const [init, xs, consts] = groups(inputs, node.attrs);
    const ends = outputs.slice(0, carries);
    if (length === 0) ends.forEach((end, i) => void end.set(init[i]!));
    let carry: readonly ReferenceBuffer[] = init;
    for (let n = 0; n < length; n++) {
      const t = reverse ? length - 1 - n : n;
      const next = n === length - 1 ? ends : sets[n % 2]!;
      const slices = xs.map((x, i) => slice(x, t, xIn[i]!));
      const ys = yOut.map((y, i) => slice(outputs[carries + i]!, t, y));
      step([...carry, ...slices, ...consts], [...next, ...ys]);
      carry = next;
    }
  };
}

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
 * @example
 * const sums = scan(([total], [x]) => ({ carry: [total!.add(x!)], y: [total!.add(x!)] }), [full(0, 'f64')], [constant([1, 2, 3], 'f64')]);
 * sums.ys[0]!; // [1, 3, 6]
 */
export function scan(
  body: (carries: readonly Tensor[], xs: readonly Tensor[]) => ScanStep,
  init: readonly Tensor[],
  xs: readonly Tensor[],
  options: ScanOptions = {},
): ScanOutputs {
  checkFunction('scan: the body', body);
  checkTensors('scan: the initial carries', init);
  checkTensors('scan: the sequences', xs);
  checkObject('scan: the options', options);
  const length = lengthOf(xs, options.length);
  const carryIn = init.map((t) => placeholder('scan carry', t));
  const xIn = xs.map((t) => placeholder('scan slice', t, t.shape.slice(1)));
  const step = body(carryIn, xIn);
  checkObject('scan: what the body returns', step);
  checkTensors('scan: the carries that the body returns', step.carry);
  checkTensors('scan: the outputs that the body returns', step.y);
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
