import type { Shape } from '../tensor/shape.js';
import type { WindowGeometry } from './conv-shape.js';

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
