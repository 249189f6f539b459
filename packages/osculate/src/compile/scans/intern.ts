import { topological } from '../../tensor/graph.js';
import { apply, type Graph, type Node, type Tensor } from '../../tensor/ir.js';
import { Identities, nodeKey } from '../key.js';
import { bodiesOf } from '../verify.js';
import { mapNodes } from './loops.js';

/**
 * Hash-consing of graphs: equal computations get the same token, an object that stands for the value. What placeholders
 * stand for is said by the caller; nested bodies must have been interned, so that equal ones are the same object.
 */
export class Interner {
  private readonly ids = new Identities();
  private readonly tokens = new Map<string, object[]>();
  private readonly bodies = new Map<string, Graph>();

  id(token: object): number {
    return this.ids.of(token);
  }

  /** The token of a value that a string describes completely. */
  named(key: string): object {
    return this.values(key, 1)[0]!;
  }

  private values(key: string, count: number): object[] {
    let list = this.tokens.get(key);
    if (!list) {
      list = Array.from({ length: count }, () => ({}));
      this.tokens.set(key, list);
    }
    return list;
  }

  /** Adds the tokens of everything that `outputs` reach to `known`, which holds those of the placeholders. */
  visit(outputs: readonly Tensor[], known: Map<Tensor, object>): void {
    for (const node of topological(outputs, new Set(known.keys()))) {
      // Only the identity of the inputs enters the key, so that tokens can stand for tensors.
      const inputs = node.inputs.map((t) => known.get(t)!);
      const list = this.values(nodeKey(node, inputs, this.ids), node.outputs.length);
      node.outputs.forEach((t, i) => void (known.has(t) || known.set(t, list[i]!)));
    }
  }

  /** The graph, or an equal one seen before. */
  private body(graph: Graph): Graph {
    const outputs = this.bodiesIn(graph.outputs);
    const known = new Map(graph.inputs.map((t, i) => [t, this.named(`body ${i} ${t.dtype} [${t.shape.join()}]`)]));
    this.visit(outputs, known);
    const of = (list: readonly Tensor[]): string => list.map((t) => this.id(known.get(t)!)).join();
    const key = `${of(graph.inputs)}→${of(outputs)}`;
    let canonical = this.bodies.get(key);
    if (!canonical) {
      canonical = { inputs: graph.inputs, outputs };
      this.bodies.set(key, canonical);
    }
    return canonical;
  }

  /** The graph with the bodies of its loops made canonical, so that equal loops on equal inputs are recognised as such. */
  bodiesIn(outputs: readonly Tensor[]): Tensor[] {
    return mapNodes(outputs, (node: Node, inputs) => {
      if (bodiesOf(node).length === 0) return null;
      const attrs = Object.entries(node.attrs).map(([k, v]) => [k, bodiesOf(node).includes(v) ? this.body(v) : v]);
      return apply(node.op, inputs, Object.fromEntries(attrs));
    });
  }
}
