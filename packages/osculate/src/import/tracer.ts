import type { Context } from '../nn/index.js';
import { DataType } from '../onnx/data-type.js';
import type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  NodeProto,
  OperatorSetIdProto,
  TensorProto,
} from '../onnx/types.js';
import type { DType } from '../tensor/dtype.js';
import { DerivativeError, DTypeError, InputError, ShapeError } from '../tensor/errors.js';
import { topological } from '../tensor/graph.js';
import type { Tensor } from '../tensor/ir.js';
import { constant, constantValue, isConstant } from '../tensor/leaf.js';
import { astype, type NDArray, ndarray } from '../tensor/ndarray.js';
import { dtypeOf, type FloatType } from './element-type.js';
import { evaluateConstant } from './evaluate-constant.js';
import { exactScalar } from './exact-scalar.js';
import { wrap } from './narrow.js';
import { type Importer, type ImportMode, NodeCall, type Tracing } from './node-call.js';
import { findImporter, refusalOf } from './operators.js';
import { leavesRange, outputTypes } from './output-types.js';
import { failed, Scope, type Value } from './scope.js';
import { floatInputs, keepFloats } from './straight-through.js';

/** Constants of at most so many elements are folded as they arise. */
const largestFolded = 2 ** 16;

/** Deeper nesting of functions and bodies is taken for recursion. */
const deepest = 64;

/** Bodies and functions multiply the work: a file that asks for more nodes is refused instead of traced for hours. */
const mostNodes = 200_000;

/** Most nodes that the loops of a file may run: an hour of work is taken for an error. */
const mostRuns = 2 ** 26;

/** Most bytes of constants that nodes may make in all, beside the file's own tensors. */
const mostTables = 2 ** 27;

/** A node that could not be imported. */
export interface Problem {
  readonly opType: string;
  /** Where the node stands: names of the bodies around it, and its own name or number. */
  readonly place: string;
  readonly reason: string;
}

/** Outputs of a node with their element types in the file, as far as they are known. */
interface Results {
  readonly values: readonly Value[];
  readonly types: readonly (number | undefined)[];
}

/** Ends the import of a node whose body failed; the body's problems are already listed. */
class BodyFailure extends InputError {}

/** Bodies that would take hours, however they are imported. */
class TooMuchWork extends InputError {}

interface TracerOptions {
  readonly float: FloatType;
  readonly mode: ImportMode;
  readonly context?: Context | undefined;
  readonly functions: readonly FunctionProto[];
  /** The values of a tensor of the file in its own dtype. */
  readonly values: (proto: TensorProto) => NDArray;
  /** The tensor that stands for a trainable tensor of the file; undefined for one that is a constant. */
  readonly parameter: (proto: TensorProto) => Tensor | undefined;
}

export function opsetsOf(imports: readonly OperatorSetIdProto[]): Map<string, number> {
  return new Map(imports.map(({ domain = '', version = 1 }) => [domain === 'ai.onnx' ? '' : domain, version]));
}

const functionKey = (domain: string, name: string, overload: string): string => `${domain}\n${name}\n${overload}`;

/** Domain (empty for the standard one), op type, and the name by which messages call a node. */
function identify(node: NodeProto, index: number): readonly [domain: string, opType: string, name: string] {
  const domain = node.domain === undefined || node.domain === 'ai.onnx' ? '' : node.domain;
  return [domain, node.opType ?? '', node.name || node.output.find((o) => o !== '') || String(index)];
}

/** Builds our graph from a file's, node by node, and lists what cannot be imported instead of stopping there. */
export class Tracer implements Tracing {
  readonly problems: Problem[] = [];
  readonly float: FloatType;
  readonly mode: ImportMode;
  readonly context: Context | undefined;
  private visited = 0;
  /** How often the body being traced runs, by the loops around it. */
  private repeats = 1;
  /** Bytes of the constants that nodes made. */
  private tables = 0;
  /** What was looked through for such constants, and the file's own tensors. */
  private readonly counted = new Set<Tensor>();
  /** The node whose importer runs, for the place of its bodies. */
  private owner = '';
  private readonly known = new Map<Tensor, () => NDArray>();
  private readonly functions: ReadonlyMap<string, FunctionProto>;
  private scope: Scope = new Scope('', new Map());

  constructor(private readonly options: TracerOptions) {
    this.float = options.float;
    this.mode = options.mode;
    this.context = options.context;
    this.functions = new Map(
      options.functions.map((f) => [functionKey(f.domain ?? '', f.name ?? '', f.overload ?? ''), f]),
    );
  }

  constantOf(t: Tensor): NDArray | undefined {
    return evaluateConstant(t, this.known);
  }

  dtype(code: number | undefined): DType {
    return dtypeOf(code, this.float, 'the result');
  }

  array(proto: TensorProto): NDArray {
    const array = this.stored(proto);
    const widened = array.dtype === 'f64' && proto.dataType === DataType.float && array.data.length === 1;
    return widened ? ndarray('f64', [exactScalar(Number(array.data[0]))], array.shape) : array;
  }

  private stored(proto: TensorProto): NDArray {
    const dtype = dtypeOf(proto.dataType, this.float, `tensor '${proto.name ?? ''}'`);
    return astype(this.options.values(proto), dtype);
  }

  weight(proto: TensorProto): Tensor {
    const parameter = this.options.parameter(proto);
    if (parameter === undefined) {
      const stored = constant(this.array(proto));
      this.counted.add(stored);
      return stored;
    }
    // Damaged data are an error of this place, read here or not.
    this.options.values(proto);
    this.known.set(parameter, () => this.stored(proto));
    return parameter;
  }

  body(graph: GraphProto, inputs: readonly Tensor[], name: string, times = 1): readonly Tensor[] {
    const { repeats } = this;
    this.repeats *= times;
    try {
      const runs = this.repeats * Math.max(1, graph.node.length);
      if (runs > mostRuns) {
        const place = this.scope.place(this.owner);
        throw new TooMuchWork(
          `importOnnx: the loop at ${place} would run ${runs.toPrecision(3)} nodes, more than ${mostRuns}`,
        );
      }
      return this.inlined(graph, inputs, name);
    } finally {
      this.repeats = repeats;
    }
  }

  private inlined(graph: GraphProto, inputs: readonly Tensor[], name: string): readonly Tensor[] {
    const outer = this.scope;
    const scope = outer.child(`${this.owner}/${name}`);
    if (graph.input.length !== inputs.length) {
      throw new InputError(`its body takes ${graph.input.length} inputs, but gets ${inputs.length}`);
    }
    graph.input.forEach((value, i) => {
      scope.define(value.name ?? '', inputs[i]!, value.type?.tensorType?.elemType);
    });
    const outputs = this.graph(graph, scope);
    return outputs.map((value) => {
      if (value === failed) throw new BodyFailure('its body cannot be imported');
      return value;
    });
  }

  quietly<T>(attempt: () => T): T | null {
    const before = this.problems.length;
    try {
      return attempt();
    } catch (error) {
      if (!isTyped(error) || error instanceof TooMuchWork) throw error;
      this.problems.length = before;
      return null;
    }
  }

  /** Outputs of a graph whose inputs the scope defines. */
  graph(graph: GraphProto, scope: Scope): Value[] {
    const outer = this.scope;
    if (scope.depth > deepest) throw new InputError(`bodies and functions are nested more than ${deepest} deep`);
    this.scope = scope;
    try {
      for (const proto of graph.initializer) this.initializer(proto, scope);
      graph.node.forEach((node, i) => {
        this.node(node, i, scope);
      });
      return graph.output.map(({ name = '' }) => this.attempt('output', scope.place(name), () => scope.lookup(name)));
    } finally {
      this.scope = outer;
    }
  }

  private initializer(proto: TensorProto, scope: Scope): void {
    const name = proto.name ?? '';
    scope.define(
      name,
      this.attempt('initializer', scope.place(name), () => this.weight(proto)),
      proto.dataType,
    );
  }

  private attempt<T>(opType: string, place: string, work: () => T): T | typeof failed {
    try {
      return work();
    } catch (error) {
      if (error instanceof TooMuchWork) throw error;
      if (!(error instanceof BodyFailure)) this.problems.push({ opType, place, reason: reasonOf(error) });
      return failed;
    }
  }

  private node(node: NodeProto, index: number, scope: Scope): void {
    if (this.visited++ >= mostNodes)
      throw new TooMuchWork(`importOnnx: the model unfolds to more than ${mostNodes} nodes`);
    const [domain, type, name] = identify(node, index);
    const opType = domain === '' ? type : `${domain}.${type}`;
    const results = this.attempt(opType, scope.place(name), () => this.apply(node, domain, name, scope));
    node.output.forEach((output, i) => {
      if (output === '') return;
      if (results === failed) scope.define(output, failed);
      else scope.define(output, results.values[i] ?? failed, results.types[i]);
    });
  }

  private apply(node: NodeProto, domain: string, name: string, scope: Scope): Results {
    const body = this.functions.get(functionKey(domain, node.opType ?? '', node.overload ?? ''));
    const opset = scope.opsets.get(domain) ?? 1;
    const importer = body === undefined ? findImporter(domain, node.opType ?? '', opset) : undefined;
    if (body === undefined && importer === undefined) throw new InputError(refusalOf(domain, node.opType ?? ''));
    const inputs = node.input.map((input) => (input === '' ? undefined : scope.lookup(input)));
    if (inputs.includes(failed)) {
      this.searchBodies(node, scope, name);
      return { values: [], types: [] };
    }
    const attributes = this.attributes(node, scope);
    const given = node.input.map((input) => (input === '' ? undefined : scope.typeOf(input)));
    if (body !== undefined) {
      const inner = this.innerScope(body, attributes, name, scope);
      body.input.forEach((input, i) => {
        const value = inputs[i];
        if (value !== undefined) inner.define(input, value, given[i]);
      });
      return this.inline(body, inner);
    }
    const { owner } = this;
    this.owner = name;
    try {
      const call = new NodeCall(node, opset, inputs as (Tensor | undefined)[], this, attributes, given);
      const imported = listOf(importer!(call));
      const types = outputTypes(call);
      const outputs = imported.map((t, i) => (t && leavesRange(call.opType) ? wrap(t, types[i]) : t));
      const real = domain === '' ? floatInputs(call.opType, call.inputs) : null;
      if (real !== null) keepFloats(outputs, listOf(importer!(call.withInputs(real.inputs))), real.exact);
      this.countTables(outputs);
      const foldable = inputs.every((t) => t === undefined || isConstant(t as Tensor));
      const needed = node.output.map((output, i) => (output === '' ? undefined : this.output(outputs[i], i, foldable)));
      return { values: needed.map((t) => t ?? failed), types };
    } finally {
      this.owner = owner;
    }
  }

  /** Adds up the constants that a node made, so that many small nodes do not take what one may not. */
  private countTables(outputs: readonly (Tensor | undefined)[]): void {
    const made = topological(
      outputs.filter((t) => t !== undefined),
      this.counted,
    );
    for (const { outputs: tensors } of made) {
      for (const t of tensors) this.counted.add(t);
      if (isConstant(tensors[0]!)) this.count(constantValue(tensors[0]!));
    }
  }

  private count({ data }: NDArray): void {
    this.tables += data.byteLength;
    if (this.tables <= mostTables) return;
    throw new InputError(
      `the constants that the nodes make take more than ${mostTables} bytes in all, which is taken for an error of the file`,
    );
  }

  /** Lists the unknown ops in the bodies of a node that cannot be traced because something before it failed. */
  private searchBodies({ attribute }: NodeProto, scope: Scope, name: string): void {
    for (const { g, name: attributeName = '' } of attribute) {
      if (g === undefined) continue;
      const inner = scope.child(`${name}/${attributeName}`);
      g.node.forEach((node, i) => {
        const [domain, opType, own] = identify(node, i);
        if (this.functions.has(functionKey(domain, opType, node.overload ?? ''))) return;
        if (findImporter(domain, opType, scope.opsets.get(domain) ?? 1) === undefined) {
          const shown = domain === '' ? opType : `${domain}.${opType}`;
          this.problems.push({ opType: shown, place: inner.place(own), reason: refusalOf(domain, opType) });
        }
        this.searchBodies(node, inner, own);
      });
    }
  }

  private output(t: Tensor | undefined, i: number, foldable: boolean): Tensor {
    if (t === undefined) throw new InputError(`its output ${i} is not supported`);
    if (!foldable || isConstant(t) || t.size > largestFolded || this.known.has(t)) return t;
    const value = evaluateConstant(t, new Map());
    if (value === undefined) return t;
    this.count(value);
    return constant(value);
  }

  /** Attributes by name; inside a function those of the call stand for references. */
  private attributes({ attribute }: NodeProto, scope: Scope): Map<string, AttributeProto> {
    const out = new Map<string, AttributeProto>();
    for (const a of attribute) {
      const value = a.refAttrName ? scope.attributes.get(a.refAttrName) : a;
      if (value !== undefined) out.set(a.name ?? '', value);
    }
    return out;
  }

  private innerScope(
    body: FunctionProto,
    given: ReadonlyMap<string, AttributeProto>,
    name: string,
    scope: Scope,
  ): Scope {
    const attributes = new Map(given);
    for (const a of body.attributeProto ?? []) if (!attributes.has(a.name ?? '')) attributes.set(a.name ?? '', a);
    return new Scope(scope.place(name), opsetsOf(body.opsetImport), undefined, attributes, scope.depth + 1);
  }

  private inline(body: FunctionProto, inner: Scope): Results {
    const graph = {
      node: body.node,
      initializer: [],
      input: [],
      output: body.output.map((output) => ({ name: output })),
    };
    const values = this.graph(graph, inner);
    return { values, types: body.output.map((output) => inner.typeOf(output)) };
  }
}

const listOf = (result: ReturnType<Importer>): readonly (Tensor | undefined)[] =>
  Array.isArray(result) ? (result as readonly (Tensor | undefined)[]) : [result as Tensor];

function isTyped(error: unknown): boolean {
  return (
    error instanceof InputError ||
    error instanceof ShapeError ||
    error instanceof DTypeError ||
    error instanceof DerivativeError
  );
}

/** Errors of ours say what is wrong; any other means that the file breaks an assumption somewhere. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return isTyped(error) ? message : `the node is malformed (${message})`;
}
