import type { ScanParts } from '../../ops/scan/parts.js';
import { bytesOf } from '../../tensor/dtype.js';
import { topological } from '../../tensor/graph.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { isConstant } from '../../tensor/leaf.js';
import { isWhile } from './loops.js';
import { MinCut } from './min-cut.js';
import { overTime } from './over-time.js';
import type { Changed } from './tidy.js';

const bytes = (t: Tensor): number => t.size * bytesOf(t.dtype);

/**
 * Prices in bytes of memory traffic, which a core moves at about 10 bytes/ns: starting a node in a loop takes 0.7 µs, and
 * a flop of a small product costs about 6 ps more than one of a large product.
 */
const price = { node: 7000, flop: 0.06, outside: 0.5 } as const;

/** Nodes that only stacks need, carries not: the candidates. */
function sinkable({ carryOut, ys }: ScanParts): Node[] {
  const kept = new Set(topological(carryOut));
  return topological(ys).filter((n) => n.inputs.length > 0 && !kept.has(n));
}

/**
 * Which of the candidates stay in the loop, by a minimum cut: a value that is made in the loop and read outside costs its
 * bytes, unless it is stacked anyway; a node that stays costs its start at each step, one that leaves a part of its bytes.
 */
function staying(candidates: readonly Node[], parts: ScanParts): Set<Node> {
  const graph = new MinCut();
  const [source, sink] = [graph.vertex(), graph.vertex()];
  const vertices = new Map<Node, number>(candidates.map((n) => [n, graph.vertex()]));
  const stacked = new Map<Tensor, number>();
  const outside = new Set([...parts.xIn, ...parts.constIn]);
  const vertexOf = (n: Node): number => vertices.get(n) ?? source;
  /** The vertex that is cut from the value's node when the value is stacked. */
  const stackOf = (t: Tensor): number => {
    let v = stacked.get(t);
    if (v === undefined) {
      v = graph.vertex();
      graph.edge(vertexOf(t.node), v, bytes(t));
      stacked.set(t, v);
    }
    return v;
  };
  const free = (t: Tensor): boolean => outside.has(t) || isConstant(t);
  for (const [node, v] of vertices) {
    const pinned = isWhile(node);
    if (pinned) graph.edge(source, v, Number.POSITIVE_INFINITY);
    graph.edge(v, sink, price.node + price.flop * node.op.flops(node));
    graph.edge(source, v, price.outside * node.outputs.reduce((sum, t) => sum + bytes(t), 0));
    for (const t of node.inputs) {
      if (free(t)) continue;
      graph.edge(stackOf(t), v, Number.POSITIVE_INFINITY);
      if (vertices.has(t.node)) graph.edge(v, vertexOf(t.node), Number.POSITIVE_INFINITY);
    }
  }
  for (const t of parts.ys) if (!free(t)) graph.edge(stackOf(t), sink, Number.POSITIVE_INFINITY);
  const side = graph.cut(source, sink);
  return new Set(candidates.filter((n) => side.has(vertices.get(n)!)));
}

/**
 * Moves what only stacks need out of the loop, computed for all steps at once from values that the loop stacks instead:
 * readouts, residuals of derivatives, and the products that are a weight's cotangent.
 */
export function sinkStacks(parts: ScanParts): Changed | null {
  const candidates = sinkable(parts);
  const outside = new Set([...parts.xIn, ...parts.constIn]);
  const stay = staying(candidates, parts);
  const leaves = new Set(candidates.filter((n) => !stay.has(n)));
  if (leaves.size === 0) return null;
  const moved = parts.ys.filter((t) => leaves.has(t.node));
  const read = new Set([...leaves].flatMap((n) => n.inputs).filter((t) => !leaves.has(t.node)));
  const stacks = [...read].filter((t) => !outside.has(t) && !isConstant(t));
  const ys = [...new Set([...parts.ys.filter((t) => !leaves.has(t.node)), ...stacks])];
  return {
    parts: { ...parts, ys },
    restore: (carry, results) => {
      const from = [...parts.xIn, ...stacks];
      const to = [...parts.xs, ...stacks.map((t) => results[ys.indexOf(t)]!)];
      const computed = overTime(moved, parts, from, to);
      let next = 0;
      return [...carry, ...parts.ys.map((t) => (leaves.has(t.node) ? computed[next++]! : results[ys.indexOf(t)]!))];
    },
  };
}
