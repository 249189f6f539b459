import { placeholder } from '../../ops/loop-body.js';
import { applyScan, partsOf, type ScanAttrs, type ScanParts } from '../../ops/scan/parts.js';
import { topological } from '../../tensor/graph.js';
import type { Node, Op, Tensor } from '../../tensor/ir.js';
import { substitute } from '../../tensor/substitute.js';
import { Identities, nodeKey } from '../key.js';
import { Rewriter } from '../rewrite.js';
import type { Interner } from './intern.js';
import { isScan, rebuild } from './loops.js';

/**
 * Nodes in an order in which loops that cannot depend on each other stand together: by the largest number of scans on any
 * path up to the node, and topologically within.
 */
function byLevel(outputs: readonly Tensor[]): { node: Node; level: number }[] {
  const levels = new Map<Node, number>();
  const order = topological(outputs).map((node) => {
    const below = Math.max(0, ...node.inputs.map((t) => levels.get(t.node)!));
    const level = below + (isScan(node) ? 1 : 0);
    levels.set(node, level);
    return { node, level };
  });
  // Within a level the scans come first: whatever they read is of a lower level.
  return order.sort((a, b) => a.level - b.level || Number(isScan(b.node)) - Number(isScan(a.node)));
}

interface Member {
  readonly node: Node<ScanAttrs>;
  readonly parts: ScanParts;
}

class Merger {
  private readonly done = new Map<Tensor, Tensor>();
  private readonly ids = new Identities();
  private readonly table = new Map<string, readonly Tensor[]>();

  constructor(private readonly interner: Interner) {}

  run(outputs: readonly Tensor[]): Tensor[] {
    const order = byLevel(outputs);
    for (let i = 0; i < order.length; ) {
      const { node, level } = order[i]!;
      if (!isScan(node)) {
        this.settle(node, this.canonical(node));
        i++;
        continue;
      }
      const scans: Node<ScanAttrs>[] = [];
      for (; i < order.length && order[i]!.level === level; i++) {
        const next = order[i]!.node;
        if (!isScan(next)) break;
        scans.push(next);
      }
      this.mergeLevel(scans);
    }
    return outputs.map((t) => this.done.get(t)!);
  }

  private settle(node: Node, results: readonly Tensor[]): void {
    node.outputs.forEach((t, i) => void this.done.set(t, results[i]!));
  }

  private canonical(node: Node): readonly Tensor[] {
    const inputs = node.inputs.map((t) => this.done.get(t)!);
    if (node.op.name === 'input') return node.outputs;
    const key = nodeKey(node, inputs, this.ids);
    const results = this.table.get(key) ?? rebuild(node, inputs);
    this.table.set(key, results);
    return results;
  }

  private mergeLevel(scans: readonly Node<ScanAttrs>[]): void {
    const byRecurrence = new Map<string, Member[]>();
    for (const node of scans) {
      const inputs = node.inputs.map((t) => this.done.get(t)!);
      const parts = partsOf({ inputs, attrs: node.attrs });
      const key = this.recurrence(parts);
      byRecurrence.set(key, [...(byRecurrence.get(key) ?? []), { node, parts }]);
    }
    for (const members of byRecurrence.values()) this.mergeMembers(members);
  }

  /** Equal for scans whose carries take the same values. */
  private recurrence({ init, xs, consts, carryIn, xIn, constIn, carryOut, length, reverse }: ScanParts): string {
    const { interner } = this;
    const known = new Map<Tensor, object>();
    carryIn.forEach((t, i) => void known.set(t, interner.named(`carry ${i}`)));
    xIn.forEach((t, i) => void known.set(t, interner.named(`x ${interner.id(xs[i]!)}`)));
    constIn.forEach((t, i) => void known.set(t, interner.named(`const ${interner.id(consts[i]!)}`)));
    interner.visit(carryOut, known);
    const starts = init.map((t) => interner.id(t)).join();
    const steps = carryOut.map((t) => interner.id(known.get(t)!)).join();
    // Without carries there is no recurrence to share, but also nothing that speaks against one loop.
    return `${length} ${reverse} ${starts} → ${steps}`;
  }

  private mergeMembers(members: readonly Member[]): void {
    const [first] = members as [Member];
    if (members.length === 1) {
      const { parts, node } = first;
      this.settle(node, rebuild(node, [...parts.init, ...parts.xs, ...parts.consts]));
      return;
    }
    const carryIn = first.parts.carryIn.map((t) => placeholder('scan carry', t));
    const xs = new Map<Tensor, Tensor>();
    const consts = new Map<Tensor, Tensor>();
    const shared = (into: Map<Tensor, Tensor>, outer: readonly Tensor[], inner: readonly Tensor[]): Tensor[] =>
      outer.map((t, i) => {
        if (!into.has(t)) into.set(t, placeholder('scan slice', inner[i]!));
        return into.get(t)!;
      });
    const stacks = members.map(({ parts }) => {
      const to = [...carryIn, ...shared(xs, parts.xs, parts.xIn), ...shared(consts, parts.consts, parts.constIn)];
      return substitute([...parts.carryOut, ...parts.ys], [...parts.carryIn, ...parts.xIn, ...parts.constIn], to);
    });
    // The members' placeholders may be the same objects in different roles, hence the fresh ones.
    const placeholders = new Set([...carryIn, ...xs.values(), ...consts.values()]);
    const flat = new Rewriter().rewrite(stacks.flat(), placeholders);
    const carries = carryIn.length;
    let next = 0;
    const results = stacks.map((list) => list.map(() => flat[next++]!));
    const ys = [...new Set(results.flatMap((list) => list.slice(carries)))];
    const merged = applyScan(first.node.op as Op<ScanAttrs>, {
      ...first.parts,
      carryIn,
      xs: [...xs.keys()],
      xIn: [...xs.values()],
      consts: [...consts.keys()],
      constIn: [...consts.values()],
      carryOut: results[0]!.slice(0, carries),
      ys,
    });
    members.forEach(({ node }, m) => {
      const own = results[m]!.slice(carries).map((t) => merged.ys[ys.indexOf(t)]!);
      this.settle(node, [...merged.carry, ...own]);
    });
  }
}

/**
 * Merges scans that share their recurrence (same start, same steps of the carries on the same values) into one with all
 * their stacks: the scan of the primal values and those that a derivative extended by residuals, of any order.
 */
export function mergeScans(outputs: readonly Tensor[], interner: Interner): Tensor[] {
  return new Merger(interner).run(outputs);
}
