import { geluSlope } from '../../../src/ops/gelu-slope.js';
import { where } from '../../../src/ops/index.js';
import { full, type NDArray, type Tensor } from '../../../src/tensor/index.js';
import type { CaseInput, OpCase } from '../case.js';
import { at, tabulate } from './indexing.js';

type Scalar = (...args: number[]) => number;
type Expected = NonNullable<OpCase['expected']>;

const box: CaseInput = { shape: [2, 3] };
/** Away from every kink and jump of the piecewise functions, of both signs. */
const sides: CaseInput = { shape: [2, 4], values: [-1.75, -0.625, -0.3125, -0.0625, 0.1875, 0.4375, 1.25, 1.875] };
const bools = (...values: number[]): CaseInput => ({ shape: [values.length], dtype: 'bool', values });
const numbers = (...values: number[]): CaseInput => ({ shape: [values.length], values });
const integers = (dtype: 'i32' | 'i64', ...values: number[]): CaseInput => ({ shape: [values.length], dtype, values });

/** Elementwise application of a function of numbers to arrays of one size, or of one element. */
const each =
  (f: Scalar): Expected =>
  (...arrays: readonly NDArray[]) => {
    const size = Math.max(...arrays.map((a) => a.data.length));
    const value = (a: NDArray, i: number): number => Number(a.data[a.data.length === 1 ? 0 : i]);
    return [Array.from({ length: size }, (_, i) => f(...arrays.map((a) => value(a, i))))];
  };

const sigmoid = (x: number): number => Math.exp(x) / (1 + Math.exp(x));

/** erf by its Maclaurin series, which loses at most e⁴ rounding errors for |x| ≤ 2. */
function erfSeries(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const geluTanh = (x: number): number => x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));

type Unary = readonly [name: string, build: (x: Tensor) => Tensor, expected: Scalar, input?: Partial<CaseInput>];

const unaryCases = (list: readonly Unary[], input: CaseInput, rest: Partial<OpCase> = {}): OpCase[] =>
  list.map(([name, build, f, range]) => ({
    name,
    inputs: [{ ...input, ...range }],
    build: (x) => build(x!),
    expected: each(f),
    ...rest,
  }));

/** Against identities with other functions of JavaScript. */
const smooth = unaryCases(
  [
    ['neg', (x) => x.neg(), (x) => 0 - x],
    ['exp', (x) => x.exp(), (x) => Math.E ** x],
    ['log', (x) => x.log(), (x) => Math.log2(x) * Math.LN2, { low: 0.2, high: 4 }],
    ['log1p', (x) => x.log1p(), (x) => Math.log(1 + x), { low: -0.7, high: 3 }],
    ['expm1', (x) => x.expm1(), (x) => Math.exp(x) - 1],
    ['sqrt', (x) => x.sqrt(), (x) => x ** 0.5, { low: 0.3, high: 4 }],
    ['rsqrt', (x) => x.rsqrt(), (x) => x ** -0.5, { low: 0.3, high: 4 }],
    ['reciprocal', (x) => x.reciprocal(), (x) => x ** -1, { low: -3, high: -0.5 }],
    ['square', (x) => x.square(), (x) => x ** 2],
    ['sin', (x) => x.sin(), (x) => Math.cos(x - Math.PI / 2)],
    ['cos', (x) => x.cos(), (x) => Math.sin(x + Math.PI / 2)],
    ['tan', (x) => x.tan(), (x) => Math.sin(x) / Math.cos(x), { low: -1.2, high: 1.2 }],
    ['asin', (x) => x.asin(), (x) => Math.atan2(x, Math.sqrt(1 - x * x)), { low: -0.8, high: 0.8 }],
    ['acos', (x) => x.acos(), (x) => Math.PI / 2 - Math.asin(x), { low: -0.8, high: 0.8 }],
    ['atan', (x) => x.atan(), (x) => Math.asin(x / Math.sqrt(1 + x * x)), { low: -4, high: 4 }],
    ['sinh', (x) => x.sinh(), (x) => (Math.exp(x) - Math.exp(-x)) / 2],
    ['cosh', (x) => x.cosh(), (x) => (Math.exp(x) + Math.exp(-x)) / 2],
    ['tanh', (x) => x.tanh(), (x) => 2 * sigmoid(2 * x) - 1],
    ['sigmoid', (x) => x.sigmoid(), sigmoid],
    ['softplus', (x) => x.softplus(), (x) => Math.log(1 + Math.exp(x))],
    ['silu', (x) => x.silu(), (x) => x * sigmoid(x)],
    ['erf', (x) => x.erf(), erfSeries],
    ['gelu', (x) => x.gelu(), (x) => (x * (1 + erfSeries(x / Math.SQRT2))) / 2],
    [
      'geluSlope',
      geluSlope,
      (x) => (1 + erfSeries(x / Math.SQRT2)) / 2 + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
    ],
    ['gelu, tanh', (x) => x.gelu('tanh'), geluTanh],
    ['pow, −1.5', (x) => x.pow(-1.5), (x) => 1 / (x * Math.sqrt(x)), { low: 0.5, high: 3 }],
    ['pow, 3', (x) => x.pow(3), (x) => x * x * x],
    ['pow of a number', (x) => full(2, x.dtype).pow(x), (x) => Math.exp(x * Math.LN2)],
    ['scalar', (x) => x.sin().mul(x), (x) => Math.sin(x) * x, { shape: [] }],
    ['empty', (x) => x.exp().mul(x), (x) => x, { shape: [0, 3] }],
  ],
  box,
);

const piecewise = unaryCases(
  [
    ['abs', (x) => x.abs().mul(x), (x) => (x < 0 ? -x * x : x * x)],
    ['relu', (x) => x.relu().square(), (x) => (x > 0 ? x * x : 0)],
    ['leakyRelu', (x) => x.leakyRelu(0.25).square(), (x) => (x > 0 ? x * x : x * x * 0.0625)],
    ['leakyRelu, default', (x) => x.leakyRelu(), (x) => (x > 0 ? x : x / 100)],
    ['elu', (x) => x.elu(), (x) => (x > 0 ? x : Math.exp(x) - 1)],
    ['elu, alpha', (x) => x.elu(1.5).square(), (x) => (x > 0 ? x * x : 2.25 * (Math.exp(x) - 1) ** 2)],
    ['clip', (x) => x.clip(-0.5, 1).square(), (x) => (x < -0.5 ? 0.25 : x > 1 ? 1 : x * x)],
    ['clip, below', (x) => x.clip(0, Infinity), (x) => (x + Math.abs(x)) / 2],
    ['clip, above', (x) => x.clip(-Infinity, 0).exp(), (x) => (x > 0 ? 1 : Math.exp(x))],
    ['maximum of a number', (x) => x.maximum(0.25).square(), (x) => (x > 0.25 ? x * x : 0.0625)],
  ],
  sides,
);

const steps = unaryCases(
  [
    ['sign', (x) => x.sign(), (x) => (x > 0 ? 1 : -1)],
    ['floor', (x) => x.floor(), (x) => x - (((x % 1) + 1) % 1)],
    ['ceil', (x) => x.ceil(), (x) => -(-x - (((-x % 1) + 1) % 1))],
    ['round', (x) => x.round(), (x) => Number(x.toFixed(0))],
    ['isNaN', (x) => x.log().isNaN(), (x) => (x < 0 ? 1 : 0)],
    ['stopGradient', (x) => x.square().stopGradient(), (x) => x * x],
    ['cast to i32', (x) => x.mul(10).cast('i32'), (x) => (x < 0 ? -Math.floor(-10 * x) : Math.floor(10 * x))],
    ['cast to i64 and back', (x) => x.mul(10).cast('i64').cast('f32'), (x) => 10 * x - ((10 * x) % 1)],
    ['cast to bool', (x) => x.relu().cast('bool'), (x) => (x > 0 ? 1 : 0)],
  ],
  sides,
  { smooth: 0 },
);

/** Where steps step, and what has no sign. */
const edges: readonly OpCase[] = [
  {
    name: 'round, halves',
    inputs: [numbers(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 7.25)],
    build: (x) => x!.round(),
    expected: () => [[-2, -2, 0, 0, 2, 2, 0, 7]],
    smooth: 0,
  },
  {
    name: 'integers of floats',
    inputs: [numbers(-2, -0, 0, 3)],
    build: (x) => [x!.floor(), x!.ceil(), x!.round(), x!.sign(), x!.abs(), x!.relu()],
    expected: () => [
      [-2, 0, 0, 3],
      [-2, 0, 0, 3],
      [-2, 0, 0, 3],
      [-1, 0, 0, 1],
      [2, 0, 0, 3],
      [0, 0, 0, 3],
    ],
    smooth: 0,
  },
  {
    name: 'limits',
    inputs: [numbers(Infinity, -Infinity)],
    build: (x) => [x!.tanh(), x!.sigmoid(), x!.softplus(), x!.erf(), x!.expm1(), x!.elu(), x!.atan(), x!.sinh()],
    expected: () => [
      [1, -1],
      [1, 0],
      [Infinity, 0],
      [1, -1],
      [Infinity, -1],
      [Infinity, -1],
      [Math.PI / 2, -Math.PI / 2],
      [Infinity, -Infinity],
    ],
    smooth: 0,
  },
  {
    name: 'limits of logarithms',
    inputs: [numbers(Infinity, 0)],
    build: (x) => [x!.log(), x!.neg().add(1).neg().log1p(), x!.cosh(), x!.rsqrt(), x!.reciprocal(), x!.neg().exp()],
    expected: () => [
      [Infinity, -Infinity],
      [Infinity, -Infinity],
      [Infinity, 1],
      [0, Infinity],
      [0, Infinity],
      [0, 1],
    ],
    smooth: 0,
  },
  {
    name: 'arcs at the ends',
    inputs: [numbers(-1, 1, 0)],
    build: (x) => [x!.asin(), x!.acos(), x!.atan()],
    expected: () => [
      [-Math.PI / 2, Math.PI / 2, 0],
      [Math.PI, 0, Math.PI / 2],
      [-Math.PI / 4, Math.PI / 4, 0],
    ],
    smooth: 0,
  },
  {
    name: 'not a number',
    inputs: [numbers(NaN, 1)],
    build: (x) => [
      x!.isNaN(),
      x!.relu(),
      x!.clip(-2, 2),
      x!.maximum(0),
      x!.erf(),
      x!.atan(),
      x!.notEqual(x!),
      x!.less(2),
    ],
    expected: () => [
      [1, 0],
      [NaN, 1],
      [NaN, 1],
      [NaN, 1],
      [NaN, erfSeries(1)],
      [NaN, Math.PI / 4],
      [1, 0],
      [0, 1],
    ],
    smooth: 0,
  },
];

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

export const elementwiseCases: OpCase[] = [
  ...smooth,
  ...piecewise,
  ...steps,
  ...edges,
  ...binary,
  ...comparisons,
  ...whole,
  ...choices,
  angles,
];
