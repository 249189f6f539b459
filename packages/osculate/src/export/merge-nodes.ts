import type { AttributeProto, GraphProto, NodeProto } from '../onnx/index.js';

/** The contents of an attribute as text; names of tensors do not count. */
function attributeKey(a: AttributeProto): string {
  return JSON.stringify(a, (key, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (ArrayBuffer.isView(value)) return String(value);
    return key === 'name' && value !== a.name ? '' : value;
  });
}

/** Constants beyond this many bytes are not compared: equal ones are shared before they come here. */
const largest = 1 << 12;

const isComparable = ({ attribute }: NodeProto): boolean =>
  attribute.every(({ g, t }) => g === undefined && (t?.rawData?.length ?? 0) <= largest);

function readAs(n: NodeProto, names: ReadonlyMap<string, string>): NodeProto {
  return {
    ...n,
    input: n.input.map((name) => names.get(name) ?? name),
    attribute: n.attribute.map((a) => (a.g ? { ...a, g: { ...a.g, node: a.g.node.map((m) => readAs(m, names)) } } : a)),
  };
}

/** The graph without nodes that repeat another: open sizes make constants equal that were not. Subgraphs only read other names. */
export function mergeNodes(graph: GraphProto): GraphProto {
  const results = new Set(graph.output.map(({ name }) => name));
  const first = new Map<string, NodeProto>();
  const names = new Map<string, string>();
  const nodes = graph.node.flatMap((original) => {
    const n = readAs(original, names);
    if (!isComparable(n) || n.output.some((name) => results.has(name))) return [n];
    const key = [n.domain, n.opType, n.input.join('\n'), ...n.attribute.map(attributeKey)].join('\n\n');
    const same = first.get(key);
    if (same === undefined) {
      first.set(key, n);
      return [n];
    }
    n.output.forEach((name, i) => {
      names.set(name, same.output[i]!);
    });
    return [];
  });
  return { ...graph, node: nodes };
}
