import { concat, stack } from '../../../src/ops/index.js';
import type { NDArray } from '../../../src/tensor/index.js';
import type { OpCase } from '../case.js';
import { at, indicesOf, tabulate } from './indexing.js';

const x234 = { shape: [2, 3, 4] } as const;
const values = (a: NDArray): number[] => Array.from(a.data as ArrayLike<number | bigint>, Number);

/** The result of a shape whose element at an index is the input's at another. */
const from =
  (shape: readonly number[], source: (index: number[]) => number[]): NonNullable<OpCase['expected']> =>
  (x) => [tabulate(shape, (index) => at(x!, source(index)))];

const views: readonly OpCase[] = [
  {
    name: 'reshape',
    inputs: [x234],
    build: (x) => x.reshape([4, -1]).square(),
    expected: (x) => [values(x!).map((v) => v * v)],
  },
  {
    name: 'at',
    inputs: [x234],
    build: (x) => [x.at(1), x.at(-2, 2), x.at(0, -1, 3), x.at()],
    expected: (x) => [
      tabulate([3, 4], ([j, k]) => at(x!, [1, j!, k!])),
      tabulate([4], ([k]) => at(x!, [0, 2, k!])),
      [at(x!, [0, 2, 3])],
      values(x!),
    ],
  },
  {
    name: 'flatten',
    inputs: [x234],
    build: (x) => x.flatten().square(),
    expected: (x) => [values(x!).map((v) => v * v)],
  },
  {
    name: 'concat, a method',
    inputs: [{ shape: [2, 3] }, { shape: [2, 1] }],
    build: (x, y) => [x.concat(y!, 1), x.concat([[[7, 8, 9]], x]), x.concat([])],
    expected: (x, y) => [
      tabulate([2, 4], ([i, j]) => (j! < 3 ? at(x!, [i!, j!]) : at(y!, [i!, 0]))),
      [...values(x!), 7, 8, 9, ...values(x!)],
      values(x!),
    ],
  },
  {
    name: 'concat and stack, with arrays',
    inputs: [{ shape: [2] }],
    build: (x) => [concat([[1, 2, 3], x], 0), stack([Float64Array.of(5, 6), x, [7, 8]])],
    expected: (x) => [
      [1, 2, 3, ...values(x!)],
      [5, 6, ...values(x!), 7, 8],
    ],
  },
  {
    name: 'gather, by numbers',
    inputs: [x234],
    build: (x) => x.gather([2, 0], 1),
    expected: from([2, 2, 4], ([i, j, k]) => [i!, 2 - 2 * j!, k!]),
  },
  {
    name: 'transpose',
    inputs: [x234],
    build: (x) => x.transpose([2, 0, 1]),
    expected: from([4, 2, 3], ([k, i, j]) => [i!, j!, k!]),
  },
  { name: 'transpose, all', inputs: [x234], build: (x) => x.transpose().square(), smooth: 3 },
  {
    name: 'expand',
    inputs: [{ shape: [3, 1] }],
    build: (x) => x.expand([2, 3, 4]).square(),
    expected: (x) => [tabulate([2, 3, 4], ([, j]) => at(x!, [j!, 0]) ** 2)],
  },
  { name: 'expand, scalar to nothing', inputs: [{ shape: [] }], build: (x) => x.expand([0, 2]), expected: () => [[]] },
  {
    name: 'squeeze',
    inputs: [{ shape: [1, 3, 1] }],
    build: (x) => [x.squeeze(), x.squeeze(0), x.squeeze([-1])],
    expected: (x) => [values(x!), values(x!), values(x!)],
  },
  {
    name: 'unsqueeze',
    inputs: [{ shape: [2, 3] }],
    build: (x) => [x.unsqueeze([0, -1]), x.unsqueeze(1)].map((t) => t.square()),
  },
  {
    name: 'flip',
    inputs: [x234],
    build: (x) => x.flip([0, 2]),
    expected: from([2, 3, 4], ([i, j, k]) => [1 - i!, j!, 3 - k!]),
  },
  {
    name: 'flip, all',
    inputs: [{ shape: [3, 2] }],
    build: (x) => x.flip().square(),
    expected: (x) => [
      values(x!)
        .reverse()
        .map((v) => v * v),
    ],
  },
  { name: 'flip, empty', inputs: [{ shape: [0, 3] }], build: (x) => x.flip(), expected: () => [[]] },
];

const slices: readonly OpCase[] = [
  {
    name: 'slice',
    inputs: [x234],
    build: (x) => x.slice([1, 0, 1], [2, 2, 3]),
    expected: from([1, 2, 2], ([i, j, k]) => [i! + 1, j!, k! + 1]),
  },
  {
    name: 'slice, negative and open',
    inputs: [x234],
    build: (x) => x.slice([0, -2], [Infinity, -1]).square(),
    expected: (x) => [tabulate([2, 1, 4], ([i, , k]) => at(x!, [i!, 1, k!]) ** 2)],
  },
  {
    name: 'slice, steps',
    inputs: [{ shape: [7, 5] }],
    build: (x) => x.slice([1, 0], [7, 4], [2, 3]).square(),
    expected: (x) => [tabulate([3, 2], ([i, j]) => at(x!, [1 + 2 * i!, 3 * j!]) ** 2)],
  },
  {
    name: 'slice, step beyond the end',
    inputs: [{ shape: [5] }],
    build: (x) => x.slice([1], [4], [2]),
    expected: from([2], ([i]) => [1 + 2 * i!]),
  },
  { name: 'slice, nothing', inputs: [{ shape: [3, 2] }], build: (x) => x.slice([2], [1]), expected: () => [[]] },
  {
    name: 'slice, one element by a long step',
    inputs: [{ shape: [3, 2] }],
    build: (x) => x.slice([1], [3], [5]),
    expected: from([1, 2], ([, j]) => [1, j!]),
  },
  {
    name: 'slice, integers',
    inputs: [{ shape: [4], dtype: 'i32' }],
    build: (x) => x.slice([-3], [-1]),
    expected: from([2], ([i]) => [1 + i!]),
  },
  {
    name: 'slice, bool',
    inputs: [{ shape: [4], dtype: 'bool' }],
    build: (x) => x.slice([1], [3]),
    expected: from([2], ([i]) => [1 + i!]),
  },
  {
    name: 'pad',
    inputs: [{ shape: [2, 3] }],
    build: (x) => x.pad([1, 0], [0, 2]).square(),
    expected: (x) => [tabulate([3, 5], ([i, j]) => (i! < 1 || j! > 2 ? 0 : at(x!, [i! - 1, j!]) ** 2))],
  },
  {
    name: 'pad, value',
    inputs: [{ shape: [2] }],
    build: (x) => x.pad([1], [2], -1.5),
    expected: (x) => [[-1.5, ...values(x!), -1.5, -1.5]],
  },
  {
    name: 'pad, infinity',
    inputs: [{ shape: [2] }],
    build: (x) => x.pad([1], [0], -Infinity),
    expected: (x) => [[-Infinity, ...values(x!)]],
    smooth: 0,
  },
  {
    name: 'pad, empty',
    inputs: [{ shape: [0, 2] }],
    build: (x) => x.pad([1, 0], [1, 1], 2),
    expected: () => [[2, 2, 2, 2, 2, 2]],
  },
  {
    name: 'pad, integers',
    inputs: [{ shape: [2], dtype: 'i64' }],
    build: (x) => x.pad([0], [1], 7),
    expected: (x) => [[...values(x!), 7]],
  },
  {
    name: 'pad, bool',
    inputs: [{ shape: [2], dtype: 'bool' }],
    build: (x) => x.pad([1], [0], 1),
    expected: (x) => [[1, ...values(x!)]],
  },
];

const joins: readonly OpCase[] = [
  {
    name: 'concat',
    inputs: [{ shape: [2, 3] }, { shape: [1, 3] }, { shape: [2, 3] }],
    build: (...x) => concat(x, 0).square(),
    expected: (...x) => [x.flatMap(values).map((v) => v * v)],
  },
  {
    name: 'concat, last axis',
    inputs: [{ shape: [2, 1] }, { shape: [2, 2] }],
    build: (x, y) => concat([x!, y!, x!], -1),
    expected: (x, y) => [tabulate([2, 4], ([i, j]) => (j === 1 || j === 2 ? at(y!, [i!, j - 1]) : at(x!, [i!, 0])))],
  },
  {
    name: 'concat, one piece moves',
    inputs: [{ shape: [2, 2] }, { shape: [2, 3], dtype: 'i32' }],
    build: (x, y) => concat([y!.cast(x!.dtype), x!, y!.cast(x!.dtype)], 1).square(),
  },
  {
    name: 'concat, empty piece',
    inputs: [{ shape: [0, 2] }, { shape: [2, 2] }],
    build: (...x) => concat(x, 0),
    expected: (_, y) => [values(y!)],
  },
  {
    name: 'concat, integers',
    inputs: [
      { shape: [1], dtype: 'i64' },
      { shape: [2], dtype: 'i64' },
    ],
    build: (...x) => concat(x, 0),
    expected: (...x) => [x.flatMap(values)],
  },
  {
    name: 'stack',
    inputs: [{ shape: [2, 3] }, { shape: [2, 3] }],
    build: (...x) => [stack(x), stack(x, -1)],
    expected: (x, y) => [[...values(x!), ...values(y!)], values(x!).flatMap((v, i) => [v, values(y!)[i]!])],
  },
  {
    name: 'split',
    inputs: [{ shape: [2, 6] }],
    build: (x) => [...x.split(3, 1), ...x.split([1, 0, 5], -1)],
    expected: (x) => {
      const piece = (start: number, size: number): number[] =>
        tabulate([2, size], ([i, j]) => at(x!, [i!, start + j!]));
      return [piece(0, 2), piece(2, 2), piece(4, 2), piece(0, 1), [], piece(1, 5)];
    },
  },
  {
    name: 'split and joined',
    inputs: [{ shape: [2, 4] }],
    build: (x) => {
      const [a, b] = x.split(2, 1);
      return concat([b!.mul(a!), a!.square()], 1);
    },
  },
];

const ids = (shape: readonly number[], list: readonly number[], dtype: 'i32' | 'i64' = 'i32') =>
  ({ shape, values: list, dtype }) as const;

const indexed: readonly OpCase[] = [
  {
    name: 'gather, rows',
    inputs: [{ shape: [4, 3] }, ids([5], [3, 0, 3, 1, 3])],
    build: (x, i) => x!.gather(i!).square(),
    expected: (x, i) => [tabulate([5, 3], ([r, j]) => at(x!, [at(i!, [r!]), j!]) ** 2)],
  },
  {
    name: 'gather, middle axis',
    inputs: [x234, ids([2, 2], [2, 0, 1, 2], 'i64')],
    build: (x, i) => x!.gather(i!, 1).square(),
    expected: (x, i) => [tabulate([2, 2, 2, 4], ([a, r, s, k]) => at(x!, [a!, at(i!, [r!, s!]), k!]) ** 2)],
  },
  {
    name: 'gather, last axis by a scalar',
    inputs: [x234, ids([], [2])],
    build: (x, i) => x!.gather(i!, -1),
    expected: (x) => [tabulate([2, 3], ([a, b]) => at(x!, [a!, b!, 2]))],
  },
  {
    name: 'gather, vector',
    inputs: [{ shape: [3] }, ids([4], [2, 2, 0, 2])],
    build: (x, i) => x!.gather(i!, 0).square(),
    expected: (x, i) => [values(i!).map((k) => at(x!, [k]) ** 2)],
  },
  {
    name: 'gather, nothing',
    inputs: [{ shape: [3, 2] }, ids([0], [])],
    build: (x, i) => x!.gather(i!),
    expected: () => [[]],
  },
  {
    name: 'gather, long table',
    inputs: [{ shape: [300, 2] }, ids([2, 3], [299, 0, 299, 17, 17, 17])],
    build: (x, i) => x!.gather(i!).square(),
    smooth: 2,
  },
  {
    name: 'gather, long last axis',
    inputs: [{ shape: [2, 300] }, ids([4], [299, 0, 299, 17])],
    build: (x, i) => x!.gather(i!, 1).square(),
    smooth: 2,
  },
  {
    name: 'gather, integers',
    inputs: [{ shape: [4], dtype: 'i64' }, ids([2], [3, 1])],
    build: (x, i) => x!.gather(i!),
    expected: (x) => [[at(x!, [3]), at(x!, [1])]],
  },
  {
    name: 'scatterAdd',
    inputs: [{ shape: [4, 2] }, ids([3], [1, 3, 1]), { shape: [3, 2] }],
    build: (b, i, u) => b!.scatterAdd(i!, u!).square(),
    expected: (b, i, u) => {
      const out = values(b!);
      for (const [r, j] of indicesOf([3, 2])) out[at(i!, [r!]) * 2 + j!]! += at(u!, [r!, j!]);
      return [out.map((v) => v * v)];
    },
  },
  {
    name: 'scatterAdd, last axis',
    inputs: [{ shape: [2, 3] }, ids([2, 2], [2, 2, 0, 2], 'i64'), { shape: [2, 2, 2] }],
    build: (b, i, u) => b!.scatterAdd(i!, u!, -1).square(),
    expected: (b, i, u) => {
      const out = values(b!);
      for (const [r, s, t] of indicesOf([2, 2, 2])) out[r! * 3 + at(i!, [s!, t!])]! += at(u!, [r!, s!, t!]);
      return [out.map((v) => v * v)];
    },
  },
  {
    name: 'scatterAdd, integers',
    inputs: [{ shape: [2], dtype: 'i32' }, ids([3], [1, 1, 0]), { shape: [3], dtype: 'i32' }],
    build: (b, i, u) => b!.scatterAdd(i!, u!),
    expected: (b, _, u) => [[at(b!, [0]) + at(u!, [2]), at(b!, [1]) + at(u!, [0]) + at(u!, [1])]],
  },
  {
    name: 'oneHot',
    inputs: [ids([2, 2], [0, 2, 1, 2]), { shape: [3] }],
    build: (i, w) => i!.oneHot(3, w!.dtype).mul(w!),
    expected: (i, w) => [tabulate([2, 2, 3], ([r, s, k]) => (at(i!, [r!, s!]) === k ? at(w!, [k!]) : 0))],
  },
  {
    name: 'oneHot, out of range',
    inputs: [ids([3], [-1, 1, 2], 'i64')],
    build: (i) => i!.oneHot(2, 'i32'),
    expected: () => [[0, 0, 0, 1, 0, 0]],
  },
];

export const arrayCases: OpCase[] = [...views, ...slices, ...joins, ...indexed];
