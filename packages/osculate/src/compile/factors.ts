import type { Node, Tensor } from '../tensor/ir.js';
import { splat } from '../tensor/leaf.js';

interface Scaled {
  readonly inner: Tensor;
  readonly factor: number;
}

/** t as a multiple of another tensor by a scalar literal. */
export function scaled(t: Tensor): Scaled | null {
  if (t.node.op.name === 'neg') return { inner: t.node.inputs[0]!, factor: -1 };
  if (t.node.op.name !== 'mul') return null;
  const [inner, literal] = t.node.inputs as [Tensor, Tensor];
  const factor = literal.rank === 0 ? splat(literal) : undefined;
  return factor === undefined ? null : { inner, factor };
}

/**
 * x · factor, where x is itself a product or a multiple: factors merge, and a factor that is left scales the smaller of two
 * broadcast operands. Null where there is nothing to gain.
 */
export function scale(x: Tensor, factor: number): Tensor | null {
  const own = scaled(x);
  if (own) return own.inner.mul(own.factor * factor);
  if (x.node.op.name !== 'mul') return null;
  const [p, q] = x.node.inputs as [Tensor, Tensor];
  const smaller = p.size <= q.size ? p : q;
  if (smaller.size < x.size) return smaller.mul(factor).mul(smaller === p ? q : p);
  const [a, b] = [scaled(p), scaled(q)];
  if (a) return a.inner.mul(q).mul(a.factor * factor);
  return b ? p.mul(b.inner).mul(b.factor * factor) : null;
}

/**
 * A product of two tensors, one of which is a multiple: the factors of both become one, a factor moves to a smaller operand,
 * and a sign moves out, where sums take it in.
 */
export function mergeFactors(node: Node): Tensor | null {
  const [p, q] = node.inputs as [Tensor, Tensor];
  const [a, b] = [scaled(p), scaled(q)];
  if (a && b) return a.inner.mul(b.inner).mul(a.factor * b.factor);
  const [multiple, rest] = a ? [a, q] : [b, p];
  const { size } = node.outputs[0]!;
  if (multiple === null || multiple.inner.size < size) return null;
  if (rest.size < size) return multiple.inner.mul(rest.mul(multiple.factor));
  return multiple.factor === -1 ? multiple.inner.mul(rest).neg() : null;
}
