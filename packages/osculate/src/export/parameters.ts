import { tensor } from '../onnx/attributes.js';
import { type GraphProto, type NodeProto, node, tensorOf } from '../onnx/index.js';
import type { NDArray } from '../tensor/ndarray.js';
import { mergeNodes } from './merge-nodes.js';

/** Numbers the nodes, by op type, in their names. */
function named(nodes: readonly NodeProto[], count = new Map<string, number>()): NodeProto[] {
  return nodes.map((n) => {
    const { opType = '' } = n;
    const i = count.get(opType) ?? 0;
    count.set(opType, i + 1);
    const attribute = n.attribute.map((a) => (a.g ? { ...a, g: { ...a.g, node: named(a.g.node, count) } } : a));
    return { ...n, name: `${opType}_${i}`, attribute };
  });
}

/**
 * The graph with those inputs as initialisers that have a value, and its constants as nodes, so that readers can tell the ones
 * from the others.
 */
export function withParameters(graph: GraphProto, storedValue: (input: string) => NDArray | undefined): GraphProto {
  const constants = graph.initializer.map((proto) =>
    node('Constant', [], [proto.name ?? ''], { value: tensor(proto) }),
  );
  const stored = graph.input.flatMap(({ name = '' }) => {
    const value = storedValue(name);
    return value === undefined ? [] : [tensorOf(name, value)];
  });
  const names = new Set(stored.map(({ name }) => name));
  const merged = mergeNodes({ ...graph, node: [...constants, ...graph.node] });
  return {
    ...graph,
    input: graph.input.filter(({ name }) => !names.has(name)),
    initializer: stored,
    node: named(merged.node),
  };
}
