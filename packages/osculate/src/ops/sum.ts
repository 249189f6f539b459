import { requireFloat } from '../tensor/describe.js';
import { isInteger } from '../tensor/dtype.js';
import { apply1, type LowerContext, type Node, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxes, type Shape, sizeOf } from '../tensor/shape.js';

export interface ReduceAttrs {
  /** Sorted, distinct, non-negative. */
  readonly axes: readonly number[];
}

/** The shape that is left when `axes` are removed. */
export function reducedShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.filter((_, i) => !axes.includes(i));
}

/** The shape with `axes` set to 1: it broadcasts against the original. */
export function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((d, i) => (axes.includes(i) ? 1 : d));
}

/** From this many terms on, float32 sums are taken in two stages. */
const longSum = 1024;

/** The largest divisor of n up to √n, or 1 when all that could help are small. */
function balancedDivisor(n: number): number {
  for (let d = Math.floor(Math.sqrt(n)); d >= 16; d--) if (n % d === 0) return d;
  return 1;
}

/**
 * ONNX Runtime adds terms one after the other, so that the error of a float32 sum grows with their number: 4e-5 for 4,096 equal
 * rows, 2e-3 for a vector of 2 million. Two stages of √n terms each bring it to 5e-7, in the same time or less.
 */
function lowerSum(context: LowerContext, node: Node<ReduceAttrs>, x: string): string {
  const { shape, dtype } = node.inputs[0]!;
  const { axes } = node.attrs;
  const reduce = (name: string, over: readonly number[]): string =>
    context.emit('ReduceSum', [name, context.ints(over)], { keepdims: { int: 0 } });
  const [first, terms] = [axes[0]!, sizeOf(axes.map((a) => shape[a]!))];
  const adjacent = axes.every((a, i) => a === first + i);
  const part = dtype === 'f32' && adjacent && terms >= longSum ? balancedDivisor(terms) : 1;
  if (part === 1) return reduce(x, axes);
  const split = [...shape.slice(0, first), part, terms / part, ...shape.slice(first + axes.length)];
  return reduce(reduce(context.emit('Reshape', [x, context.ints(split)]), [first + 1]), [first]);
}

export const sumOp: Op<ReduceAttrs> = {
  name: 'sum',
  differentiable: true,
  infer: ([x], { axes }) => {
    if (!isInteger(x!.dtype)) requireFloat('sum', x!);
    return [{ shape: reducedShape(x!.shape, axes), dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [sum(t!, node.attrs.axes)],
  transpose: (node, [ct]) => {
    const { shape } = node.inputs[0]!;
    return [ct!.reshape(keptShape(shape, node.attrs.axes)).expand(shape)];
  },
  batch: (node, [x]) => [
    sum(
      x!,
      node.attrs.axes.map((a) => a + 1),
    ),
  ],
  lower: (context, node, [x]) => [lowerSum(context, node, x!)],
  reference: {
    kind: 'reduce',
    axes: (node) => node.attrs.axes,
    init: 0,
    step: { fn: (a, x) => a + x, js: (a, x) => `${a} + ${x}` },
  },
  flops: (node) => node.inputs[0]!.size,
};

/** Sum over `axes` (all when absent), which are removed, or kept with length 1 when `keepDims`. */
export function sum(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const normal = normalizeAxes(axes, x.rank, 'sum');
  const out = normal.length === 0 ? x : apply1(sumOp, [x], { axes: normal });
  return keepDims ? out.reshape(keptShape(x.shape, normal)) : out;
}
