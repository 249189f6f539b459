import { showValue } from './check-value.js';
import { InputError } from './errors.js';
import { checkTensor, type Node, type Tensor } from './ir.js';

function checkIterable(outputs: unknown): void {
  if (typeof outputs === 'object' && outputs !== null && Symbol.iterator in outputs) return;
  throw new InputError(`topological: needs tensors, got ${showValue(outputs)}`);
}

/**
 * The nodes that `outputs` reach, each after those it reads, not going past the tensors in `stop`. Iterative, so that
 * deep graphs do not overflow the stack. Cost: one visit per node and edge.
 * @example
 * const nodes = topological([input('x', 'f64', [2]).exp().sum()]);
 * nodes.map(({ op }) => op.name); // ['input', 'exp', 'sum']
 */
export function topological(outputs: Iterable<Tensor>, stop?: ReadonlySet<Tensor>): Node[] {
  checkIterable(outputs);
  if (stop !== undefined && !(stop instanceof Set)) {
    throw new InputError(`topological: needs a set of tensors to stop at, got ${showValue(stop)}`);
  }
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const enter = (t: Tensor): void => {
    if (stop?.has(t) || seen.has(t.node)) return;
    seen.add(t.node);
    stack.push({ node: t.node, next: 0 });
  };
  for (const out of outputs) {
    checkTensor('topological', out);
    enter(out);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next < top.node.inputs.length) {
        enter(top.node.inputs[top.next++]!);
      } else {
        stack.pop();
        order.push(top.node);
      }
    }
  }
  return order;
}

/** How often each tensor is read, by `nodes` or as one of `outputs`. */
export function readCounts(nodes: readonly Node[], outputs: readonly Tensor[]): Map<Tensor, number> {
  const counts = new Map<Tensor, number>();
  const read = (t: Tensor): unknown => counts.set(t, (counts.get(t) ?? 0) + 1);
  for (const { inputs } of nodes) inputs.forEach(read);
  outputs.forEach(read);
  return counts;
}

/** The tensors among those that `outputs` reach which depend on `sources` (the sources included). */
export function dependents(outputs: Iterable<Tensor>, sources: Iterable<Tensor>): Set<Tensor> {
  const active = new Set<Tensor>(sources);
  const stop = new Set(active);
  for (const node of topological(outputs, stop)) {
    if (node.inputs.some((t) => active.has(t))) for (const out of node.outputs) active.add(out);
  }
  return active;
}
