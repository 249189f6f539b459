import type { Tensor } from '../tensor/ir.js';
import { type Shape, sizeOf, stridesOf } from '../tensor/shape.js';
import type { WindowGeometry } from './conv-shape.js';
import { pad } from './pad.js';
import { slice } from './slice.js';

/** Indices of a window's elements, outermost axis first: [0, 0], [0, 1], … */
function tapsOf(window: Shape): number[][] {
  const strides = stridesOf(window);
  return Array.from({ length: sizeOf(window) }, (_, t) => window.map((n, i) => Math.floor(t / strides[i]!) % n));
}

const leading = (t: Tensor, axes: number, value = 0): number[] => new Array<number>(t.rank - axes).fill(value);

/**
 * For every element of the window, what it sees at all positions of the window: the trailing axes of x, padded by `fill`,
 * become those of `positions`. The columns of im2col, before they are joined.
 */
export function windowTaps(
  x: Tensor,
  window: Shape,
  positions: Shape,
  { strides, padding, dilation }: WindowGeometry,
  fill = 0,
): Tensor[] {
  const none = leading(x, window.length);
  const padded = pad(x, [...none, ...padding.map((p) => p[0])], [...none, ...padding.map((p) => p[1])], fill);
  const whole = leading(x, window.length, Number.POSITIVE_INFINITY);
  return tapsOf(window).map((tap) => {
    const start = tap.map((k, i) => k * dilation[i]!);
    const end = start.map((s, i) => s + (positions[i]! - 1) * strides[i]! + 1);
    return slice(padded, [...none, ...start], [...whole, ...end], [...leading(x, window.length, 1), ...strides]);
  });
}

/** Puts stride − 1 zeros behind every element of the trailing axes. */
function spread(t: Tensor, strides: readonly number[]): Tensor {
  if (strides.every((s) => s === 1)) return t;
  const lead = t.shape.slice(0, t.rank - strides.length);
  const spatial = t.shape.slice(lead.length);
  const apart = t.reshape([...lead, ...spatial.flatMap((d) => [d, 1])]);
  const zeros = new Array<number>(apart.rank).fill(0);
  const behind = zeros.map((_, i) =>
    (i - lead.length) % 2 === 1 && i > lead.length ? strides[(i - lead.length - 1) / 2]! - 1 : 0,
  );
  return pad(apart, zeros, behind).reshape([...lead, ...spatial.map((d, i) => d * strides[i]!)]);
}

/** The transpose of `windowTaps`: adds every tap at the places it came from; the trailing axes become `size`. */
export function addTaps(
  taps: readonly Tensor[],
  window: Shape,
  size: Shape,
  { strides, padding, dilation }: WindowGeometry,
): Tensor {
  const rank = window.length;
  const first = taps[0]!;
  const none = leading(first, rank);
  const reach = first.shape.slice(none.length).map((d, i) => d * strides[i]!);
  const canvas = size.map((d, i) =>
    Math.max(d + padding[i]![0] + padding[i]![1], (window[i]! - 1) * dilation[i]! + reach[i]!),
  );
  const offsets = tapsOf(window).map((tap) => tap.map((k, i) => k * dilation[i]!));
  const total = taps
    .map((t, k) => {
      const before = offsets[k]!;
      const after = canvas.map((d, i) => d - before[i]! - reach[i]!);
      return pad(spread(t, strides), [...none, ...before], [...none, ...after]);
    })
    .reduce((a, b) => a.add(b));
  const low = padding.map((p) => p[0]);
  return slice(
    total,
    [...none, ...low],
    [...leading(first, rank, Number.POSITIVE_INFINITY), ...low.map((l, i) => l + size[i]!)],
  );
}
