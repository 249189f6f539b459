import { describe } from '../tensor/describe.js';
import type { DType } from '../tensor/dtype.js';
import { ShapeError } from '../tensor/errors.js';
import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';
import {
  broadcastShapes,
  checkList,
  checkShape,
  normalizeAxes,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  stridesOf,
} from '../tensor/shape.js';
import { sumTo } from './elementwise.js';
import { reducedShape } from './reductions.js';

interface ReshapeAttrs {
  readonly shape: Shape;
}

export const reshapeOp: Op<ReshapeAttrs> = {
  name: 'reshape',
  differentiable: true,
  infer: ([x], { shape }) => {
    checkShape(shape, 'reshape');
    if (sizeOf(shape) !== x!.size) {
      throw new ShapeError(
        `reshape: ${describe(x!)} has ${x!.size} elements, shape ${showShape(shape)} has ${sizeOf(shape)}`,
      );
    }
    return [{ shape, dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [reshape(t!, node.attrs.shape)],
  transpose: (node, [ct]) => [reshape(ct!, node.inputs[0]!.shape)],
  batch: (node, [x], _, size) => [reshape(x!, [size, ...node.attrs.shape])],
  lower: (context, node, [x]) => [
    context.emit('Reshape', [x!, context.ints(node.attrs.shape)], { allowzero: { int: 1 } }),
  ],
  reference: { kind: 'view' },
  flops: () => 0,
};

function resolve(x: Tensor, shape: Shape): Shape {
  const wild = shape.indexOf(-1);
  if (wild < 0) return shape;
  const known = sizeOf(shape.filter((_, i) => i !== wild));
  const rest = x.size / known;
  if (shape.lastIndexOf(-1) !== wild || !Number.isInteger(rest)) {
    throw new ShapeError(`reshape: cannot infer -1 in ${showShape(shape)} for ${describe(x)}`);
  }
  return shape.map((d, i) => (i === wild ? rest : d));
}

/** The same elements in row-major order under another shape; one dimension may be −1 and is inferred. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkList(shape, 'reshape');
  const target = resolve(x, shape);
  return sameShape(target, x.shape) ? x : apply1(reshapeOp, [x], { shape: target });
}

/**
 * All elements as one vector, in row-major order.
 *
 * ```ts
 * constant([[1, 2], [3, 4]], 'f64').flatten(); // [1, 2, 3, 4]
 * ```
 */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [x.size]);
}

/**
 * Removes axes of length 1: those given, or all.
 * @throws ShapeError for an axis of another length.
 */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const chosen = axes !== undefined ? axes : x.shape.flatMap((d, i) => (d === 1 ? [i] : []));
  const normal = normalizeAxes(chosen, x.rank, 'squeeze');
  for (const a of normal) {
    if (x.shape[a] !== 1) throw new ShapeError(`squeeze: axis ${a} of ${describe(x)} has length ${x.shape[a]}, not 1`);
  }
  return reshape(x, reducedShape(x.shape, normal));
}

/** Inserts axes of length 1 so that they stand at `axes` of the result; negative ones count from its end. */
export function unsqueeze(x: Tensor, axes: number | readonly number[]): Tensor {
  if (typeof axes !== 'number') checkList(axes, 'unsqueeze: the axes');
  const rank = x.rank + (typeof axes === 'number' ? 1 : axes.length);
  const shape = [...x.shape];
  for (const a of normalizeAxes(axes, rank, 'unsqueeze')) shape.splice(a, 0, 1);
  return reshape(x, shape);
}

interface ExpandAttrs {
  readonly shape: Shape;
}

export const expandOp: Op<ExpandAttrs> = {
  name: 'expand',
  differentiable: true,
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes(x!.shape, shape, 'expand'), shape)) {
      throw new ShapeError(`expand: ${describe(x!)} does not broadcast to ${showShape(shape)}`);
    }
    return [{ shape, dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [expand(t!, node.attrs.shape)],
  transpose: (node, [ct]) => [sumTo(ct!, node.inputs[0]!.shape)],
  batch: (node, [x], _, size) => {
    const { shape } = node.attrs;
    const lead = new Array<number>(shape.length - node.inputs[0]!.rank).fill(1);
    return [expand(x!.reshape([size, ...lead, ...x!.shape.slice(1)]), [size, ...shape])];
  },
  lower: (context, node, [x]) => [context.emit('Expand', [x!, context.ints(node.attrs.shape)])],
  reference: {
    kind: 'strided',
    map: (node) => {
      const { shape } = node.inputs[0]!;
      const strides = stridesOf(shape);
      const lead = node.attrs.shape.length - shape.length;
      return {
        offset: 0,
        strides: node.attrs.shape.map((_, i) => (i < lead || shape[i - lead] === 1 ? 0 : strides[i - lead]!)),
      };
    },
  },
  flops: () => 0,
};

/** Broadcasts to a larger shape (NumPy's broadcast_to). */
export function expand(x: Tensor, shape: Shape): Tensor {
  checkShape(shape, 'expand');
  return sameShape(x.shape, shape) ? x : apply1(expandOp, [x], { shape });
}

/** Zeros of a shape, which take no memory in the graph. */
export function zeros(dtype: DType, shape: Shape): Tensor {
  return expand(full(0, dtype), shape);
}

/** Zeros of the shape and dtype of `t`. */
export function zerosLike(t: Tensor): Tensor {
  return zeros(t.dtype, t.shape);
}

interface TransposeAttrs {
  readonly permutation: readonly number[];
}

function inverse(permutation: readonly number[]): number[] {
  const out = new Array<number>(permutation.length);
  permutation.forEach((p, i) => {
    out[p] = i;
  });
  return out;
}

export const transposeOp: Op<TransposeAttrs> = {
  name: 'transpose',
  differentiable: true,
  infer: ([x], { permutation }) => {
    const sorted = [...permutation].sort((a, b) => a - b);
    if (sorted.length !== x!.rank || sorted.some((p, i) => p !== i)) {
      throw new ShapeError(
        `transpose: [${permutation.join(', ')}] is not a permutation of the axes of ${describe(x!)}`,
      );
    }
    return [{ shape: permutation.map((p) => x!.shape[p]!), dtype: x!.dtype }];
  },
  jvp: (node, [t]) => [transpose(t!, node.attrs.permutation)],
  transpose: (node, [ct]) => [transpose(ct!, inverse(node.attrs.permutation))],
  batch: (node, [x]) => [transpose(x!, [0, ...node.attrs.permutation.map((p) => p + 1)])],
  lower: (context, node, [x]) => [context.emit('Transpose', [x!], { perm: { ints: node.attrs.permutation } })],
  reference: {
    kind: 'strided',
    map: (node) => {
      const strides = stridesOf(node.inputs[0]!.shape);
      return { offset: 0, strides: node.attrs.permutation.map((p) => strides[p]!) };
    },
  },
  flops: () => 0,
};

/** Axis i of the result is axis `permutation[i]` of x; without one, all axes are reversed. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  if (permutation !== undefined) checkList(permutation, 'transpose');
  const p = permutation ?? Array.from({ length: x.rank }, (_, i) => x.rank - 1 - i);
  return p.length === x.rank && p.every((a, i) => a === i) ? x : apply1(transposeOp, [x], { permutation: p });
}

/** x with one axis moved to another place, the others in their order. */
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  const order = Array.from({ length: x.rank }, (_, i) => i);
  order.splice(to, 0, ...order.splice(from, 1));
  return x.transpose(order);
}

interface FlipAttrs {
  readonly axes: readonly number[];
}

export const flipOp: Op<FlipAttrs> = {
  name: 'flip',
  differentiable: true,
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  jvp: ({ attrs }, [t]) => [apply1(flipOp, [t!], attrs)],
  transpose: ({ attrs }, [ct]) => [apply1(flipOp, [ct!], attrs)],
  batch: ({ attrs }, [x]) => [apply1(flipOp, [x!], { axes: attrs.axes.map((a) => a + 1) })],
  lower: (context, { inputs, attrs: { axes } }, [x]) => {
    const ints = (f: (length: number) => number): string => context.ints(axes.map((a) => f(inputs[0]!.shape[a]!)));
    // From the last element to the one before the first: −1 would mean the last again.
    const [start, end, step] = [ints((d) => d - 1), ints((d) => -d - 1), ints(() => -1)];
    return [context.emit('Slice', [x!, start, end, context.ints(axes), step])];
  },
  reference: {
    kind: 'strided',
    map: ({ inputs, attrs }) => {
      const { shape } = inputs[0]!;
      const strides = stridesOf(shape);
      const flips = (i: number): boolean => attrs.axes.includes(i) && shape[i]! > 0;
      return {
        offset: shape.reduce((sum, d, i) => sum + (flips(i) ? (d - 1) * strides[i]! : 0), 0),
        strides: strides.map((s, i) => (flips(i) ? -s : s)),
      };
    },
  },
  flops: () => 0,
};

/** The elements in reverse order along `axes` (all when absent). */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  const long = normalizeAxes(axes, x.rank, 'flip').filter((a) => x.shape[a]! > 1);
  return long.length === 0 ? x : apply1(flipOp, [x], { axes: long });
}
