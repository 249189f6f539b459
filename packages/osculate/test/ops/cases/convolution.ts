import { conv } from '../../../src/ops/convolution/conv.js';
import { convTranspose } from '../../../src/ops/convolution/conv-transpose.js';
import { globalAveragePool, globalMaxPool, upsample } from '../../../src/ops/index.js';
import { averagePool } from '../../../src/ops/pooling/average-pool.js';
import { maxPool } from '../../../src/ops/pooling/max-pool.js';
import type { NDArray } from '../../../src/tensor/index.js';
import type { OpCase } from '../case.js';

interface Geometry {
  readonly strides?: readonly number[];
  readonly padding?: readonly (readonly [number, number])[];
  readonly dilation?: readonly number[];
  readonly groups?: number;
}

type Visit = (x: number, w: number, y: number) => void;

/** All products of a 2-D convolution by its defining formula, as flat indices: every other oracle here is a sum over them. */
function products(x: readonly number[], w: readonly number[], options: Geometry, visit: Visit): number[] {
  const { strides = [1, 1], padding = [[0, 0], [0, 0]], dilation = [1, 1], groups = 1 } = options; // biome-ignore format: short
  const [n, c, h, v] = x as [number, number, number, number];
  const [o, cg, kh, kv] = w as [number, number, number, number];
  const out = [h, v].map((size, i) => {
    const room = size + padding[i]![0] + padding[i]![1] - (w[i + 2]! - 1) * dilation[i]! - 1;
    return Math.floor(room / strides[i]!) + 1;
  }) as [number, number];
  const all = [n, o, cg, kh, kv, ...out];
  for (let flat = 0; flat < all.reduce((a, b) => a * b, 1); flat++) {
    let rest = flat;
    const index = [...all].reverse().map((d) => {
      const r = rest % d;
      rest = (rest - r) / d;
      return r;
    });
    const [q, p, b, a, ch, oc, ex] = index as [number, number, number, number, number, number, number];
    const row = p * strides[0]! + a * dilation[0]! - padding[0]![0];
    const column = q * strides[1]! + b * dilation[1]! - padding[1]![0];
    if (row < 0 || row >= h || column < 0 || column >= v) continue;
    const channel = Math.floor(oc / (o / groups)) * cg + ch;
    visit(
      ((ex * c + channel) * h + row) * v + column,
      ((oc * cg + ch) * kh + a) * kv + b,
      ((ex * o + oc) * out[0] + p) * out[1] + q,
    );
  }
  return [n, o, ...out];
}

const lift = (shape: readonly number[]): number[] =>
  shape.length === 4 ? [...shape] : [shape[0]!, shape[1]!, 1, shape[2]!];

function lifted(g: Geometry, rank: number): Geometry {
  if (rank === 4) return g;
  const out: { -readonly [K in keyof Geometry]: Geometry[K] } = {};
  if (g.groups) out.groups = g.groups;
  if (g.strides) out.strides = [1, ...g.strides];
  if (g.dilation) out.dilation = [1, ...g.dilation];
  if (g.padding) out.padding = [[0, 0], ...g.padding];
  return out;
}

function naiveConv(g: Geometry) {
  return (x: NDArray, w: NDArray): number[][] => {
    const shapes = [lift(x.shape), lift(w.shape)] as const;
    const options = lifted(g, x.shape.length);
    const shape = products(...shapes, options, () => {});
    const y = new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0);
    products(...shapes, options, (i, j, k) => {
      y[k]! += Number(x.data[i]) * Number(w.data[j]);
    });
    return [y];
  };
}

/** x of y by the products of the convolution that goes from `shape` to y's. */
function naiveTranspose(g: Geometry, shape: readonly number[]) {
  return (y: NDArray, w: NDArray): number[][] => {
    const x = new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0);
    products(lift(shape), lift(w.shape), lifted(g, w.shape.length), (i, j, k) => {
      x[i]! += Number(y.data[k]) * Number(w.data[j]);
    });
    return [x];
  };
}

function naiveWeight(g: Geometry, shape: readonly number[]) {
  return (x: NDArray, y: NDArray): number[][] => {
    const w = new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(0);
    products(lift(x.shape), lift(shape), lifted(g, shape.length), (i, j, k) => {
      w[j]! += Number(x.data[i]) * Number(y.data[k]);
    });
    return [w];
  };
}

function convCase(name: string, x: number[], w: number[], g: Geometry): OpCase {
  return {
    name: `conv, ${name}`,
    inputs: [{ shape: x }, { shape: w }],
    build: (a, b) => conv(a, b, g),
    expected: naiveConv(g),
  };
}

function transposeCase(
  name: string,
  y: number[],
  w: number[],
  x: number[],
  g: Geometry & { outputPadding?: number[] },
): OpCase {
  return {
    name: `convTranspose, ${name}`,
    inputs: [{ shape: y }, { shape: w }],
    build: (a, b) => convTranspose(a, b, g),
    expected: naiveTranspose(g, x),
  };
}

function weightCase(name: string, x: number[], y: number[], w: number[], g: Geometry): OpCase {
  return {
    name: `convWeight, ${name}`,
    inputs: [{ shape: x }, { shape: y }],
    build: (a, b) => a.convWeight(b, { ...g, kernel: w.slice(2) }),
    expected: naiveWeight(g, w),
  };
}

const same: Geometry = { padding: [[1, 1], [1, 1]] }; // biome-ignore format: short
/** Size 7 leaves a remainder against the stride; padding, stride and dilation differ by axis. */
const uneven: Geometry = { strides: [2, 3], padding: [[1, 0], [2, 1]], dilation: [2, 1] }; // biome-ignore format: short

export const convolutionCases: readonly OpCase[] = [
  convCase('1-D', [2, 2, 5], [3, 2, 3], {}),
  convCase('1-D, stride 2, dilation 2, padding on one side', [2, 1, 8], [2, 1, 2], {
    strides: [2],
    dilation: [2],
    padding: [[0, 1]],
  }),
  convCase('2-D, same size', [2, 2, 4, 3], [3, 2, 3, 3], same),
  convCase('2-D, kernel 1', [2, 3, 2, 2], [2, 3, 1, 1], {}),
  convCase('2-D, everything uneven', [1, 2, 7, 7], [2, 2, 3, 2], uneven),
  convCase('2-D, stride above the kernel', [1, 1, 7, 7], [2, 1, 2, 2], { strides: [3, 3] }),
  convCase('2-D, padding above the kernel', [1, 1, 2, 3], [1, 1, 2, 2], { padding: [[3, 2], [2, 3]] }), // biome-ignore format: short
  convCase('2 groups', [2, 4, 4, 4], [6, 2, 3, 3], { ...same, groups: 2 }),
  convCase('depthwise, two outputs a channel', [1, 3, 4, 4], [6, 1, 2, 2], { groups: 3, strides: [2, 2] }),
  convCase('no examples', [0, 2, 4, 4], [3, 2, 3, 3], same),
  convCase('no channels', [2, 0, 4], [3, 0, 3], {}),
  transposeCase('1-D', [2, 3, 3], [3, 2, 3], [2, 2, 5], {}),
  transposeCase('1-D, stride 3, outputPadding', [2, 2, 3], [2, 3, 2], [2, 3, 10], { strides: [3], outputPadding: [2] }),
  transposeCase('2-D, everything uneven', [1, 2, 2, 3], [2, 2, 3, 2], [1, 2, 7, 7], {
    ...uneven,
    outputPadding: [1, 2],
  }),
  transposeCase('2-D, padding above the kernel', [1, 1, 6, 7], [1, 1, 2, 2], [1, 1, 2, 3], { padding: [[3, 2], [2, 3]] }), // biome-ignore format: short
  transposeCase('2-D, stride 1', [2, 3, 4, 3], [3, 2, 3, 3], [2, 2, 4, 3], same),
  transposeCase('2 groups', [1, 4, 3, 3], [4, 3, 3, 3], [1, 6, 3, 3], { ...same, groups: 2 }),
  transposeCase('many channels, stride 1', [2, 4, 3, 3], [4, 33, 2, 3], [2, 66, 4, 3], {
    padding: [
      [0, 0],
      [2, 0],
    ],
    groups: 2,
  }),
  transposeCase('no examples', [0, 3, 3], [3, 2, 3], [0, 2, 5], {}),
  weightCase('1-D', [2, 2, 5], [2, 3, 3], [3, 2, 3], {}),
  weightCase('2-D, everything uneven', [2, 2, 7, 7], [2, 2, 2, 3], [2, 2, 3, 2], uneven),
  weightCase('2 groups', [2, 4, 3, 3], [2, 2, 3, 3], [2, 2, 3, 3], { ...same, groups: 2 }),
  weightCase('no examples', [0, 2, 5], [0, 3, 3], [3, 2, 3], {}),
];

interface Pool extends Omit<Geometry, 'groups'> {
  readonly window: readonly number[];
}

/** Elements of each window of a pooling, without the padding; `fold` makes the result of them. */
function naivePool({ window, ...g }: Pool, fold: (seen: readonly number[]) => number) {
  return (x: NDArray): number[][] => {
    const [n, c, ...spatial] = lift(x.shape) as [number, number, number, number];
    const options = lifted({ strides: window, ...g }, x.shape.length);
    const sides = window.length === 1 ? [1, ...window] : window;
    const seen: number[][] = [];
    products([n * c, 1, ...spatial], [1, 1, ...sides], options, (i, _, k) => {
      seen[k] ??= [];
      seen[k].push(Number(x.data[i]));
    });
    return [Array.from(seen, fold)];
  };
}

const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

function maxCase(name: string, shape: number[], pool: Pool): OpCase {
  return {
    name: `maxPool, ${name}`,
    inputs: [{ shape }],
    build: (x) => maxPool(x, pool),
    expected: naivePool(pool, (seen) => Math.max(...seen)),
  };
}

function averageCase(name: string, shape: number[], pool: Pool & { countIncludePad?: boolean }): OpCase {
  const elements = pool.window.reduce((a, b) => a * b, 1);
  return {
    name: `averagePool, ${name}`,
    inputs: [{ shape }],
    build: (x) => averagePool(x, pool),
    expected: naivePool(pool, (seen) => total(seen) / (pool.countIncludePad === false ? seen.length : elements)),
  };
}

const shifted: readonly (readonly [number, number])[] = [[1, 0], [1, 1]]; // biome-ignore format: short

export const poolingCases: readonly OpCase[] = [
  maxCase('1-D', [2, 2, 6], { window: [2] }),
  maxCase('2-D, tiles', [2, 2, 4, 6], { window: [2, 3] }),
  maxCase('2-D, tiles with a remainder', [1, 2, 5, 7], { window: [2, 2] }),
  maxCase('2-D, padded tiles', [1, 2, 5, 4], { window: [2, 3], padding: shifted }),
  maxCase('2-D, overlapping', [1, 2, 6, 7], { window: [3, 3], strides: [2, 1], padding: [[1, 1], [1, 0]] }), // biome-ignore format: short
  maxCase('2-D, gaps', [1, 1, 7, 7], { window: [2, 1], strides: [3, 2] }),
  maxCase('2-D, dilation', [1, 2, 6, 6], { window: [2, 2], strides: [1, 2], dilation: [2, 3] }),
  maxCase('no examples', [0, 2, 4, 4], { window: [2, 2] }),
  {
    name: 'maxPool, of squares',
    inputs: [{ shape: [2, 1, 4, 4] }],
    build: (x) => [maxPool(x.mul(x), { window: [2, 2] }), maxPool(x.mul(x), { window: [3, 3], strides: [1, 1] })],
  },
  {
    name: 'maxPool, ties',
    inputs: [{ shape: [1, 1, 4, 4], values: [0, 0, 1, 2, 0, 0, 2, 1, 3, 1, 5, 5, 1, 3, 5, 5] }],
    build: (x) => maxPool(x, { window: [2, 2] }),
    expected: () => [[0, 2, 3, 5]],
    smooth: 0,
  },
  averageCase('1-D', [2, 2, 6], { window: [2] }),
  averageCase('2-D, tiles', [2, 2, 4, 6], { window: [2, 3] }),
  averageCase('2-D, tiles with a remainder', [1, 2, 5, 7], { window: [2, 2] }),
  averageCase('2-D, overlapping', [1, 2, 6, 7], { window: [3, 3], strides: [2, 1], padding: [[1, 1], [1, 0]] }), // biome-ignore format: short
  averageCase('2-D, padding not counted', [1, 2, 5, 4], { window: [2, 3], padding: shifted, countIncludePad: false }),
  averageCase('no examples', [0, 2, 4, 4], { window: [2, 2] }),
  {
    name: 'upsample, 1-D',
    inputs: [{ shape: [2, 2, 3] }],
    build: (x) => upsample(x, [3]),
    expected: (x) => [Array.from(x.data, Number).flatMap((v) => [v, v, v])],
  },
  {
    name: 'upsample, 2-D',
    inputs: [{ shape: [2, 1, 2, 2] }],
    build: (x) => upsample(x, [2, 3]),
    expected: (x) => {
      const rows = [0, 2, 4, 6].map((i) => [x.data[i]!, x.data[i + 1]!].map(Number).flatMap((v) => [v, v, v]));
      return [rows.flatMap((row) => [...row, ...row])];
    },
  },
  { name: 'upsample, no examples', inputs: [{ shape: [0, 1, 2, 2] }], build: (x) => upsample(x, [2, 3]) },
  {
    name: 'globalAveragePool',
    inputs: [{ shape: [2, 2, 2, 3] }],
    build: globalAveragePool,
    expected: (x) => [[0, 6, 12, 18].map((i) => total(Array.from(x.data.slice(i, i + 6), Number)) / 6)],
  },
  {
    name: 'globalMaxPool',
    inputs: [{ shape: [2, 2, 3] }],
    build: globalMaxPool,
    expected: (x) => [[0, 3, 6, 9].map((i) => Math.max(...Array.from(x.data.slice(i, i + 3), Number)))],
  },
];
