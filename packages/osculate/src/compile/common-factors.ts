import type { Node, Tensor } from '../tensor/ir.js';
import { sameShape } from '../tensor/shape.js';

/** How many times a tensor is read, as far as is known; what nobody counted is read once. */
export type Uses = (t: Tensor) => number;

/** Longer products are looked at in part: a pass must stay linear in the size of the graph. */
const mostFactors = 8;

/** What a product multiplies; products inside are taken apart where nobody else reads them. */
function factorsOf(product: Tensor, uses: Uses): Tensor[] {
  const factors: Tensor[] = [];
  const open = [product];
  while (open.length > 0) {
    const t = open.pop()!;
    const inner = t.node.op.name === 'mul' && sameShape(t.shape, product.shape) && uses(t) <= 1;
    if (inner && factors.length + open.length + 2 <= mostFactors) open.push(...[...t.node.inputs].reverse());
    else factors.push(t);
  }
  return factors;
}

/** The factors of both, each as often as both have it. */
function shared(a: readonly Tensor[], b: readonly Tensor[]): Tensor[] {
  const left = [...b];
  return a.filter((t) => {
    const at = left.indexOf(t);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

function without(factors: readonly Tensor[], removed: readonly Tensor[]): Tensor[] {
  const left = [...removed];
  return factors.filter((t) => {
    const at = left.indexOf(t);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

const multiply = (factors: readonly Tensor[]): Tensor => factors.reduce((p, t) => p.mul(t));

/**
 * a·b·c ± a·b·d is a·b·(c ± d), which takes one product less for each common factor: what the product rule leaves behind.
 * Null where a product is read elsewhere too, since it would have to be computed all the same.
 */
export function commonFactors(node: Node, uses: Uses): Tensor | null {
  const [x, y] = node.inputs as [Tensor, Tensor];
  if (x === y || !sameShape(x.shape, y.shape)) return null;
  const [a, b] = [factorsOf(x, uses), factorsOf(y, uses)];
  if (a.length < 2 || b.length < 2) return null;
  const common = shared(a, b);
  if (common.length === 0 || common.length === a.length || common.length === b.length) return null;
  const [p, q] = [multiply(without(a, common)), multiply(without(b, common))];
  const rest = node.op.name === 'add' ? p.add(q) : p.sub(q);
  const out = multiply([rest, ...common]);
  return sameShape(out.shape, x.shape) ? out : null;
}
