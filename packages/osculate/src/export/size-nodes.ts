import { type GraphProto, type NodeProto, node, type TensorProto } from '../onnx/index.js';
import { int64Tensor } from '../onnx/tensors.js';
import type { LinearSize } from './linear-size.js';

/** Where a graph reads the size that its symbol stands for. */
export interface SymbolSource {
  readonly input: string;
  readonly axis: number;
}

/** A list of integers in a graph, some of which depend on the symbol. */
export type SizeList = readonly (number | LinearSize)[];

/** How nodes read a value, in subgraphs as well. */
function usesOf(name: string, nodes: readonly NodeProto[]): { opType: string; index: number }[] {
  return nodes.flatMap((n) => [
    ...n.input.flatMap((input, index) => (input === name ? [{ opType: n.opType ?? '', index }] : [])),
    ...n.attribute.flatMap(({ g }) => (g ? usesOf(name, g.node) : [])),
  ]);
}

/** The target of reshapes in which one size follows from the others. */
function inferred(name: string, list: SizeList, nodes: readonly NodeProto[]): TensorProto | null {
  const open = list.filter((size) => typeof size !== 'number');
  const shapesOnly = usesOf(name, nodes).every(({ opType, index }) => opType === 'Reshape' && index === 1);
  if (!shapesOnly || open.length !== 1 || list.includes(0) || list.includes(-1)) return null;
  return int64Tensor(
    name,
    list.map((size) => (typeof size === 'number' ? size : -1)),
  );
}

/** Computes lists of sizes from the shape of an input. */
class SizeNodes {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  private readonly known = new Map<string, string>();

  constructor(
    private readonly source: SymbolSource,
    private readonly taken: ReadonlySet<string>,
  ) {}

  list(name: string, list: SizeList): void {
    const parts = list.map((size) => (typeof size === 'number' ? this.integer(size) : this.size(size)));
    this.nodes.push(parts.length === 1 ? node('Identity', parts, [name]) : node('Concat', parts, [name], { axis: 0 }));
  }

  private size({ factor, offset }: LinearSize): string {
    const { input, axis } = this.source;
    const symbol = this.once('size', (name) => node('Shape', [input], [name], { start: axis, end: axis + 1 }));
    const product =
      factor === 1
        ? symbol
        : this.once(`size_times_${factor}`, (name) => node('Mul', [symbol, this.integer(factor)], [name]));
    if (offset === 0) return product;
    return this.once(`size_times_${factor}_plus_${offset}`, (name) =>
      node('Add', [product, this.integer(offset)], [name]),
    );
  }

  private integer(value: number): string {
    const key = `integer_${value}`;
    const known = this.known.get(key) ?? this.free(key);
    if (!this.known.has(key)) this.initializers.push(int64Tensor(known, [value]));
    this.known.set(key, known);
    return known;
  }

  private once(key: string, make: (name: string) => NodeProto): string {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const name = this.free(key);
    this.known.set(key, name);
    this.nodes.push(make(name));
    return name;
  }

  private free(name: string): string {
    let free = name;
    while (this.taken.has(free)) free += '_';
    return free;
  }
}

function namesOf(graph: GraphProto): Set<string> {
  const values = [...graph.input, ...graph.output, ...graph.initializer].map(({ name = '' }) => name);
  return new Set([...values, ...graph.node.flatMap(({ output }) => output)]);
}

/** The graph with the listed constants made dependent on the symbol: by a −1 where that says it, else computed at its start. */
export function withSizes(graph: GraphProto, lists: ReadonlyMap<string, SizeList>, source: SymbolSource): GraphProto {
  const computed = new SizeNodes(source, namesOf(graph));
  const initializer = graph.initializer.flatMap((proto) => {
    const name = proto.name ?? '';
    const list = lists.get(name);
    if (list === undefined) return [proto];
    const constant = inferred(name, list, graph.node);
    if (constant === null) computed.list(name, list);
    return constant === null ? [] : [constant];
  });
  return {
    ...graph,
    initializer: [...initializer, ...computed.initializers],
    node: [...computed.nodes, ...graph.node],
  };
}
