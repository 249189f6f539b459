import { apply1, type Op, type Tensor } from '../tensor/ir.js';
import { normalizeAxes, stridesOf } from '../tensor/shape.js';

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
