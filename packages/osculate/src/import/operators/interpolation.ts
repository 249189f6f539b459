import type { NodeCall } from '../node-call.js';
import { iota } from './integers.js';
import { named } from './table.js';

export interface ResizeMethod {
  readonly mode: string;
  /** `coordinate_transformation_mode`. */
  readonly transform: string;
  readonly nearest: string;
  readonly cubic: number;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
}

interface Tap {
  readonly index: number;
  readonly weight: number;
}

/** How each element of a resized axis arises from those of an axis of `length`. */
export interface AxisResize {
  readonly length: number;
  readonly rows: readonly (readonly Tap[])[];
  /** Elements that lie outside of the input and get the extrapolation value. */
  readonly outside: readonly boolean[];
}

interface Axis {
  readonly length: number;
  readonly size: number;
  readonly scale: number;
  readonly roi: readonly [number, number];
}

/** The place in the input of element i of the output. */
function place(call: NodeCall, transform: string, i: number, { length, size, scale, roi: [start, end] }: Axis): number {
  switch (transform) {
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric':
      return (length / 2) * (1 - size / (scale * length)) + (i + 0.5) / scale - 0.5;
    case 'pytorch_half_pixel':
      return size > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      return size > 1 ? (i * (length - 1)) / (size - 1) : 0;
    case 'asymmetric':
      return i / scale;
    case 'tf_crop_and_resize': {
      const across = (end - start) * (length - 1);
      return start * (length - 1) + (size > 1 ? (i * across) / (size - 1) : across / 2);
    }
    default:
      return call.refuse(`coordinate_transformation_mode '${transform}' is unknown`);
  }
}

const roundings: Readonly<Record<string, (x: number) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** Keys' cubic convolution kernel. */
function cubicKernel(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0;
}

/** The taps of a kernel of a given radius around a place; the kernel is stretched where `stretch` < 1. */
function taps(at: number, radius: number, stretch: number, kernel: (x: number) => number): Tap[] {
  const base = Math.floor(at);
  const ratio = at - base;
  const first = Math.floor(-radius / stretch) + 1;
  const list = iota(2 - 2 * first).map((k) => {
    return { index: base + first + k, weight: kernel(stretch * (first + k - ratio)) };
  });
  const sum = list.reduce((s, t) => s + t.weight, 0);
  return stretch === 1 ? list : list.map((t) => ({ index: t.index, weight: t.weight / sum }));
}

function row(call: NodeCall, method: ResizeMethod, at: number, axis: Axis): Tap[] {
  const { length, scale } = axis;
  const clamp = (i: number): number => Math.min(Math.max(i, 0), length - 1);
  if (method.mode === 'nearest') {
    const rounding = named(roundings, method.nearest) ?? call.refuse(`nearest_mode '${method.nearest}' is unknown`);
    return [{ index: clamp(rounding(at)), weight: 1 }];
  }
  const stretch = method.antialias ? Math.min(scale, 1) : 1;
  const cubic = method.mode === 'cubic';
  if (!cubic && method.mode !== 'linear') call.refuse(`mode '${method.mode}' is unknown`);
  const all = cubic ? taps(at, 2, stretch, (x) => cubicKernel(x, method.cubic)) : taps(at, 1, stretch, triangle);
  if (!method.excludeOutside) return all.map(({ index, weight }) => ({ index: clamp(index), weight }));
  const inside = all.filter(({ index }) => index >= 0 && index < length);
  const sum = inside.reduce((s, t) => s + t.weight, 0);
  return inside.map(({ index, weight }) => ({ index, weight: weight / sum }));
}

/** The interpolation of an axis of `length` elements by `size` ones. */
export function interpolation(
  call: NodeCall,
  method: ResizeMethod,
  length: number,
  size: number,
  scale: number,
  roi: readonly [number, number],
): AxisResize {
  const axis = { length, size, scale, roi };
  const places = iota(size).map((i) => place(call, method.transform, i, axis));
  const crop = method.transform === 'tf_crop_and_resize';
  return {
    length,
    rows: places.map((at) => row(call, method, at, axis)),
    outside: places.map((at) => crop && (at < 0 || at > length - 1)),
  };
}
