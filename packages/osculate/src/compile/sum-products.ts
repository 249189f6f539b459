import type { Node, Tensor } from '../tensor/ir.js';
import { sameShape, sizeOf } from '../tensor/shape.js';

interface MatmulAttrs {
  readonly transA: boolean;
  readonly transB: boolean;
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/**
 * A stack of matrices with the summed batch axes merged into the contracted one. `contractedLast`: the contracted axis is
 * the last, else the one before; the merged axis takes the same place.
 */
function mergeInto(t: Tensor, summed: readonly number[], contractedLast: boolean): Tensor {
  const batch = range(t.rank - 2).filter((a) => !summed.includes(a));
  const [row, column] = [t.rank - 2, t.rank - 1];
  const order = contractedLast ? [...batch, row, ...summed, column] : [...batch, ...summed, row, column];
  const kept = batch.map((a) => t.shape[a]!);
  const merged = sizeOf(summed.map((a) => t.shape[a]!)) * t.shape[contractedLast ? column : row]!;
  const matrix = contractedLast ? [t.shape[row]!, merged] : [merged, t.shape[column]!];
  return t.transpose(order).reshape([...kept, ...matrix]);
}

/** Whether a merged operand is a rearranged copy rather than a view. */
function movesElements(t: Tensor): boolean {
  const from = t.node.op.name === 'reshape' ? t.node.inputs[0]! : t;
  if (from.node.op.name !== 'transpose') return false;
  const { permutation } = from.node.attrs as { permutation: readonly number[] };
  const long = permutation.filter((p) => from.node.inputs[0]!.shape[p] !== 1);
  return long.some((p, i) => i > 0 && long[i - 1]! > p);
}

function sumOfProduct(x: Tensor, axes: readonly number[]): Tensor | null {
  const [a, b] = x.node.inputs as [Tensor, Tensor];
  const batch = x.rank - 2;
  if (axes.some((i) => i >= batch)) return null;
  // Both operands must have every summed axis: then each term is a product of its own slices.
  const full = (t: Tensor): boolean => t.rank === x.rank && axes.every((i) => t.shape[i] === x.shape[i]);
  if (!full(a) || !full(b)) return null;
  const { transA, transB } = x.node.attrs as MatmulAttrs;
  const [merged, other] = [mergeInto(a, axes, !transA), mergeInto(b, axes, transB)];
  // What has to be rearranged must not be more than the stack of products that is saved.
  const moved = (t: Tensor, from: Tensor): number => (movesElements(t) ? from.size : 0);
  if (moved(merged, a) + moved(other, b) > 2 * x.size) return null;
  return merged.product(other, transA, transB);
}

/** How deep a sum of products is looked into. */
const deepest = 6;

/** The sum of a product, or of a sum of which at least one term is one; null when there is none to merge with. */
function sumOver(x: Tensor, axes: readonly number[], depth = 0): Tensor | null {
  const { op, inputs } = x.node;
  if (op.name === 'matmul') return sumOfProduct(x, axes);
  if (depth === deepest || (op.name !== 'add' && op.name !== 'sub')) return null;
  const [a, b] = inputs as [Tensor, Tensor];
  if (!sameShape(a.shape, b.shape)) return null;
  const [first, second] = [sumOver(a, axes, depth + 1), sumOver(b, axes, depth + 1)];
  if (!first && !second) return null;
  const [left, right] = [first ?? a.sum(axes), second ?? b.sum(axes)];
  return op.name === 'add' ? left.add(right) : left.sub(right);
}

/**
 * Σ over batch axes of a batched product is one product whose contracted axis runs over the batch as well:
 * Σₜ Aₜ·Bₜ = [A₁ A₂ …]·[B₁; B₂; …]. The cotangent of a weight that is used at every step or token.
 */
export function sumOfProducts(node: Node): Tensor | null {
  return sumOver(node.inputs[0]!, (node.attrs as { axes: readonly number[] }).axes);
}
