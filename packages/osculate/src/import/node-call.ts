import type { Context } from '../nn/index.js';
import { attributeValue } from '../onnx/attributes.js';
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from '../onnx/index.js';
import type { DType } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { type NDArray, toNumbers } from '../tensor/ndarray.js';
import type { FloatType } from './element-type.js';
import { exactScalar } from './exact-scalar.js';

/** How a model is imported: with stored statistics, or as in training. */
export type ImportMode = 'inference' | 'training';

/** What an importer of one op may ask of the trace. */
export interface Tracing {
  readonly float: FloatType;
  readonly mode: ImportMode;
  /** Takes masks and statistics in training. */
  readonly context: Context | undefined;
  /** The value of a tensor that is known at import. */
  constantOf(t: Tensor): NDArray | undefined;
  /** The dtype for an element type of the file. */
  dtype(code: number | undefined): DType;
  /** The values of a tensor of the file, its floats in the dtype that stands for them; a single one that is widened, unrounded. */
  array(proto: TensorProto): NDArray;
  /** A tensor of the file that may be trained. */
  weight(proto: TensorProto): Tensor;
  /** The outputs of a body for given inputs, which runs so many times. */
  body(graph: GraphProto, inputs: readonly Tensor[], name: string, times?: number): readonly Tensor[];
  /** The result of an attempt, or null where it fails; its problems are forgotten then. Loops that are too long stay an error. */
  quietly<T>(attempt: () => T): T | null;
}

/** What gives the outputs of a node. Trailing outputs that nobody reads may be left out. */
export type Importer = (call: NodeCall) => Tensor | readonly (Tensor | undefined)[];

/** One node being imported: its inputs, its attributes with their defaults, and refusals that name it. */
export class NodeCall {
  constructor(
    readonly node: NodeProto,
    /** Version of the node's operator set. */
    readonly opset: number,
    readonly inputs: readonly (Tensor | undefined)[],
    readonly tracing: Tracing,
    private readonly attributes: ReadonlyMap<string, AttributeProto>,
    /** Element types of the inputs in the file, as far as they are known. */
    readonly types: readonly (number | undefined)[] = [],
  ) {}

  /** The same node on other inputs. */
  withInputs(inputs: readonly (Tensor | undefined)[]): NodeCall {
    return new NodeCall(this.node, this.opset, inputs, this.tracing, this.attributes, this.types);
  }

  get opType(): string {
    return this.node.opType ?? '';
  }

  /** Stops the import of this node: throws, and so may stand wherever a value is needed. */
  refuse(reason: string): never {
    throw new InputError(reason);
  }

  /** A required input. */
  input(i: number): Tensor {
    return this.inputs[i] ?? this.refuse(`input ${i} is missing`);
  }

  /** All inputs, none of them left out. */
  all(): Tensor[] {
    if (this.inputs.length === 0) this.refuse('there are no inputs');
    return this.inputs.map((_, i) => this.input(i));
  }

  /** Whether somebody may read output i. */
  wants(i: number): boolean {
    return (this.node.output[i] ?? '') !== '';
  }

  /** Value of an input that must be known at import. */
  constant(i: number, what: string): NDArray {
    const value = this.tracing.constantOf(this.input(i));
    if (value !== undefined) return value;
    return this.refuse(
      `${what} ('${this.node.input[i]}') depends on the model's inputs, but graphs have static shapes; fix that input with options.values`,
    );
  }

  /** Numbers of an input that must be known at import. */
  numbers(i: number, what: string): number[] {
    return toNumbers(this.constant(i, what));
  }

  /** The single number of an input that must be known at import, or the fallback where the input is absent. */
  number(i: number, what: string, fallback: number): number {
    if (this.inputs[i] === undefined) return fallback;
    const list = this.numbers(i, what);
    return list.length === 1 ? list[0]! : this.refuse(`${what} has ${list.length} elements instead of 1`);
  }

  /** Integers from an attribute in early versions, from an input in later ones; undefined where both are absent. */
  intsOrInput(name: string, i: number): number[] | undefined {
    return this.inputs[i] === undefined ? this.ints(name) : this.numbers(i, name);
  }

  has(name: string): boolean {
    return this.attributes.has(name);
  }

  int(name: string, fallback?: number): number {
    const value = this.attribute(name, 'int', fallback);
    return Number(value);
  }

  flag(name: string, fallback: boolean): boolean {
    return this.int(name, fallback ? 1 : 0) !== 0;
  }

  /** Attributes are stored in single precision, those of a node in double precision too. */
  float(name: string, fallback?: number): number {
    const value = this.attribute(name, 'float', fallback) as number;
    const double = this.tracing.float === 'f64' || this.inputs.some((t) => t?.dtype === 'f64');
    return double && this.has(name) ? exactScalar(value) : value;
  }

  string(name: string, fallback?: string): string {
    return this.attribute(name, 'string', fallback) as string;
  }

  ints(name: string): number[] | undefined {
    const value = this.optional(name, 'ints') as readonly (number | bigint)[] | undefined;
    return value?.map(Number);
  }

  floats(name: string): readonly number[] | undefined {
    return this.optional(name, 'floats') as readonly number[] | undefined;
  }

  strings(name: string): readonly string[] | undefined {
    return this.optional(name, 'strings') as readonly string[] | undefined;
  }

  tensor(name: string): TensorProto | undefined {
    return this.optional(name, 'tensor') as TensorProto | undefined;
  }

  graph(name: string): GraphProto {
    return (this.optional(name, 'graph') as GraphProto | undefined) ?? this.refuse(`attribute '${name}' is missing`);
  }

  private attribute(name: string, kind: string, fallback: unknown): unknown {
    return this.optional(name, kind) ?? fallback ?? this.refuse(`attribute '${name}' is missing`);
  }

  private optional(name: string, kind: string): unknown {
    const proto = this.attributes.get(name);
    if (proto === undefined) return undefined;
    const value = attributeValue(proto);
    if (value.kind !== kind) this.refuse(`attribute '${name}' is of type ${value.kind}, not ${kind}`);
    return value.value;
  }
}
