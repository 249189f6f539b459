import { checkFunction, checkObject } from '../tensor/check-value.js';
import { describe } from '../tensor/describe.js';
import { DerivativeError, InputError, ShapeError } from '../tensor/errors.js';
import {
  apply,
  type BufferFunction,
  checkTensors,
  type Graph,
  type LowerContext,
  type Node,
  type Op,
  type ReferenceBuffer,
  type Tensor,
  type Transforms,
} from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';
import { ndarray } from '../tensor/ndarray.js';
import { sameShape } from '../tensor/shape.js';
import { substitute } from '../tensor/substitute.js';
import { greater, where } from './comparison.js';
import { boundaryOf, bufferFor, checkCarries, emitBody, placeholder, present, scatter } from './loop-body.js';
import { sum } from './reductions.js';
import { expand, reshape, zerosLike } from './shape.js';
import { cast } from './unary.js';

/**
 * A while node's inputs are `[...init, ...consts]`, its outputs the carries at the end. Both graphs take `[...carries, ...consts]`.
 */
export interface WhileAttrs {
  /** Gives one bool scalar: whether another step runs. */
  readonly condition: Graph;
  /** Gives the next carries. */
  readonly body: Graph;
  readonly carries: number;
  readonly maxIterations: number;
}

type Maybe = Tensor | null;

function inferWhile(inputs: readonly Tensor[], { condition, body, carries }: WhileAttrs) {
  inputs.forEach((t, i) => {
    for (const p of [condition.inputs[i]!, body.inputs[i]!]) {
      if (t.dtype !== p.dtype || !sameShape(t.shape, p.shape))
        throw new ShapeError(`whileLoop: ${describe(t)} does not fit ${describe(p)}`);
    }
  });
  checkCarries('whileLoop', inputs.slice(0, carries), body.outputs);
  const test = condition.outputs[0]!;
  if (test.dtype !== 'bool' || test.rank !== 0)
    throw new ShapeError(`whileLoop: the condition must give a bool scalar, got ${describe(test)}`);
  return body.outputs.map(({ dtype, shape }) => ({ dtype, shape }));
}

/** Forward mode: one loop over primal carries and their tangents together, under the condition of the primal ones. */
function whileJvp(node: Node<WhileAttrs>, tangents: readonly Maybe[], transforms: Transforms): Maybe[] {
  const { condition, body, carries, maxIterations } = node.attrs;
  const inputs = body.inputs.map((t, i) => (tangents[i] ? placeholder('while tangent', t) : null));
  let outputs: readonly Maybe[];
  for (let grown = true; grown; ) {
    outputs = transforms.jvp(body.outputs, body.inputs, inputs);
    grown = false;
    for (let i = 0; i < carries; i++) {
      if (!outputs[i] || inputs[i]) continue;
      inputs[i] = placeholder('while tangent', body.inputs[i]!);
      grown = true;
    }
  }
  const moving = inputs.slice(0, carries);
  const next = moving.flatMap((t, i) => (t ? [outputs![i] ?? zerosLike(t)] : []));
  const start = moving.flatMap((t, i) => (t ? [tangents[i] ?? zerosLike(t)] : []));
  const constTangents = present(inputs.slice(carries));
  const join = (primal: readonly Tensor[]): Tensor[] => [
    ...primal.slice(0, carries),
    ...present(moving),
    ...primal.slice(carries),
    ...constTangents,
  ];
  const attrs: WhileAttrs = {
    condition: { inputs: join(condition.inputs), outputs: condition.outputs },
    body: { inputs: join(body.inputs), outputs: [...body.outputs, ...next] },
    carries: carries + start.length,
    maxIterations,
  };
  const given = [...node.inputs.slice(0, carries), ...start, ...node.inputs.slice(carries)];
  const result = apply(node.op, [...given, ...present(tangents.slice(carries))], attrs);
  return scatter(moving, result.slice(carries));
}

function repeat(t: Tensor, size: number): Tensor {
  return expand(t, [size, ...t.shape]);
}

/** True when any element of a bool vector is. */
function any(t: Tensor): Tensor {
  return greater(sum(cast(t, 'i32')), full(0, 'i32'));
}

interface BatchedLoop {
  readonly marks: readonly boolean[];
  readonly inputs: readonly Tensor[];
  readonly next: readonly Tensor[];
  /** One condition for all elements, or one each. */
  readonly running: Tensor;
  readonly split: boolean;
}

/** A graph over the placeholders `inputs`, of which the marked ones have a batch axis. */
function batched(graph: Graph, inputs: readonly Tensor[], marks: readonly boolean[], size: number, t: Transforms) {
  const from = graph.inputs.filter((_, i) => marks[i]);
  return t.batch(
    graph.outputs,
    from,
    inputs.filter((_, i) => marks[i]),
    size,
  );
}

/** Marks carries until none becomes batched any more; a batched condition makes all of them so, as they stop at different steps. */
function batchedLoop(
  { attrs: { condition, body, carries } }: Node<WhileAttrs>,
  given: readonly boolean[],
  size: number,
  transforms: Transforms,
): BatchedLoop {
  const marks = [...given];
  for (;;) {
    const inputs = body.inputs.map((t, i) => (marks[i] ? placeholder('while batch', t, [size, ...t.shape]) : t));
    const test = batched(condition, inputs, marks, size, transforms);
    const step = batched(body, inputs, marks, size, transforms);
    const split = test.batched[0]!;
    const grown = marks.flatMap((m, i) => (i < carries && !m && (split || step.batched[i]) ? [i] : []));
    if (grown.length === 0) {
      const next = step.outputs.map((t, i) => (marks[i] && !step.batched[i] ? repeat(t, size) : t));
      return { marks, inputs, next, running: test.outputs[0]!, split };
    }
    for (const i of grown) marks[i] = true;
  }
}

/** A while loop over a batch runs until no element's condition holds; elements that are done keep their carries. */
function whileBatch(
  node: Node<WhileAttrs>,
  inputs: readonly Tensor[],
  given: readonly boolean[],
  size: number,
  transforms: Transforms,
): Tensor[] {
  const { carries, maxIterations } = node.attrs;
  const loop = batchedLoop(node, given, size, transforms);
  const keep = (t: Tensor, i: number): Tensor => {
    if (!loop.split) return t;
    const mask = reshape(loop.running, [size, ...new Array<number>(t.rank - 1).fill(1)]);
    return where(mask, t, loop.inputs[i]!);
  };
  const attrs: WhileAttrs = {
    condition: { inputs: loop.inputs, outputs: [loop.split ? any(loop.running) : loop.running] },
    body: { inputs: loop.inputs, outputs: loop.next.map(keep) },
    carries,
    maxIterations,
  };
  const start = inputs.map((t, i) => (loop.marks[i] && !given[i] ? repeat(t, size) : t));
  return apply(node.op, start, attrs).map((t, i) => (loop.marks[i] ? t : repeat(t, size)));
}

/** ONNX Loop: the condition is computed once before the loop and at the end of every step. Consts are captured by name. */
function lowerWhile(context: LowerContext, node: Node<WhileAttrs>, inputs: readonly string[]): readonly string[] {
  const { condition, body, carries, maxIterations } = node.attrs;
  const [init, consts] = [inputs.slice(0, carries), inputs.slice(carries)];
  const [start] = context.expression(condition.outputs, condition.inputs, inputs);
  const carryIn = body.inputs.slice(0, carries);
  const loop = context.subgraph((sub) => {
    sub.input('i64', []);
    sub.input('bool', []);
    const names = carryIn.map((t) => sub.input(t.dtype, t.shape));
    const next = sub.expression(body.outputs, body.inputs, [...names, ...consts]);
    emitBody(sub, condition, [...next, ...consts]);
    body.outputs.forEach((t, i) => void sub.output(next[i]!, t.dtype, t.shape));
  });
  const trips = context.constant(ndarray('i64', [Math.min(maxIterations, Number.MAX_SAFE_INTEGER)], []));
  return context.emitMany('Loop', [trips, start!, ...init], { body: { graph: loop } }, carries);
}

/** Runs the compiled body while the compiled condition holds; carries alternate between two sets of buffers. */
function prepareWhile(node: Node<WhileAttrs>, compile: (graph: Graph) => BufferFunction): BufferFunction {
  const { condition, body, carries, maxIterations } = node.attrs;
  const [test, step] = [compile(condition), compile(body)];
  const carryIn = body.inputs.slice(0, carries);
  const sets = [carryIn.map(bufferFor), carryIn.map(bufferFor)] as const;
  const running = bufferFor({ dtype: 'bool', size: 1 });
  return (inputs, outputs) => {
    const consts = inputs.slice(carries);
    let carry: readonly ReferenceBuffer[] = inputs.slice(0, carries);
    for (let n = 0; n < maxIterations; n++) {
      test([...carry, ...consts], [running]);
      if (running[0] === 0) break;
      step([...carry, ...consts], sets[n % 2]!);
      carry = sets[n % 2]!;
    }
    outputs.forEach((end, i) => void end.set(carry[i]!));
  };
}

export const whileOp: Op<WhileAttrs> = {
  name: 'while',
  differentiable: true,
  infer: inferWhile,
  jvp: whileJvp,
  transpose: () => {
    throw new DerivativeError(
      'whileLoop: reverse mode needs the number of steps in advance; use scan with a fixed length, or forward mode (jvp)',
    );
  },
  batch: whileBatch,
  lower: lowerWhile,
  reference: { kind: 'kernel', prepare: prepareWhile },
  // Not known from the graph; the cost report counts one iteration apart.
  flops: () => 0,
};

export interface WhileOptions {
  /** Most steps that are run, whatever the condition says; unlimited by default. */
  readonly maxIterations?: number;
}

/**
 * Runs `carries = body(carries)` while `condition(carries)` holds, and gives the carries at the end. Body and condition are
 * traced once; tensors that they close over are computed once, outside. Differentiable in forward mode, to any order;
 * mapped over a batch it runs until every element is done. Cost: steps × (body + condition).
 * @throws ShapeError or DTypeError when a carry changes its shape or dtype or the condition is not a bool scalar;
 * InputError when the number of carries differs; DerivativeError in reverse mode.
 * @example
 * const [power] = whileLoop(([a]) => a!.less(100), ([a]) => [a!.mul(2)], [full(1, 'f64')]);
 * power!; // 128
 */
export function whileLoop(
  condition: (carries: readonly Tensor[]) => Tensor,
  body: (carries: readonly Tensor[]) => readonly Tensor[],
  init: readonly Tensor[],
  options: WhileOptions = {},
): readonly Tensor[] {
  checkFunction('whileLoop: the condition', condition);
  checkFunction('whileLoop: the body', body);
  checkTensors('whileLoop: the initial carries', init);
  checkObject('whileLoop: the options', options);
  const { maxIterations = Number.MAX_SAFE_INTEGER } = options;
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 0)
    throw new InputError(`whileLoop: maxIterations ${maxIterations} is not a non-negative integer`);
  const carryIn = init.map((t) => placeholder('while carry', t));
  const carries = body(carryIn);
  checkTensors('whileLoop: what the body returns', carries);
  const outputs = [condition(carryIn), ...carries];
  checkTensors('whileLoop: what the condition returns', outputs);
  const consts = boundaryOf(outputs, carryIn);
  const constIn = consts.map((t) => placeholder('while const', t));
  const [test, ...next] = substitute(outputs, consts, constIn);
  checkCarries('whileLoop', init, next);
  const inputs = [...carryIn, ...constIn];
  const attrs: WhileAttrs = {
    condition: { inputs, outputs: [test!] },
    body: { inputs, outputs: next },
    carries: init.length,
    maxIterations,
  };
  return apply(whileOp, [...init, ...consts], attrs);
}
