import type { Tensor } from '../../tensor/ir.js';
import { type Shape, sizeOf, stridesOf } from '../../tensor/shape.js';
import { pad } from '../pad.js';
import { slice } from '../slice.js';
import type { WindowGeometry } from './geometry.js';

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

/** One row of a window's element: `count` positions from `y` on, which see the input from `x` on in steps of the stride. */
export type VisitRow = (x: number, tap: number, y: number, count: number) => void;

interface Axis {
  readonly input: number;
  readonly window: number;
  readonly output: number;
  readonly stride: number;
  readonly dilation: number;
  readonly low: number;
}

/** A plane of one or two spatial axes over which a window slides. */
export interface Plane {
  readonly outer: Axis;
  readonly inner: Axis;
  /** Elements of the input, the window and the output. */
  readonly input: number;
  readonly window: number;
  readonly output: number;
}

const unit: Axis = { input: 1, window: 1, output: 1, stride: 1, dilation: 1, low: 0 };

/** The plane of the given spatial sizes; one axis alone gets an outer axis of length 1. */
export function planeOf(input: Shape, window: Shape, output: Shape, geometry: WindowGeometry): Plane {
  const axes = input.map((size, i) => ({
    input: size,
    window: window[i]!,
    output: output[i]!,
    stride: geometry.strides[i]!,
    dilation: geometry.dilation[i]!,
    low: geometry.padding[i]![0],
  }));
  const inner = axes.at(-1)!;
  const outer = axes.length === 1 ? unit : axes[0]!;
  const size = (key: 'input' | 'window' | 'output'): number => outer[key] * inner[key];
  return { outer, inner, input: size('input'), window: size('window'), output: size('output') };
}

/** First position whose element at `offset` falls into the input, and the one after the last. */
function range({ input, output, stride }: Axis, offset: number): [number, number] {
  const first = Math.max(0, Math.ceil(-offset / stride));
  const end = Math.min(output, Math.floor((input - 1 - offset) / stride) + 1);
  return [first, Math.max(first, end)];
}

/** Visits what a window sees of a plane, row by row; x, tap and y are where the planes begin. Padding is skipped. */
export function visitRows({ outer, inner }: Plane, x: number, tap: number, y: number, visit: VisitRow): void {
  for (let i = 0; i < outer.window; i++) {
    const offsetOuter = i * outer.dilation - outer.low;
    const [top, bottom] = range(outer, offsetOuter);
    for (let j = 0; j < inner.window; j++) {
      const offset = j * inner.dilation - inner.low;
      const [first, end] = range(inner, offset);
      for (let row = top; row < bottom; row++) {
        const from = x + (row * outer.stride + offsetOuter) * inner.input + first * inner.stride + offset;
        visit(from, tap + i * inner.window + j, y + row * inner.output + first, end - first);
      }
    }
  }
}
