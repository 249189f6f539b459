import type { ScanAttrs } from '../../ops/scan/parts.js';
import type { WhileAttrs } from '../../ops/while-loop.js';
import { topological } from '../../tensor/graph.js';
import { apply, type Node, type Tensor } from '../../tensor/ir.js';
import { isInput } from '../../tensor/leaf.js';

export function isScan(node: Node): node is Node & Node<ScanAttrs> {
  return node.op.name === 'scan';
}

export function isWhile(node: Node): node is Node & Node<WhileAttrs> {
  return node.op.name === 'while';
}

/** True when the graph has loops in it. */
export function hasLoops(outputs: readonly Tensor[]): boolean {
  return topological(outputs).some((n) => isScan(n) || isWhile(n));
}

/** Rebuilds a graph, with the outputs that `replace` gives for a node on its rebuilt inputs, where it gives any. */
export function mapNodes(
  outputs: readonly Tensor[],
  replace: (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | null,
): Tensor[] {
  const done = new Map<Tensor, Tensor>();
  for (const node of topological(outputs)) {
    const inputs = node.inputs.map((t) => done.get(t)!);
    const results = replace(node, inputs) ?? rebuild(node, inputs);
    node.outputs.forEach((t, i) => void done.set(t, results[i]!));
  }
  return outputs.map((t) => done.get(t)!);
}

/** A node's outputs on other inputs; its own when the inputs are the same. */
export function rebuild(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  return inputs.every((t, i) => t === node.inputs[i]) ? node.outputs : apply(node.op, inputs, node.attrs);
}

/** The placeholders that a body's results read. */
export function placeholdersOf(results: readonly Tensor[]): Set<Tensor> {
  return new Set(topological(results).flatMap((n) => (isInput(n.outputs[0]!) ? n.outputs : [])));
}
