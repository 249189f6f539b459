import { where } from '../../../src/ops/index.js';
import { ndarray, type Tensor } from '../../../src/tensor/index.js';
import type { CaseInput, OpCase } from '../case.js';
import { at, tabulate } from './indexing.js';
import { bools, box, type Expected, each, integers, numbers, type Scalar } from './numbers.js';
import { unaryCases } from './unary.js';

/** By rows and columns: x is [2, 1], y is [3]. */
const broadcast =
  (f: Scalar): Expected =>
  (x, y) => [tabulate([2, 3], ([i, j]) => f(at(x!, [i!, 0]), at(y!, [j!])))];

type Binary = readonly [name: string, build: (x: Tensor, y: Tensor) => Tensor, expected: Scalar, Partial<CaseInput>?];

const binary: readonly OpCase[] = (
  [
    ['add', (x, y) => x.add(y), (x, y) => x! - -y!],
    ['sub', (x, y) => x.sub(y), (x, y) => x! + -y!],
    ['mul', (x, y) => x.mul(y), (x, y) => x! / (1 / y!)],
    ['div', (x, y) => x.div(y), (x, y) => x! * (1 / y!), { low: 0.4, high: 2 }],
    ['pow', (x, y) => x.pow(y), (x, y) => Math.exp(y! * Math.log(x!)), { low: 0.4, high: 2 }],
    ['atan2', (x, y) => x.atan2(y), (x, y) => 2 * Math.atan(x! / (Math.hypot(x!, y!) + y!))],
    ['maximum', (x, y) => x.maximum(y).square(), (x, y) => ((x! + y! + Math.abs(x! - y!)) / 2) ** 2],
    ['minimum', (x, y) => x.minimum(y).square(), (x, y) => ((x! + y! - Math.abs(x! - y!)) / 2) ** 2],
  ] as readonly Binary[]
).flatMap(
  ([name, build, f, range]) =>
    [
      {
        name,
        inputs: [
          { ...box, ...range },
          { ...box, ...range },
        ],
        build: (x, y) => build(x!, y!),
        expected: each(f),
      },
      {
        name: `${name}, broadcast`,
        inputs: [
          { shape: [2, 1], ...range },
          { shape: [3], ...range },
        ],
        build: (x, y) => build(x!, y!),
        expected: broadcast(f),
      },
    ] satisfies OpCase[],
);

const ties = (a: number, b: number): CaseInput[] => [numbers(1, 2, 2, a), numbers(2, 1, 2, b)];

const comparisons: readonly OpCase[] = [
  {
    name: 'comparisons',
    inputs: ties(-1, 0),
    build: (x, y) => [
      x!.equal(y!),
      x!.notEqual(y!),
      x!.less(y!),
      x!.lessEqual(y!),
      x!.greater(y!),
      x!.greaterEqual(y!),
    ],
    expected: () => [
      [0, 0, 1, 0],
      [1, 1, 0, 1],
      [1, 0, 0, 1],
      [1, 0, 1, 1],
      [0, 1, 0, 0],
      [0, 1, 1, 0],
    ],
    smooth: 0,
  },
  ...(['i32', 'i64'] as const).map(
    (dtype): OpCase => ({
      name: `comparisons, ${dtype}`,
      inputs: [
        { shape: [2, 3], dtype, low: -2 },
        { shape: [3], dtype },
      ],
      build: (x, y) => [x!.equal(y!).logicalOr(x!.less(y!)), x!.lessEqual(y!), x!.greater(2), x!.notEqual(1)],
      expected: (x, y) => {
        const by = (f: Scalar): number[] => tabulate([2, 3], ([i, j]) => f(at(x!, [i!, j!]), at(y!, [j!])));
        const below = by((a, b) => (a! > b! ? 0 : 1));
        return [below, below, by((a) => (a! >= 3 ? 1 : 0)), by((a) => (a === 1 ? 0 : 1))];
      },
    }),
  ),
  {
    name: 'logic',
    inputs: [bools(0, 0, 1, 1), bools(0, 1, 0, 1)],
    build: (a, b) => [a!.logicalAnd(b!), a!.logicalOr(b!), a!.logicalNot(), a!.equal(b!), a!.notEqual(b!)],
    expected: () => [
      [0, 0, 0, 1],
      [0, 1, 1, 1],
      [1, 1, 0, 0],
      [1, 0, 0, 1],
      [0, 1, 1, 0],
    ],
  },
  {
    name: 'logic, broadcast',
    inputs: [{ ...bools(0, 1), shape: [2, 1] }, bools(0, 1, 1)],
    build: (a, b) => [a!.logicalAnd(b!), a!.logicalOr(b!)],
    expected: () => [
      [0, 0, 0, 0, 1, 1],
      [0, 1, 1, 1, 1, 1],
    ],
  },
];

const whole: readonly OpCase[] = (['i32', 'i64'] as const).map((dtype) => ({
  name: `arithmetic, ${dtype}`,
  inputs: [integers(dtype, -7, -7, 7, 7, 0, 9), integers(dtype, 2, -2, 2, -2, 5, 3)],
  build: (x, y) => [
    x!.div(y!),
    x!.div(y!).mul(2),
    x!.neg(),
    x!.abs(),
    x!.sign(),
    x!.maximum(y!),
    x!.minimum(y!),
    x!.clip(-1, 5),
    x!.pow(2),
    x!.abs().pow(3),
    x!.cast('f32'),
    x!.cast('bool'),
    x!.cast(dtype === 'i32' ? 'i64' : 'i32'),
    x!.sub(1).square(),
  ],
  expected: () => [
    [-3, 3, 3, -3, 0, 3],
    [-6, 6, 6, -6, 0, 6],
    [7, 7, -7, -7, 0, -9],
    [7, 7, 7, 7, 0, 9],
    [-1, -1, 1, 1, 0, 1],
    [2, -2, 7, 7, 5, 9],
    [-7, -7, 2, -2, 0, 3],
    [-1, -1, 5, 5, 0, 5],
    [49, 49, 49, 49, 0, 81],
    [343, 343, 343, 343, 0, 729],
    [-7, -7, 7, 7, 0, 9],
    [1, 1, 1, 1, 0, 1],
    [-7, -7, 7, 7, 0, 9],
    [64, 64, 36, 36, 1, 64],
  ],
}));

const choices: readonly OpCase[] = [
  {
    name: 'where',
    inputs: [{ shape: [2, 3], dtype: 'bool' }, box, box],
    build: (c, a, b) => c!.where(a!.square(), b!.exp()),
    expected: each((c, a, b) => (c === 1 ? a! * a! : Math.exp(b!))),
  },
  {
    name: 'where, broadcast',
    inputs: [{ ...bools(0, 1), shape: [2, 1] }, { shape: [3] }, { shape: [4, 1, 1] }],
    build: (c, a, b) => where(c!, a!, b!).square(),
    expected: (c, a, b) => [
      tabulate([4, 2, 3], ([k, i, j]) => (at(c!, [i!, 0]) ? at(a!, [j!]) : at(b!, [k!, 0, 0])) ** 2),
    ],
  },
  {
    name: 'where, numbers',
    inputs: [bools(0, 1, 1, 0), numbers(1, -2, 3, -4)],
    build: (c, x) => [c!.where(x!.square(), -1), c!.where(2, x!.exp())],
    expected: (_, x) => [
      [-1, 4, 9, -1],
      [Math.exp(Number(x!.data[0])), 2, 2, Math.exp(Number(x!.data[3]))],
    ],
  },
  {
    name: 'where, only a number moves',
    inputs: [{ shape: [2, 3], dtype: 'bool' }, { shape: [] }],
    build: (c, x) => c!.where(x!, 3).square(),
    expected: each((c, x) => (c === 1 ? x! * x! : 9)),
  },
  {
    name: 'where, a safe branch',
    inputs: [numbers(-1, 0, 0.5, 2)],
    build: (x) => x!.greater(0).where(x!.greater(0).where(x!, 1).log(), 0),
    expected: each((x) => (x > 0 ? Math.log(x) : 0)),
    smooth: 0,
  },
  ...(['i32', 'i64', 'bool'] as const).map(
    (dtype): OpCase => ({
      name: `where, ${dtype}`,
      inputs: [
        { ...bools(0, 1), shape: [2, 1] },
        { shape: [2, 3], dtype },
        { shape: [3], dtype },
      ],
      build: (c, a, b) => [c!.where(a!, b!), c!.where(1, b!), c!.where(a!, 0)],
      expected: (c, a, b) => {
        const by = (f: (c: number, i: number, j: number) => number): number[] =>
          tabulate([2, 3], ([i, j]) => f(at(c!, [i!, 0]), i!, j!));
        return [
          by((k, i, j) => (k ? at(a!, [i, j]) : at(b!, [j]))),
          by((k, _, j) => (k ? 1 : at(b!, [j]))),
          by((k, i, j) => (k ? at(a!, [i, j]) : 0)),
        ];
      },
    }),
  ),
  {
    name: 'cast between floats',
    inputs: [box],
    build: (x) => x!.cast('f32').cast('f64').square(),
    expected: each((x) => x * x),
    tolerance: { f64: 1e-7 },
  },
  {
    name: 'cast from bool',
    inputs: [bools(0, 1, 1), numbers(2, 3, -1)],
    build: (c, x) => [c!.cast(x!.dtype).mul(x!), c!.cast('i32'), c!.cast('i64')],
    expected: () => [
      [0, 3, -1],
      [0, 1, 1],
      [0, 1, 1],
    ],
  },
];

const angles: OpCase = {
  name: 'atan2, axes, quadrants and limits',
  inputs: [
    numbers(0, 0, -0, -0, 1, -1, 1, 1, -1, -1, Infinity, Infinity, 1, 1, -1, 1e-30),
    numbers(1, -1, 1, -1, 0, -0, 1, -1, 1, -1, Infinity, -Infinity, Infinity, -Infinity, -Infinity, -1e-30),
  ],
  build: (y, x) => y!.atan2(x!),
  expected: each((y, x) => Math.atan2(y!, x!)),
  smooth: 0,
};

const withArrays: readonly OpCase[] = [
  {
    name: 'arithmetic with arrays',
    inputs: [{ shape: [2, 3], low: 0.4, high: 2 }],
    build: (x) => [
      x.add([1, 2, 3]),
      x.mul([[2], [3]]),
      x.sub(Float64Array.of(1, 2, 3)),
      x.pow(ndarray('i32', [1, 2, 3])),
    ],
    expected: (x) => [
      tabulate([2, 3], ([i, j]) => at(x!, [i!, j!]) + j! + 1),
      tabulate([2, 3], ([i, j]) => at(x!, [i!, j!]) * (i! + 2)),
      tabulate([2, 3], ([i, j]) => at(x!, [i!, j!]) - j! - 1),
      tabulate([2, 3], ([i, j]) => at(x!, [i!, j!]) ** (j! + 1)),
    ],
  },
  {
    name: 'where, with an array',
    inputs: [bools(1, 0, 1), { shape: [3] }],
    build: (c, x) => [c!.where(x!, [7, 8, 9]), where(c!, [7, 8, 9], x!.square())],
    expected: (_, x) => [
      [at(x!, [0]), 8, at(x!, [2])],
      [7, at(x!, [1]) ** 2, 9],
    ],
  },
  {
    name: 'clip, by tensors and arrays',
    inputs: [
      { shape: [4], values: [-1.5, 0.25, 1.75, 0.5] },
      { shape: [], values: [-0.5] },
    ],
    build: (x, low) => [x!.clip(low!, [0.1, 0.6, 1, 2]).square(), x!.clip(low!, 1)],
    expected: () => [
      [0.25, 0.0625, 1, 0.25],
      [-0.5, 0.25, 1, 0.5],
    ],
  },
];

export const elementwiseCases: OpCase[] = [
  ...withArrays,
  ...unaryCases,
  ...binary,
  ...comparisons,
  ...whole,
  ...choices,
  angles,
];
