import { Rewriter } from '../../compile/rewrite.js';
import { bodiesOf } from '../../compile/verify.js';
import { type AttributeInput, float, floats, int, ints, string, tensor } from '../../onnx/attributes.js';
import {
  type GraphProto,
  graph,
  graphOf,
  type NodeProto,
  node,
  type ValueInfoProto,
  valueInfo,
} from '../../onnx/index.js';
import type { DType } from '../../tensor/dtype.js';
import { topological } from '../../tensor/graph.js';
import type { LoweredAttr, LoweredGraph, Node, OnnxDomain, SubgraphContext, Tensor } from '../../tensor/ir.js';
import { input, isInput } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Shape } from '../../tensor/shape.js';
import { substitute } from '../../tensor/substitute.js';
import { Initializers } from './initializers.js';
import { Names } from './names.js';
import { productSums, writeSum } from './sums.js';

/** What the graph of a model and its subgraphs share. */
export class ModelState {
  readonly names = new Names();
  readonly initializers = new Initializers(this.names);
  /** Ops that ran as expressions of other ops, as `erf in f64`. */
  readonly decomposed = new Set<string>();
  /** Nodes of all graphs. */
  nodes = 0;
  computesFloat64 = false;
  /** Whether any node computes on channels in blocks. */
  usesBlocks = false;

  constructor(readonly contrib = true) {}
}

function attributeOf(a: LoweredAttr): AttributeInput {
  if ('int' in a) return int(a.int);
  if ('ints' in a) return ints(a.ints);
  if ('float' in a) return float(a.float);
  if ('floats' in a) return floats(a.floats);
  if ('string' in a) return string(a.string);
  if ('tensor' in a) return tensor(a.tensor);
  return graph(a.graph.lowered as GraphProto);
}

/** One ONNX graph while it is written. */
export class Scope implements SubgraphContext {
  readonly nodes: NodeProto[] = [];
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private current: Node | null = null;

  constructor(private readonly state: ModelState) {}

  get contrib(): boolean {
    return this.state.contrib;
  }

  /** Lowers what `outputs` reach and `values` does not hold yet; returns the outputs' names. */
  lower(outputs: readonly Tensor[], values: Map<Tensor, string>): string[] {
    const outer = this.current;
    const nodes = topological(outputs, new Set(values.keys()));
    const { roots, parts } = productSums(nodes, outputs);
    const nameOf = (t: Tensor): string => values.get(t)!;
    for (const n of nodes) {
      if (parts.has(n)) continue;
      this.current = n;
      const sum = roots.get(n);
      const names = sum
        ? [writeSum(sum, nameOf, (...written) => this.emit(...written))]
        : n.op.lower(this, n, n.inputs.map(nameOf));
      n.outputs.forEach((t, i) => {
        if (t.dtype === 'f64') this.state.computesFloat64 = true;
        if (!values.has(t)) values.set(t, names[i]!);
      });
    }
    this.current = outer;
    return outputs.map((t) => values.get(t)!);
  }

  emit(
    opType: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, LoweredAttr>> = {},
    domain?: OnnxDomain,
  ): string {
    return this.emitMany(opType, inputs, attrs, 1, domain)[0]!;
  }

  emitMany(
    opType: string,
    inputs: readonly string[],
    attrs: Readonly<Record<string, LoweredAttr>>,
    outputs: number,
    domain?: OnnxDomain,
  ): readonly string[] {
    const names = Array.from({ length: outputs }, () => this.state.names.fresh(opType));
    const attributes = Object.fromEntries(Object.entries(attrs).map(([name, value]) => [name, attributeOf(value)]));
    this.nodes.push(node(opType, inputs, names, attributes, domain));
    if (domain === 'com.microsoft.nchwc') this.state.usesBlocks = true;
    this.state.nodes++;
    return names;
  }

  scalar(value: number, dtype: DType): string {
    return this.state.initializers.scalar(value, dtype);
  }

  ints(values: readonly number[]): string {
    return this.state.initializers.ints(values);
  }

  constant(array: NDArray): string {
    return this.state.initializers.constant(array);
  }

  expression(outputs: readonly Tensor[], placeholders: readonly Tensor[], names: readonly string[]): readonly string[] {
    this.noteDecomposition();
    // Rules of the rewriter look at the nodes behind an operand; behind a placeholder there must be none.
    const leaves = placeholders.map((t) => (isInput(t) ? t : input('placeholder', t.dtype, t.shape)));
    const closed = leaves.every((t, i) => t === placeholders[i]) ? outputs : substitute(outputs, placeholders, leaves);
    const stop = new Set(leaves);
    const simple = new Rewriter().rewrite(new Rewriter().rewrite(closed, stop), stop);
    return this.lower(simple, new Map(leaves.map((t, i) => [t, names[i]!])));
  }

  subgraph(build: (body: SubgraphContext) => void): LoweredGraph {
    const body = new Scope(this.state);
    build(body);
    return { lowered: body.finish('body') };
  }

  input(dtype: DType, shape: Shape): string {
    const name = this.state.names.fresh('in');
    this.inputs.push(valueInfo(name, dtype, shape));
    return name;
  }

  output(name: string, dtype: DType, shape: Shape): void {
    // A formal output must be computed by the subgraph itself, once.
    const own = this.nodes.some((n) => n.output.includes(name)) && !this.outputs.some((v) => v.name === name);
    this.outputs.push(valueInfo(own ? name : this.emit('Identity', [name]), dtype, shape));
  }

  /** Bodies of loops are expressions too, but no decomposition. */
  private noteDecomposition(): void {
    const node = this.current;
    if (!node || bodiesOf(node).length > 0) return;
    this.state.decomposed.add(`${node.op.name} in ${node.outputs[0]!.dtype}`);
  }

  private finish(name: string): GraphProto {
    return graphOf({ name, nodes: this.nodes, inputs: this.inputs, outputs: this.outputs });
  }
}
