import { apply1, type BufferFunction, type LoweredAttr, type Node, type Op, type Tensor } from '../../tensor/ir.js';
import { zeros as zeroArray } from '../../tensor/ndarray.js';
import { sizeOf } from '../../tensor/shape.js';
import { batchFromExamples, batchIntoExamples } from '../convolution/batch.js';
import { planeOf, visitRows, windowTaps } from '../convolution/windows.js';
import { max } from '../extrema.js';
import { pad } from '../pad.js';
import { slice } from '../slice.js';
import { averagePool } from './average-pool.js';
import { type PoolAttrs, type PoolOptions, poolAttrs, pooledSizes, spatialAxes, tiles } from './geometry.js';
import { upsample } from './upsample.js';

export interface MaxPoolOptions extends PoolOptions {
  /** Distance of neighbouring elements of a window (default 1). */
  readonly dilation?: readonly number[] | undefined;
}

/** What windows that tile see of x: padded, and cut where the last one ends. */
function covered(x: Tensor, { window, padding }: PoolAttrs, output: readonly number[], fill: number): Tensor {
  const padded = pad(x, [0, 0, ...padding.map((p) => p[0])], [0, 0, ...padding.map((p) => p[1])], fill);
  const end = [padded.shape[0]!, padded.shape[1]!, ...output.map((d, i) => d * window[i]!)];
  return slice(padded, new Array<number>(x.rank).fill(0), end);
}

/**
 * Tangent where windows tile: the mean of t over each window's largest elements, as a quotient of two averages. The mask
 * comes from comparing with the repeated maximum; positions of the maximum are never asked for.
 */
function tangentOfTiles(node: Node<PoolAttrs>, t: Tensor): Tensor {
  const { attrs } = node;
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const output = y.shape.slice(2);
  const mask = covered(x, attrs, output, Number.NEGATIVE_INFINITY).equal(upsample(y, attrs.window)).cast(x.dtype);
  const mean = (v: Tensor): Tensor => averagePool(v, { window: attrs.window });
  return mean(covered(t, attrs, output, 0).mul(mask)).div(mean(mask));
}

/** The same where windows overlap: one mask for every element of the window. */
function tangentByTaps(node: Node<PoolAttrs>, t: Tensor): Tensor {
  const { attrs } = node;
  const [x, y] = [node.inputs[0]!, node.outputs[0]!];
  const taps = (v: Tensor, fill: number): Tensor[] => windowTaps(v, attrs.window, y.shape.slice(2), attrs, fill);
  const masks = taps(x, Number.NEGATIVE_INFINITY).map((v) => v.equal(y).cast(x.dtype));
  const sum = (list: readonly Tensor[]): Tensor => list.reduce((a, b) => a.add(b));
  return sum(taps(t, 0).map((v, k) => v.mul(masks[k]!))).div(sum(masks));
}

function prepare(node: Node<PoolAttrs>): BufferFunction {
  const { attrs } = node;
  const x = node.inputs[0]!;
  const plane = planeOf(x.shape.slice(2), attrs.window, node.outputs[0]!.shape.slice(2), attrs);
  const planes = x.shape[0]! * x.shape[1]!;
  const step = plane.inner.stride;
  return ([from], [to]) => {
    to!.fill(Number.NEGATIVE_INFINITY);
    const raise = (source: number, _: number, at: number, count: number): void => {
      for (let i = 0; i < count; i++) to![at + i] = Math.max(to![at + i]!, from![source + i * step]!);
    };
    for (let p = 0; p < planes; p++) visitRows(plane, p * plane.input, 0, p * plane.output, raise);
  };
}

/** The attributes of ONNX's MaxPool. */
export function onnxMaxPool({ window, strides, padding, dilation }: PoolAttrs): Record<string, LoweredAttr> {
  return {
    kernel_shape: { ints: window },
    strides: { ints: strides },
    pads: { ints: [...padding.map((p) => p[0]), ...padding.map((p) => p[1])] },
    dilations: { ints: dilation },
  };
}

export const maxPoolOp: Op<PoolAttrs> = {
  name: 'maxPool',
  differentiable: true,
  infer: ([x], attrs) => [
    { shape: [x!.shape[0]!, x!.shape[1]!, ...pooledSizes('maxPool', x!, attrs)], dtype: x!.dtype },
  ],
  jvp: (node, [t]) => [tiles(node.attrs) ? tangentOfTiles(node, t!) : tangentByTaps(node, t!)],
  batch: (node, [x], _, size) => [batchFromExamples(apply1(maxPoolOp, [batchIntoExamples(x!)], node.attrs), size)],
  lower: (context, node, [x]) => {
    const { shape, dtype } = node.outputs[0]!;
    if (sizeOf(shape) === 0) return [context.constant(zeroArray(dtype, shape))];
    return [context.emit('MaxPool', [x!], onnxMaxPool(node.attrs))];
  },
  reference: { kind: 'kernel', prepare },
  flops: (node) => node.outputs[0]!.size * sizeOf(node.attrs.window),
};

/**
 * Largest element of each window. x is `[n, c, …spatial]` with one or two spatial axes, the result `[n, c, …spatial′]`
 * with spatial′ = ⌊(spatial + padding − (window − 1)·dilation − 1) / stride⌋ + 1: a last window that does not fit is left
 * out (there is no ceil mode; pad instead). Padding never wins. In derivatives equal maxima share equally.
 *
 * @throws ShapeError when sizes do not fit, or a window would hold nothing but padding.
 */
export function maxPool(x: Tensor, options: MaxPoolOptions): Tensor {
  return apply1(maxPoolOp, [x], poolAttrs('maxPool', x, options));
}

/**
 * Largest element over all spatial axes, which keep length 1: `[n, c, …]` → `[n, c, 1, …]`. In derivatives equal maxima
 * share equally.
 *
 * @throws ShapeError unless x has one or more spatial axes.
 * @example
 * globalMaxPool(constant([[[[1, 2], [3, 6]]]], 'f64')); // [[[[6]]]]
 */
export function globalMaxPool(x: Tensor): Tensor {
  return max(x, spatialAxes('globalMaxPool', x), true);
}
