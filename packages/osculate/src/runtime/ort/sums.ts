import type { MatmulAttrs } from '../../ops/matmul.js';
import { readCounts } from '../../tensor/graph.js';
import type { Node, Tensor } from '../../tensor/ir.js';
import { sameShape } from '../../tensor/shape.js';

/** A sum of which some terms are products of matrices: Gemm adds to what is already there, which saves a pass over the sum. */
export interface ProductSum {
  /** Matrix products, each the only reader's. */
  readonly products: readonly Node<MatmulAttrs>[];
  readonly others: readonly Tensor[];
}

/** What a graph's lowering gathers into sums: by the node of the whole sum, and the nodes that are written as parts of it. */
export interface ProductSums {
  readonly roots: ReadonlyMap<Node, ProductSum>;
  readonly parts: ReadonlySet<Node>;
}

/** Gemm takes a third term that broadcasts to its result, and has kernels for floating point only. */
function isSum(node: Node): boolean {
  const [y] = node.outputs;
  return node.op.name === 'add' && y!.rank === 2 && (y!.dtype === 'f32' || y!.dtype === 'f64');
}

const isProduct = (node: Node): node is Node<MatmulAttrs> =>
  node.op.name === 'matmul' && node.inputs.every((t) => t.rank === 2 && t.size > 0);

/**
 * The sums among `nodes` (in topological order) that can be written as chains of Gemm: additions of two axes, nested ones taken
 * together, with at least one product of matrices of the sum's shape that nobody else reads.
 */
export function productSums(nodes: readonly Node[], outputs: readonly Tensor[]): ProductSums {
  const counts = readCounts(nodes, outputs);
  const known = new Set(nodes);
  const roots = new Map<Node, ProductSum>();
  const parts = new Set<Node>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const root = nodes[i]!;
    if (!isSum(root) || parts.has(root)) continue;
    const { shape } = root.outputs[0]!;
    const products: Node<MatmulAttrs>[] = [];
    const others: Tensor[] = [];
    const inner: Node[] = [];
    const visit = (t: Tensor): void => {
      const own = known.has(t.node) && counts.get(t) === 1 && sameShape(t.shape, shape);
      if (own && isProduct(t.node)) products.push(t.node);
      else if (own && isSum(t.node)) {
        inner.push(t.node);
        t.node.inputs.forEach(visit);
      } else others.push(t);
    };
    root.inputs.forEach(visit);
    if (products.length === 0) continue;
    roots.set(root, { products, others });
    for (const node of [...inner, ...products]) parts.add(node);
  }
  return { roots, parts };
}

/** Writes a sum: the other terms first, the products added to them one by one. Returns the name of the sum. */
export function writeSum(
  { products, others }: ProductSum,
  nameOf: (t: Tensor) => string,
  emit: (opType: string, inputs: readonly string[], attrs?: Record<string, { int: number }>) => string,
): string {
  const smallFirst = [...others].sort((a, b) => a.size - b.size);
  let sum: string | undefined;
  for (const t of smallFirst) sum = sum === undefined ? nameOf(t) : emit('Add', [sum, nameOf(t)]);
  for (const { inputs, attrs } of products) {
    const flags = { transA: { int: Number(attrs.transA) }, transB: { int: Number(attrs.transB) } };
    const factors = inputs.map(nameOf);
    if (sum !== undefined) sum = emit('Gemm', [...factors, sum], flags);
    else if (attrs.transA || attrs.transB) sum = emit('Gemm', factors, flags);
    else sum = emit('MatMul', factors);
  }
  return sum!;
}
