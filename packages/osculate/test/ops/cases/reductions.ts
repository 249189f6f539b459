import type { NDArray } from '../../../src/tensor/index.js';
import type { OpCase } from '../case.js';
import { at, groups, tabulate, total } from './indexing.js';

const x234 = { shape: [2, 3, 4] } as const;

const over =
  (axes: readonly number[], f: (values: readonly number[]) => number): NonNullable<OpCase['expected']> =>
  (x) => [groups(x!, axes).map(f)];

const average = (v: readonly number[]): number => total(v) / v.length;
const largest = (v: readonly number[]): number => Math.max(...v);
const smallest = (v: readonly number[]): number => Math.min(...v);
const times = (v: readonly number[]): number => v.reduce((a, b) => a * b, 1);
const logTotal = (v: readonly number[]): number => Math.log(total(v.map(Math.exp)));

/** Values normalised along an axis, by the group that they are in. */
const along =
  (axis: number, f: (value: number, group: readonly number[]) => number): NonNullable<OpCase['expected']> =>
  (x) => {
    const lines = groups(x!, [axis]);
    const rest = x!.shape.filter((_, i) => i !== axis);
    const lineOf = (index: readonly number[]): readonly number[] => {
      const outer = index.filter((_, i) => i !== axis);
      return lines[outer.reduce((flat, k, i) => flat * rest[i]! + k, 0)]!;
    };
    return [tabulate(x!.shape, (index) => f(at(x!, index), lineOf(index)))];
  };

const softmaxOf = (v: number, group: readonly number[]): number => Math.exp(v) / total(group.map(Math.exp));

function cumulative(x: NDArray, axis: number, within: (j: number, i: number) => boolean): number[][] {
  const f = (index: number[]): number => {
    let sum = 0;
    for (let j = 0; j < x.shape[axis]!; j++) {
      if (within(j, index[axis]!)) sum += at(x, index.with(axis, j));
    }
    return sum;
  };
  return [tabulate(x.shape, f)];
}

const sums: readonly OpCase[] = [
  { name: 'sum, all', inputs: [x234], build: (x) => x.sum(), expected: over([0, 1, 2], total) },
  { name: 'sum, one axis', inputs: [x234], build: (x) => x.sum(1), expected: over([1], total) },
  { name: 'sum, two axes', inputs: [x234], build: (x) => x.sum([0, -1]), expected: over([0, 2], total) },
  { name: 'sum, kept', inputs: [x234], build: (x) => x.sum([2], true).mul(x), smooth: 3 },
  {
    name: 'sum, integers',
    inputs: [{ shape: [3, 4], dtype: 'i64' }],
    build: (x) => x.sum(0),
    expected: over([0], total),
  },
  { name: 'sum, empty axis', inputs: [{ shape: [0, 3] }], build: (x) => x.sum(0), expected: () => [[0, 0, 0]] },
  { name: 'sum, empty result', inputs: [{ shape: [0, 3] }], build: (x) => x.sum(1), expected: () => [[]] },
  {
    name: 'sum, long',
    inputs: [{ shape: [2048] }],
    build: (x) => x.mul(x).sum(),
    expected: (x) => [[total([...x!.data].map((v) => Number(v) ** 2))]],
    smooth: 1,
    tolerance: { f64: 1e-11 },
  },
  {
    name: 'sum, long and in the middle',
    inputs: [{ shape: [2, 1100, 2] }],
    build: (x) => x.sum([0, 1]),
    smooth: 1,
    tolerance: { f64: 1e-11 },
  },
  {
    name: 'sum, long and split',
    inputs: [{ shape: [40, 2, 41] }],
    build: (x) => x.sum([0, 2]),
    smooth: 1,
    tolerance: { f64: 1e-11 },
  },
  {
    name: 'sum, long and prime',
    inputs: [{ shape: [1031] }],
    build: (x) => x.sum(),
    smooth: 1,
    tolerance: { f64: 1e-11 },
  },
  { name: 'mean, all', inputs: [x234], build: (x) => x.mean(), expected: over([0, 1, 2], average) },
  { name: 'mean, two axes', inputs: [x234], build: (x) => x.mean([0, 1]), expected: over([0, 1], average) },
  { name: 'mean, kept', inputs: [x234], build: (x) => x.sub(x.mean(-1, true)) },
];

const extrema: readonly OpCase[] = [
  { name: 'max, all', inputs: [x234], build: (x) => x.max(), expected: over([0, 1, 2], largest) },
  {
    name: 'max, one axis',
    inputs: [x234],
    build: (x) => x.max(-2).square(),
    expected: over([1], (v) => largest(v) ** 2),
  },
  {
    name: 'min, two axes',
    inputs: [x234],
    build: (x) => x.min([0, 2]).square(),
    expected: over([0, 2], (v) => smallest(v) ** 2),
  },
  { name: 'min, kept', inputs: [x234], build: (x) => x.min(1, true).mul(x) },
  { name: 'max, no axis', inputs: [x234], build: (x) => x.max([]).mul(x) },
  {
    name: 'max of infinities',
    inputs: [{ shape: [2, 2], values: [-Infinity, -Infinity, 1, Infinity] }],
    build: (x) => [x.max(1), x.min(1)],
    expected: () => [
      [-Infinity, Infinity],
      [-Infinity, 1],
    ],
    smooth: 0,
  },
  {
    name: 'max, integers',
    inputs: [{ shape: [3, 4], dtype: 'i32', low: -9 }],
    build: (x) => [x.max(0), x.min(1)],
    expected: (x) => [groups(x!, [0]).map(largest), groups(x!, [1]).map(smallest)],
  },
  {
    name: 'max, i64',
    inputs: [{ shape: [3, 4], dtype: 'i64', low: -9 }],
    build: (x) => [x.max(), x.min()],
    expected: (x) => [groups(x!, [0, 1]).map(largest), groups(x!, [0, 1]).map(smallest)],
  },
  { name: 'max, empty result', inputs: [{ shape: [0, 3] }], build: (x) => x.max(1), expected: () => [[]], smooth: 1 },
  {
    name: 'argmax',
    inputs: [x234],
    build: (x) => [x.argmax(), x.argmax(0), x.argmin(1, true)],
    expected: (x) => [
      groups(x!, [2]).map((v) => v.indexOf(largest(v))),
      groups(x!, [0]).map((v) => v.indexOf(largest(v))),
      groups(x!, [1]).map((v) => v.indexOf(smallest(v))),
    ],
    smooth: 0,
  },
  {
    name: 'argmax, ties',
    inputs: [{ shape: [2, 4], values: [1, 3, 3, 0, 2, 2, 2, 2] }],
    build: (x) => [x.argmax(1), x.argmin(1)],
    expected: () => [
      [1, 0],
      [3, 0],
    ],
    smooth: 0,
  },
  {
    name: 'argmax, integers',
    inputs: [{ shape: [2, 3], dtype: 'i32', low: -50, high: 50 }],
    build: (x) => [x.argmax(0), x.argmin(0)],
    expected: (x) => [
      groups(x!, [0]).map((v) => v.indexOf(largest(v))),
      groups(x!, [0]).map((v) => v.indexOf(smallest(v))),
    ],
  },
];

const products: readonly OpCase[] = [
  { name: 'prod, all', inputs: [{ shape: [2, 3] }], build: (x) => x.prod(), expected: over([0, 1], times) },
  { name: 'prod, one axis', inputs: [x234], build: (x) => x.prod(1), expected: over([1], times) },
  { name: 'prod, two axes kept', inputs: [x234], build: (x) => x.prod([0, 2], true), expected: over([0, 2], times) },
  {
    name: 'prod, one zero',
    inputs: [{ shape: [5], values: [2, 0, -1, 3, 0.5] }],
    build: (x) => x.prod(),
    expected: () => [[0]],
  },
  {
    name: 'prod, two zeros',
    inputs: [{ shape: [2, 4], values: [2, 0, 0, 3, 1, 0, 0, 0] }],
    build: (x) => x.prod(-1),
    expected: () => [[0, 0]],
  },
  { name: 'prod, empty', inputs: [{ shape: [0, 2] }], build: (x) => x.prod(0), expected: () => [[1, 1]], smooth: 0 },
  {
    name: 'prod, integers',
    inputs: [{ shape: [2, 3], dtype: 'i32' }],
    build: (x) => x.prod(0),
    expected: over([0], times),
  },
];

const normalisers: readonly OpCase[] = [
  { name: 'logsumexp, all', inputs: [x234], build: (x) => x.logsumexp(), expected: over([0, 1, 2], logTotal) },
  { name: 'logsumexp, kept', inputs: [x234], build: (x) => x.sub(x.logsumexp([0, 1], true)), tolerance: { f32: 1e-5 } },
  {
    name: 'logsumexp, large',
    inputs: [{ shape: [3, 2], values: [1000, 1001, -1000, -1001, 1e4, -1e4] }],
    build: (x) => x.logsumexp(1),
    expected: () => [[1001 + Math.log1p(Math.exp(-1)), -1000 + Math.log1p(Math.exp(-1)), 1e4]],
  },
  {
    name: 'logsumexp, infinite',
    inputs: [{ shape: [3, 2], values: [-Infinity, -Infinity, -Infinity, 2, Infinity, 0] }],
    build: (x) => x.logsumexp(-1),
    expected: () => [[-Infinity, 2, Infinity]],
    smooth: 0,
  },
  { name: 'softmax', inputs: [x234], build: (x) => x.softmax(), expected: along(2, softmaxOf) },
  { name: 'softmax, middle axis', inputs: [x234], build: (x) => x.softmax(1), expected: along(1, softmaxOf) },
  {
    name: 'softmax, large',
    inputs: [{ shape: [2, 2], values: [1000, 1001, -2000, 2000] }],
    build: (x) => x.softmax(1),
    expected: () => [[1 / (1 + Math.E), Math.E / (1 + Math.E), 0, 1]],
  },
  { name: 'softmax, empty', inputs: [{ shape: [0, 3] }], build: (x) => x.softmax(), expected: () => [[]] },
  { name: 'logSoftmax', inputs: [x234], build: (x) => x.logSoftmax(), expected: along(2, (v, g) => v - logTotal(g)) },
  {
    name: 'logSoftmax, first axis',
    inputs: [x234],
    build: (x) => x.logSoftmax(0),
    expected: along(0, (v, g) => v - logTotal(g)),
  },
  {
    name: 'logSoftmax, large',
    inputs: [{ shape: [1, 2], values: [-1000, 1000] }],
    build: (x) => x.logSoftmax(1),
    expected: () => [[-2000, 0]],
  },
  { name: 'cumsum', inputs: [x234], build: (x) => x.cumsum(1), expected: (x) => cumulative(x!, 1, (j, i) => j <= i) },
  {
    name: 'cumsum, exclusive',
    inputs: [x234],
    build: (x) => x.cumsum(-1, { exclusive: true }),
    expected: (x) => cumulative(x!, 2, (j, i) => j < i),
  },
  {
    name: 'cumsum, reverse',
    inputs: [x234],
    build: (x) => x.cumsum(0, { reverse: true }).square(),
    expected: (x) => cumulative(x!, 0, (j, i) => j >= i).map((v) => v.map((s) => s * s)),
  },
  {
    name: 'cumsum, both',
    inputs: [x234],
    build: (x) => x.cumsum(1, { reverse: true, exclusive: true }),
    expected: (x) => cumulative(x!, 1, (j, i) => j > i),
  },
  {
    name: 'cumsum, integers',
    inputs: [{ shape: [4, 2], dtype: 'i64' }],
    build: (x) => x.cumsum(0),
    expected: (x) => cumulative(x!, 0, (j, i) => j <= i),
  },
];

const length = (v: readonly number[]): number => Math.hypot(...v);
const spread = (v: readonly number[], ddof = 0): number =>
  total(v.map((a) => (a - average(v)) ** 2)) / (v.length - ddof);

const moments: readonly OpCase[] = [
  { name: 'norm, all', inputs: [x234], build: (x) => x.norm(), expected: over([0, 1, 2], length) },
  { name: 'norm, two axes', inputs: [x234], build: (x) => x.norm([0, 2], true), expected: over([0, 2], length) },
  { name: 'var, all', inputs: [x234], build: (x) => x.var(), expected: over([0, 1, 2], (v) => spread(v)) },
  { name: 'var, one axis', inputs: [x234], build: (x) => x.var(-1, true), expected: over([2], (v) => spread(v)) },
  { name: 'var, unbiased', inputs: [x234], build: (x) => x.var(1, false, 1), expected: over([1], (v) => spread(v, 1)) },
  { name: 'std', inputs: [x234], build: (x) => x.std([0, 1]), expected: over([0, 1], (v) => Math.sqrt(spread(v))) },
  {
    name: 'std, unbiased',
    inputs: [x234],
    build: (x) => x.std(2, false, 1),
    expected: over([2], (v) => Math.sqrt(spread(v, 1))),
  },
  {
    name: 'any and all',
    inputs: [{ shape: [2, 3], dtype: 'bool', values: [1, 0, 1, 0, 0, 1] }],
    build: (x) => [x.any(0), x.all(0), x.any(), x.all(1, true)],
    expected: () => [[1, 0, 1], [0, 0, 1], [1], [0, 0]],
  },
  {
    name: 'any and all, of nothing',
    inputs: [{ shape: [0], dtype: 'bool' }],
    build: (x) => [x.any(), x.all()],
    expected: () => [[0], [1]],
  },
];

export const reductionCases: OpCase[] = [...moments, ...sums, ...extrema, ...products, ...normalisers];
