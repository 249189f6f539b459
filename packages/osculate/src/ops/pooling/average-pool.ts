import { checkObject } from '../../tensor/check-value.js';
import { requireFloat } from '../../tensor/describe.js';
import { apply1, type BufferFunction, type Node, type Op, type Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { ndarray, zeros as zeroArray } from '../../tensor/ndarray.js';
import { sizeOf } from '../../tensor/shape.js';
import { batchFromExamples, batchIntoExamples } from '../convolution/batch.js';
import { addTaps, planeOf, visitRows, windowTaps } from '../convolution/windows.js';
import { mean } from '../reductions.js';
import { type PoolAttrs, type PoolOptions, poolAttrs, pooledSizes, spatialAxes, tiles } from './geometry.js';
import { upsample } from './upsample.js';

export interface AveragePoolOptions extends PoolOptions {
  /** Whether zeros of the padding count as elements of the mean (default true). */
  readonly countIncludePad?: boolean | undefined;
}

/** Whether windows tile the input without padding and remainder, so that the transpose is a repetition. */
function tilesExactly(x: Tensor, attrs: PoolAttrs): boolean {
  const padded = attrs.padding.some(([low, high]) => low + high > 0);
  return tiles(attrs) && !padded && attrs.window.every((n, i) => x.shape[i + 2]! % n === 0);
}

function transpose(node: Node<PoolAttrs>, ct: Tensor): Tensor {
  const { attrs } = node;
  const share = ct.mul(1 / sizeOf(attrs.window));
  const x = node.inputs[0]!;
  if (tilesExactly(x, attrs)) return upsample(share, attrs.window);
  const taps = new Array<Tensor>(sizeOf(attrs.window)).fill(share);
  return addTaps(taps, attrs.window, x.shape.slice(2), attrs);
}

/** The mean as an expression of other ops, for dtypes without a kernel. */
function byTaps(x: Tensor, output: readonly number[], attrs: PoolAttrs): Tensor {
  const taps = windowTaps(x, attrs.window, output, attrs);
  return taps.reduce((a, b) => a.add(b)).mul(1 / taps.length);
}

function prepare(node: Node<PoolAttrs>): BufferFunction {
  const { attrs } = node;
  const x = node.inputs[0]!;
  const plane = planeOf(x.shape.slice(2), attrs.window, node.outputs[0]!.shape.slice(2), attrs);
  const planes = x.shape[0]! * x.shape[1]!;
  const step = plane.inner.stride;
  const scale = 1 / plane.window;
  return ([from], [to]) => {
    to!.fill(0);
    const add = (source: number, _: number, at: number, count: number): void => {
      for (let i = 0; i < count; i++) to![at + i]! += from![source + i * step]!;
    };
    for (let p = 0; p < planes; p++) visitRows(plane, p * plane.input, 0, p * plane.output, add);
    for (let i = 0; i < to!.length; i++) to![i]! *= scale;
  };
}

export const averagePoolOp: Op<PoolAttrs> = {
  name: 'averagePool',
  differentiable: true,
  infer: ([x], attrs) => [
    { shape: [x!.shape[0]!, x!.shape[1]!, ...pooledSizes('averagePool', x!, attrs)], dtype: x!.dtype },
  ],
  jvp: (node, [t]) => [apply1(averagePoolOp, [t!], node.attrs)],
  transpose: (node, [ct]) => [transpose(node, ct!)],
  batch: (node, [x], _, size) => [batchFromExamples(apply1(averagePoolOp, [batchIntoExamples(x!)], node.attrs), size)],
  lower: (context, node, [name]) => {
    const { window, strides, padding } = node.attrs;
    const x = node.inputs[0]!;
    const { shape, dtype } = node.outputs[0]!;
    if (sizeOf(shape) === 0) return [context.constant(zeroArray(dtype, shape))];
    if (dtype === 'f64') return context.expression([byTaps(x, shape.slice(2), node.attrs)], [x], [name!]);
    return [
      context.emit('AveragePool', [name!], {
        kernel_shape: { ints: window },
        strides: { ints: strides },
        pads: { ints: [...padding.map((p) => p[0]), ...padding.map((p) => p[1])] },
        count_include_pad: { int: 1 },
      }),
    ];
  },
  reference: { kind: 'kernel', prepare },
  flops: (node) => node.outputs[0]!.size * sizeOf(node.attrs.window),
};

/** Window size over the number of its elements that are not padding, at every position of one axis. */
function corrections(size: number, positions: number, attrs: PoolAttrs, i: number): number[] {
  const n = attrs.window[i]!;
  return Array.from({ length: positions }, (_, p) => {
    const start = p * attrs.strides[i]! - attrs.padding[i]![0];
    return n / (Math.min(start + n, size) - Math.max(start, 0));
  });
}

/**
 * Means over windows. x is `[n, c, …spatial]` with one or two spatial axes, the result `[n, c, …spatial′]` with
 * spatial′ = ⌊(spatial + padding − window) / stride⌋ + 1: a last window that does not fit is left out (there is no
 * ceil mode; pad instead). Linear.
 *
 * @throws ShapeError when sizes do not fit, or a window would hold nothing but padding.
 */
export function averagePool(x: Tensor, given: AveragePoolOptions): Tensor {
  checkObject('averagePool: the options', given);
  const { countIncludePad = true, ...options } = given;
  const attrs = poolAttrs('averagePool', x, { ...options, dilation: undefined });
  const mean = apply1(averagePoolOp, [x], attrs);
  if (countIncludePad || attrs.padding.every(([low, high]) => low + high === 0)) return mean;
  return attrs.window.reduce((y, _, i) => {
    const axis = i + 2;
    const shape = y.shape.map((d, k) => (k === axis ? d : 1));
    const factors = corrections(x.shape[axis]!, y.shape[axis]!, attrs, i);
    return y.mul(constant(ndarray(y.dtype, factors, shape)));
  }, mean);
}

/**
 * Mean over all spatial axes, which keep length 1: `[n, c, …]` → `[n, c, 1, …]`.
 *
 * @throws ShapeError unless x has one or more spatial axes.
 * @example
 * globalAveragePool(constant([[[[1, 2], [3, 6]]]], 'f64')); // [[[[3]]]]
 */
export function globalAveragePool(x: Tensor): Tensor {
  requireFloat('globalAveragePool', x);
  return mean(x, spatialAxes('globalAveragePool', x), true);
}
