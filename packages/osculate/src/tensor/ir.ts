import { showValue } from './check-value.js';
import type { DType } from './dtype.js';
import { InputError } from './errors.js';
import type { NDArray } from './ndarray.js';
import { type Shape, showShape } from './shape.js';

/** Attributes of a node: plain, immutable data whose meaning the op defines. */
export type Attrs = object;

/** Shape and dtype of a value that is not there yet. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * One application of an op. Immutable: a graph is whatever its outputs reach, and a transform makes new nodes.
 * Build nodes with `apply`, which runs the op's shape rule.
 * @example
 * const { node } = input('x', 'f64', [2]).exp();
 * node.op.name; // 'exp'
 * node.inputs.length; // 1
 */
export class Node<A extends Attrs = Attrs> {
  /** The results, in order. */
  readonly outputs: readonly Tensor[];

  constructor(
    /** The operation. */
    readonly op: Op<A>,
    /** What the operation reads. */
    readonly inputs: readonly Tensor[],
    /** The settings of the operation. */
    readonly attrs: A,
    avals: readonly Aval[],
  ) {
    this.outputs = avals.map((a, i) => new Tensor(this, i, a.shape, a.dtype));
    Object.freeze(this.outputs);
  }
}

/**
 * A symbolic, immutable tensor: output `index` of `node`, of a static shape and dtype. It holds no numbers; it stands
 * for a value in a graph that can be differentiated, batched, compiled and run. Its fluent methods (`a.add(b)`,
 * `a.matmul(b)`, …) are the functions of `osculate/ops`.
 * @example
 * const x = input('x', 'f64', [2, 3]);
 * const y = x.square().sum(1);
 * y.shape; // [2]
 * y instanceof Tensor; // true
 */
export class Tensor {
  constructor(
    /** The node that computes it. */
    readonly node: Node,
    /** Which output of its node it is. */
    readonly index: number,
    /** The lengths of its axes; `[]` for a scalar. */
    readonly shape: Shape,
    /** The type of its elements. */
    readonly dtype: DType,
  ) {}

  /** The number of its axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    let size = 1;
    for (const d of this.shape) size *= d;
    return size;
  }

  /** How messages name it: `"w" (f32 [3, 4])` for an input, `result of matmul (f32 [3, 4])` for anything else. */
  toString(): string {
    const what = this.node.op.label?.(this.node) ?? `result of ${this.node.op.name}`;
    return `${what} (${this.dtype} ${showShape(this.shape)})`;
  }

  /**
   * Lets messages contain a tensor, and refuses JavaScript's own arithmetic, which would give NaN: a tensor has no value yet.
   * @throws InputError for `-t`, `t * 2`, `t > 0`, `t == u`, `Math.exp(t)`.
   */
  [Symbol.toPrimitive](hint: 'string' | 'number' | 'default'): string {
    if (hint === 'string') return this.toString();
    throw new InputError(
      `${this} is symbolic and has no value in JavaScript: for -t, t + u, t * 2, t > 0, t == 0 or Math.exp(t) write t.neg(), ` +
        't.add(u), t.mul(2), t.greater(0), t.equal(0) or t.exp(); in texts String(t); for numbers compile and run a program',
    );
  }
}

/** @throws InputError unless a value is a tensor. */
export function checkTensor(what: string, value: unknown): asserts value is Tensor {
  if (value instanceof Tensor) return;
  const advice = typeof value === 'function' ? '; a function of numbers is made by fn((x) => …)' : '';
  throw new InputError(`${what}: needs a tensor, got ${showValue(value)}${advice}`);
}

/** @throws InputError unless a value is an array of tensors. */
export function checkTensors(what: string, list: unknown): asserts list is readonly Tensor[] {
  if (!Array.isArray(list)) throw new InputError(`${what}: needs an array of tensors, got ${showValue(list)}`);
  for (const t of list) checkTensor(what, t);
}

/** Applies an op: checks and infers by its shape rule, and returns the outputs of the new node. */
export function apply<A extends Attrs>(op: Op<A>, inputs: readonly Tensor[], attrs: A): readonly Tensor[] {
  for (const t of inputs) checkTensor(op.name, t);
  return new Node(op, inputs, attrs, op.infer(inputs, attrs)).outputs;
}

/** `apply` for the usual op of one output. */
export function apply1<A extends Attrs>(op: Op<A>, inputs: readonly Tensor[], attrs: A): Tensor {
  return apply(op, inputs, attrs)[0]!;
}

/** A closed graph: `outputs` as a function of the placeholders `inputs`. The body of a structured op, or a whole program. */
export interface Graph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/**
 * Everything that the system knows of a primitive op, in one place. Rules that make derivatives or batches emit graph
 * nodes only (through the fluent methods of Tensor), so that every order of derivative composes.
 */
export interface Op<A extends Attrs = Attrs> {
  /** What it is called. */
  readonly name: string;
  /** How messages name a result (default: `result of` and the op's name). */
  label?(node: Node<A>): string;
  /** Checks inputs and attributes, and gives the shape and dtype of every output. Errors name tensors and shapes. */
  infer(inputs: readonly Tensor[], attrs: A): readonly Aval[];
  /**
   * Tangents of the outputs from tangents of the inputs (null: zero). Called only when some tangent is not null.
   * Integer and boolean inputs always have a null tangent. An output without a derivative gets null; an op that blocks
   * differentiation altogether (argmax, comparison) sets `differentiable: false` instead.
   */
  jvp(node: Node<A>, tangents: readonly (Tensor | null)[], transforms: Transforms): readonly (Tensor | null)[];
  /** False where the outputs are piecewise constant or not of a float dtype: the derivative is never asked for. */
  readonly differentiable: boolean;
  /**
   * For ops that can occur in a tangent graph: cotangents of the inputs marked in `linear` from cotangents of the outputs.
   * The op is linear in these inputs jointly, given the others. Entries for other inputs are ignored.
   */
  transpose?(
    node: Node<A>,
    cotangents: readonly (Tensor | null)[],
    linear: readonly boolean[],
    transforms: Transforms,
  ): readonly (Tensor | null)[];
  /**
   * The op over a batch: input i has an extra leading axis of `size` where `batched[i]`; every output returned has it.
   * Called only when some input is batched.
   */
  batch(
    node: Node<A>,
    inputs: readonly Tensor[],
    batched: readonly boolean[],
    size: number,
    transforms: Transforms,
  ): readonly Tensor[];
  /** Emits ONNX nodes; returns the names of the outputs. */
  lower(context: LowerContext, node: Node<A>, inputs: readonly string[]): readonly string[];
  /** How the reference executor computes it. */
  readonly reference: ReferenceKernel<A>;
  /** Floating-point operations of one application (a multiply-add counts 2; a transcendental counts 1). */
  flops(node: Node<A>): number;
}

/** What structured ops (scan, while) need of the transforms, passed in because those live in a later layer. */
export interface Transforms {
  /** Tangents of `outputs` along `tangents` of `wrt`. */
  jvp(
    outputs: readonly Tensor[],
    wrt: readonly Tensor[],
    tangents: readonly (Tensor | null)[],
  ): readonly (Tensor | null)[];
  /** Cotangents of `inputs` from cotangents of `outputs`, which are linear in `inputs`. */
  transpose(
    outputs: readonly (Tensor | null)[],
    inputs: readonly Tensor[],
    cotangents: readonly (Tensor | null)[],
  ): readonly (Tensor | null)[];
  /** `outputs` with `from[i]` replaced by `to[i]`, which has a leading batch axis of `size`. `batched[i]` says whether output i has it. */
  batch(
    outputs: readonly Tensor[],
    from: readonly Tensor[],
    to: readonly Tensor[],
    size: number,
  ): { readonly outputs: readonly Tensor[]; readonly batched: readonly boolean[] };
}

/** Storage of the reference executor: f32, f64 and i64 in float64 (i64 exact to 2^53), i32 and bool as they are. */
export type ReferenceBuffer = Float64Array | Int32Array | Uint8Array;

/** A computation over buffers of known sizes, prepared once and run many times. */
export type BufferFunction = (inputs: readonly ReferenceBuffer[], outputs: readonly ReferenceBuffer[]) => void;

/** An elementwise function of scalars: `js` is an expression over argument expressions; without it `fn` is called. */
export interface ScalarFunction {
  fn(...args: number[]): number;
  js?(...args: string[]): string;
}

export type ReferenceKernel<A extends Attrs = Attrs> =
  /** out[i] = f(in0[i], in1[i], …) with NumPy broadcasting. */
  | { readonly kind: 'elementwise'; scalar(node: Node<A>): ScalarFunction }
  /** The output has the first input's elements in the same order (reshape). */
  | { readonly kind: 'view' }
  /** out[i0, i1, …] = in[offset + Σ strides[k]·ik] over the output's indices: transpose, expand, slice, flip. */
  | { readonly kind: 'strided'; map(node: Node<A>): { readonly offset: number; readonly strides: readonly number[] } }
  /** A fold of the first input over `axes`, from `init`, by `step(accumulator, x)`. */
  | {
      readonly kind: 'reduce';
      axes(node: Node<A>): readonly number[];
      readonly init: number;
      readonly step: ScalarFunction;
    }
  /** Anything else. `compile` prepares the body of a structured op. */
  | { readonly kind: 'kernel'; prepare(node: Node<A>, compile: (graph: Graph) => BufferFunction): BufferFunction };

/** An ONNX attribute, tagged with its type because ONNX tells 1 from 1.0. */
export type LoweredAttr =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly string: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: NDArray }
  | { readonly graph: LoweredGraph };

/** A subgraph made by `LowerContext.subgraph`; opaque to ops. */
export interface LoweredGraph {
  readonly lowered: unknown;
}

/** Operators beside the standard ones: those that ONNX Runtime contributes, and its own on images in blocks of channels. */
export type OnnxDomain = 'com.microsoft' | 'com.microsoft.nchwc';

/** Where a lowering rule writes ONNX nodes. Names are unique within the whole model, subgraphs included. */
export interface LowerContext {
  /** Whether ONNX Runtime's own operators (`com.microsoft`) may be used; a file for other tools holds standard ones only. */
  readonly contrib: boolean;
  /** Emits a node of one output and returns its name. An empty input name means an absent optional input. */
  emit(
    opType: string,
    inputs: readonly string[],
    attrs?: Readonly<Record<string, LoweredAttr>>,
    domain?: OnnxDomain,
  ): string;
  /** Emits a node of several outputs. */
  emitMany(
    opType: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, LoweredAttr>>,
    outputs: number,
    domain?: OnnxDomain,
  ): readonly string[];
  /** A scalar initialiser of a dtype (shared between equal values). */
  scalar(value: number, dtype: DType): string;
  /** A 1-D int64 initialiser: axes, shapes, pads. */
  ints(values: readonly number[]): string;
  /** Any array as an initialiser. */
  constant(array: NDArray): string;
  /** Lowers a graph expression over placeholders whose ONNX names are given: a decomposition written in our own ops. */
  expression(outputs: readonly Tensor[], placeholders: readonly Tensor[], names: readonly string[]): readonly string[];
  /**
   * A subgraph (body of Scan, Loop or If). `inputs` are its formal inputs in ONNX's order; values of the outer scope are
   * captured by name through `captured`. `build` may emit further nodes around the lowered graph's outputs.
   */
  subgraph(build: (body: SubgraphContext) => void): LoweredGraph;
}

export interface SubgraphContext extends LowerContext {
  /** Declares the next formal input and returns its name. */
  input(dtype: DType, shape: Shape): string;
  /** Declares the next formal output. */
  output(name: string, dtype: DType, shape: Shape): void;
}
