import { geluExpression, geluSlopeExpression } from '../ops/activations.js';
import { apply1, type Node, type Tensor } from '../tensor/ir.js';
import { splat } from '../tensor/leaf.js';
import { broadcastShapes, sameShape } from '../tensor/shape.js';
import { commonFactors, type Uses } from './common-factors.js';
import { mergeFactors, scale, scaled } from './factors.js';
import { joinPads } from './join-pads.js';
import { sumOfProducts } from './sum-products.js';

type Rule = (node: Node, uses: Uses) => Tensor | null;

const opName = (t: Tensor): string => t.node.op.name;

/** x when the other operand is the neutral element, provided that broadcasting does not change x's shape. */
function neutral(node: Node, x: Tensor): Tensor | null {
  return sameShape(x.shape, node.outputs[0]!.shape) ? x : x.expand(node.outputs[0]!.shape);
}

/** An operand that was only expanded to meet the other's shape: broadcasting does that without a copy. */
function dropExpand(node: Node): Tensor | null {
  const [x, y] = node.inputs as [Tensor, Tensor];
  const target = node.outputs[0]!.shape;
  const strip = (t: Tensor): Tensor => (opName(t) === 'expand' ? t.node.inputs[0]! : t);
  const fits = (a: Tensor, b: Tensor): boolean => sameShape(broadcastShapes(a.shape, b.shape, 'simplify'), target);
  const [sx, sy] = [strip(x), strip(y)];
  const rebuild = (a: Tensor, b: Tensor): Tensor => apply1(node.op, [a, b], node.attrs);
  if (sx !== x && fits(sx, y)) return rebuild(sx, sy !== y && fits(sx, sy) ? sy : y);
  if (sy !== y && fits(x, sy)) return rebuild(x, sy);
  // Neither alone reaches the target: compute on the smaller operands and expand the result.
  return sx !== x || sy !== y ? rebuild(sx, sy).expand(target) : null;
}

const rules: Readonly<Record<string, Rule>> = {
  add: (node, uses) => {
    const [x, y] = node.inputs as [Tensor, Tensor];
    // Its factor can merge with others.
    if (x === y) return x.mul(2);
    if (splat(y) === 0) return neutral(node, x);
    if (splat(x) === 0) return neutral(node, y);
    if (opName(y) === 'neg') return x.sub(y.node.inputs[0]!);
    if (opName(x) === 'neg') return y.sub(x.node.inputs[0]!);
    return joinPads(node) ?? commonFactors(node, uses) ?? dropExpand(node);
  },
  sub: (node, uses) => {
    const [x, y] = node.inputs as [Tensor, Tensor];
    if (splat(y) === 0) return neutral(node, x);
    if (splat(x) === 0) return neutral(node, y.neg());
    if (opName(y) === 'neg') return x.add(y.node.inputs[0]!);
    // The sign moves on to where a sum takes it in.
    if (opName(x) === 'neg') return x.node.inputs[0]!.add(y).neg();
    return commonFactors(node, uses) ?? dropExpand(node);
  },
  mul: (node) => {
    const [x, y] = node.inputs as [Tensor, Tensor];
    const factor = splat(y);
    if (factor === undefined) {
      if (splat(x) !== undefined) return y.mul(x);
      return mergeFactors(node) ?? dropExpand(node);
    }
    if (factor === 1) return neutral(node, x);
    if (factor === -1) return neutral(node, x.neg());
    if (y.rank > 0 && sameShape(x.shape, node.outputs[0]!.shape)) return x.mul(factor);
    return y.rank > 0 ? null : scale(x, factor);
  },
  div: (node) => {
    const [x, y] = node.inputs as [Tensor, Tensor];
    return splat(y) === 1 ? neutral(node, x) : dropExpand(node);
  },
  neg: (node) => {
    const [x] = node.inputs as [Tensor];
    if (opName(x) === 'neg') return x.node.inputs[0]!;
    if (opName(x) === 'sub') return x.node.inputs[1]!.sub(x.node.inputs[0]!);
    return scale(x, -1);
  },
  reshape: (node) => {
    const [x] = node.inputs as [Tensor];
    const { shape } = node.outputs[0]!;
    if (sameShape(x.shape, shape)) return x;
    if (opName(x) === 'neg') return x.node.inputs[0]!.reshape(shape).neg();
    return opName(x) === 'reshape' ? x.node.inputs[0]!.reshape(shape) : null;
  },
  expand: (node) => {
    const [x] = node.inputs as [Tensor];
    const { shape } = node.outputs[0]!;
    if (sameShape(x.shape, shape)) return x;
    return opName(x) === 'expand' ? x.node.inputs[0]!.expand(shape) : null;
  },
  transpose: (node) => {
    const [x] = node.inputs as [Tensor];
    const { permutation } = node.attrs as { permutation: readonly number[] };
    if (permutation.every((p, i) => p === i)) return x;
    if (opName(x) !== 'transpose') return movesOnlyUnits(node) ? x.reshape(node.outputs[0]!.shape) : null;
    const inner = (x.node.attrs as { permutation: readonly number[] }).permutation;
    return x.node.inputs[0]!.transpose(permutation.map((p) => inner[p]!));
  },
  cast: (node) => (node.inputs[0]!.dtype === node.outputs[0]!.dtype ? node.inputs[0]! : null),
  sum: (node) => {
    const [x] = node.inputs as [Tensor];
    const { axes } = node.attrs as { axes: readonly number[] };
    if (axes.every((a) => x.shape[a] === 1)) return x.reshape(node.outputs[0]!.shape);
    if (opName(x) === 'sum') return mergeSums(node);
    if (opName(x) === 'expand') return sumOfCopies(node);
    const multiple = scaled(x);
    return multiple ? multiple.inner.sum(axes).mul(multiple.factor) : sumOfProducts(node);
  },
  matmul: foldTransposes,
  // Written out, what they have in common is computed once.
  gelu: (node) => geluExpression(node.inputs[0]!),
  geluSlope: (node) => geluSlopeExpression(node.inputs[0]!),
};

/** A sum over axes that were only made by expanding counts the copies. */
function sumOfCopies(node: Node): Tensor | null {
  const [x, out] = [node.inputs[0]!, node.outputs[0]!];
  const { axes } = node.attrs as { axes: readonly number[] };
  const source = x.node.inputs[0]!;
  const lead = x.rank - source.rank;
  if (axes.some((a) => a >= lead && source.shape[a - lead] !== 1)) return null;
  const copies = axes.reduce((product, a) => product * x.shape[a]!, 1);
  const kept = source.shape.filter((_, i) => !axes.includes(i + lead));
  return source.reshape(kept).mul(copies).expand(out.shape);
}

/** Two sums in a row are one over the axes of both. */
function mergeSums(node: Node): Tensor {
  const inner = node.inputs[0]!.node;
  const first = (inner.attrs as { axes: readonly number[] }).axes;
  const left = inner.inputs[0]!.shape.flatMap((_, i) => (first.includes(i) ? [] : [i]));
  const second = (node.attrs as { axes: readonly number[] }).axes.map((a) => left[a]!);
  return inner.inputs[0]!.sum([...first, ...second]);
}

/** True when a transpose only moves axes of length 1, so that the elements stay in order. */
function movesOnlyUnits(node: Node): boolean {
  const { permutation } = node.attrs as { permutation: readonly number[] };
  const long = permutation.filter((p) => node.inputs[0]!.shape[p] !== 1);
  return long.every((p, i) => i === 0 || long[i - 1]! < p);
}

function swapsLastTwo(t: Tensor): boolean {
  if (opName(t) !== 'transpose') return false;
  const { permutation } = t.node.attrs as { permutation: readonly number[] };
  const n = permutation.length;
  return n >= 2 && permutation.every((p, i) => p === (i === n - 1 ? n - 2 : i === n - 2 ? n - 1 : i));
}

/** A transposed operand becomes a flag of the product. */
function foldTransposes(node: Node): Tensor | null {
  const [a, b] = node.inputs as [Tensor, Tensor];
  const { transA, transB } = node.attrs as { transA: boolean; transB: boolean };
  const [sa, sb] = [swapsLastTwo(a), swapsLastTwo(b)];
  if (!sa && !sb) return null;
  return (sa ? a.node.inputs[0]! : a).product(sb ? b.node.inputs[0]! : b, transA !== sa, transB !== sb);
}

/** A simpler tensor that equals the node's only output, or null. Values are kept exactly but for the rounding of merged scalar factors. */
export function simplify(node: Node, uses: Uses = () => 1): Tensor | null {
  if (node.outputs.length !== 1) return null;
  return rules[node.op.name]?.(node, uses) ?? null;
}
