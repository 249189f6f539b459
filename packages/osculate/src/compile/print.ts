import { checkText } from '../tensor/check-value.js';
import { topological } from '../tensor/graph.js';
import type { Node, Tensor } from '../tensor/ir.js';
import { constantValue, inputName, isConstant, isInput } from '../tensor/leaf.js';
import { showShape } from '../tensor/shape.js';
import { outputsOf } from './program.js';
import { bodiesOf } from './verify.js';

function showConstant(t: Tensor): string {
  const { data } = constantValue(t);
  const head = Array.from(data.subarray(0, 6) as ArrayLike<number | bigint>, String).join(', ');
  return data.length > 6 ? `${head}, …` : head;
}

function showAttribute(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(showAttribute).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return 'outputs' in value ? '{…}' : JSON.stringify(value);
  return String(value);
}

function showNode(node: Node, names: Map<Tensor, string>): string {
  const outs = node.outputs.map((t) => `${names.get(t)}: ${t.dtype} ${showShape(t.shape)}`).join(', ');
  const first = node.outputs[0]!;
  if (isInput(first)) return `${outs} = input "${inputName(first)}"`;
  if (isConstant(first)) return `${outs} = constant ${showConstant(first)}`;
  const attrs = Object.entries(node.attrs).map(([k, v]) => `${k}: ${showAttribute(v)}`);
  const args = [...node.inputs.map((t) => names.get(t)!), ...attrs].join(', ');
  return `${outs} = ${node.op.name}(${args})`;
}

/**
 * A graph as text, one node a line in topological order: `%3: f32 [2, 4] = matmul(%0, %1, transA: false, transB: false)`.
 * Bodies of structured ops follow their node, indented.
 * @example
 * console.log(printGraph({ y: input('x', 'f64', [3]).square().sum() }));
 */
export function printGraph(outputs: readonly Tensor[] | Readonly<Record<string, Tensor>>, indent = ''): string {
  const list = outputsOf('printGraph', outputs);
  checkText('printGraph: the indentation', indent);
  const keys = Array.isArray(outputs) ? null : Object.keys(outputs);
  const names = new Map<Tensor, string>();
  const lines: string[] = [];
  for (const node of topological(list)) {
    for (const t of node.outputs) names.set(t, `%${names.size}`);
    lines.push(indent + showNode(node, names));
    for (const body of bodiesOf(node)) lines.push(printGraph(body.outputs, `${indent}    `));
  }
  const results = list.map((t, i) => (keys ? `${keys[i]} = ${names.get(t)}` : names.get(t)));
  return [...lines, `${indent}return ${results.join(', ')}`].join('\n');
}
