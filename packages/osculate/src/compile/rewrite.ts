import { topological } from '../tensor/graph.js';
import { apply, type Node, type Tensor } from '../tensor/ir.js';
import { fold } from './fold.js';
import { Identities, nodeKey } from './key.js';
import { simplify } from './simplify.js';

/**
 * One bottom-up sweep: every node is rebuilt on its rewritten inputs, folded when all of them are constants, simplified
 * by the algebraic rules, and merged with an equal one seen before (common subexpressions). Rules may build several
 * nodes; these are entered through the same table, so that the sweep's result has no duplicates.
 */
export class Rewriter {
  private readonly ids = new Identities();
  private readonly table = new Map<string, readonly Tensor[]>();
  private readonly done = new Map<Tensor, Tensor>();
  private readonly own = new Set<Node>();
  /** How many times the tensors of the source graph, and what became of them, are read. */
  private readonly reads = new Map<Tensor, number>();

  /** Rewrites a graph; `stop` tensors (placeholders) stay as they are. */
  rewrite(outputs: readonly Tensor[], stop: ReadonlySet<Tensor> = new Set()): Tensor[] {
    for (const t of stop) this.done.set(t, t);
    const order = topological(outputs, stop);
    for (const node of order) for (const t of node.inputs) this.read(t, 1);
    for (const t of outputs) this.read(t, 1);
    for (const node of order) this.visit(node);
    return outputs.map((t) => this.result(t));
  }

  private result(t: Tensor): Tensor {
    return this.done.get(t) ?? t;
  }

  private visit(node: Node): void {
    if (node.outputs.every((t) => this.done.has(t))) return;
    const inputs = node.inputs.map((t) => this.result(t));
    const results = this.build(node, inputs);
    node.outputs.forEach((t, i) => {
      this.done.set(t, results[i]!);
      if (results[i] !== t) this.read(results[i]!, this.reads.get(t) ?? 0);
    });
  }

  private read(t: Tensor, times: number): void {
    this.reads.set(t, (this.reads.get(t) ?? 0) + times);
  }

  /** The canonical outputs of `node.op` applied to canonical inputs. */
  private build(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
    if (inputs.length === 0 && node.op.name === 'input') return node.outputs;
    const key = nodeKey(node, inputs, this.ids);
    const seen = this.table.get(key);
    if (seen) return seen;
    const unchanged = inputs.every((t, i) => t === node.inputs[i]);
    const fresh = unchanged ? node.outputs : apply(node.op, inputs, node.attrs);
    const better = fold(fresh[0]!.node) ?? simplify(fresh[0]!.node, (t) => this.reads.get(t) ?? 1);
    const results = better === null ? fresh : [this.adopt(better)];
    this.table.set(key, results);
    for (const t of results) this.own.add(t.node);
    return results;
  }

  /** Brings what a rule built into the table, node by node. */
  private adopt(t: Tensor): Tensor {
    const settled = (x: Tensor): boolean =>
      this.own.has(x.node) || x.node.op.name === 'input' || this.done.get(x) === x;
    if (settled(t)) return t;
    const inputs = t.node.inputs.map((x) => this.adopt(x));
    return this.build(t.node, inputs)[t.index]!;
  }
}
