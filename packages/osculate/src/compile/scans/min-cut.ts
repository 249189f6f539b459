interface Edge {
  readonly to: number;
  capacity: number;
  readonly reverse: number;
}

/**
 * Minimum cut of a directed graph by augmenting paths (Edmonds and Karp 1972). Sizes here are tens to hundreds of vertices.
 */
export class MinCut {
  private readonly edges: Edge[][] = [];

  vertex(): number {
    return this.edges.push([]) - 1;
  }

  edge(from: number, to: number, capacity: number): void {
    const [out, back] = [this.edges[from]!, this.edges[to]!];
    out.push({ to, capacity, reverse: back.length });
    back.push({ to: from, capacity: 0, reverse: out.length - 1 });
  }

  /** The vertices on the source's side of a cut of least capacity. */
  cut(source: number, sink: number): Set<number> {
    for (;;) {
      const path = this.search(source);
      if (!path.has(sink)) return new Set(path.keys());
      this.augment(path, source, sink);
    }
  }

  /** For each vertex with a path of free capacity from `source`, the edge that the shortest such path ends with. */
  private search(source: number): Map<number, { from: number; edge: Edge } | null> {
    const reached = new Map<number, { from: number; edge: Edge } | null>([[source, null]]);
    for (const from of reached.keys()) {
      for (const edge of this.edges[from]!) {
        if (edge.capacity > 0 && !reached.has(edge.to)) reached.set(edge.to, { from, edge });
      }
    }
    return reached;
  }

  private augment(path: Map<number, { from: number; edge: Edge } | null>, source: number, sink: number): void {
    const steps: Edge[] = [];
    for (let at = sink; at !== source; ) {
      const { from, edge } = path.get(at)!;
      steps.push(edge);
      at = from;
    }
    const flow = Math.min(...steps.map((e) => e.capacity));
    for (const e of steps) {
      e.capacity -= flow;
      this.edges[e.to]![e.reverse]!.capacity += flow;
    }
  }
}
