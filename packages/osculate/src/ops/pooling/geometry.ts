import { checkObject } from '../../tensor/check-value.js';
import { describe, requireFloat } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import { checkTensor, type Tensor } from '../../tensor/ir.js';
import { checkList, type Shape, showShape } from '../../tensor/shape.js';
import { type ConvOptions, slidSizes, type WindowGeometry, windowGeometry } from '../convolution/geometry.js';

export interface PoolOptions {
  /** Sizes of the window, one a spatial axis. */
  readonly window: readonly number[];
  /** Default: the window, so that windows tile the input. */
  readonly strides?: readonly number[] | undefined;
  /** Padding before and after each axis, less than the window (default none). */
  readonly padding?: readonly (readonly [number, number])[] | undefined;
}

export interface PoolAttrs extends WindowGeometry {
  readonly window: Shape;
}

/** Complete, checked attributes of a pooling of x. */
export function poolAttrs(what: string, x: Tensor, given: PoolOptions & Omit<ConvOptions, 'groups'>): PoolAttrs {
  requireFloat(what, x);
  checkObject(`${what}: the options`, given);
  const { window, ...options } = given;
  checkList(window, `${what}: the window`);
  if ((x.rank !== 3 && x.rank !== 4) || window.length !== x.rank - 2) {
    throw new ShapeError(
      `${what} of ${describe(x)} with window ${showShape(window)}: needs [n, c, …] with one or two spatial axes, and a window size for each`,
    );
  }
  return { window: [...window], ...windowGeometry(what, window.length, options, window) };
}

/** Whether some element of the window at a position of an axis lies within the input. */
function sees(size: number, attrs: PoolAttrs, i: number, position: number): boolean {
  const start = position * attrs.strides[i]! - attrs.padding[i]![0];
  for (let k = 0; k < attrs.window[i]!; k++) {
    const at = start + k * attrs.dilation[i]!;
    if (at >= 0 && at < size) return true;
  }
  return false;
}

/** Spatial sizes of the result. Throws where a window would hold nothing but padding. */
export function pooledSizes(name: string, x: Tensor, attrs: PoolAttrs): number[] {
  const what = (): string => `${name} of ${describe(x)} with window ${showShape(attrs.window)}`;
  const input = x.shape.slice(2);
  const output = slidSizes(what, input, attrs.window, attrs);
  attrs.padding.forEach(([low, high], i) => {
    const blind = (): boolean =>
      Array.from({ length: output[i]! }, (_, p) => p).some((p) => !sees(input[i]!, attrs, i, p));
    if (low >= attrs.window[i]! || high >= attrs.window[i]! || blind()) {
      throw new ShapeError(
        `${what()}: padding ${low} and ${high} along spatial axis ${i} leaves windows that hold nothing but padding; pad less than the window`,
      );
    }
  });
  return output;
}

/** Whether no two windows share an element and no gaps are between them: one step is one window. */
export function tiles({ window, strides, dilation }: PoolAttrs): boolean {
  return window.every((n, i) => strides[i] === n && dilation[i] === 1);
}

/** All axes behind example and channel. */
export function spatialAxes(what: string, x: Tensor): number[] {
  checkTensor(what, x);
  if (x.rank < 3) throw new ShapeError(`${what} of ${describe(x)}: needs [n, c, …] with a spatial axis`);
  return Array.from({ length: x.rank - 2 }, (_, i) => i + 2);
}
