import { geluSlope } from '../../../src/ops/activations.js';
import { full, type Tensor } from '../../../src/tensor/index.js';
import type { CaseInput, OpCase } from '../case.js';
import { box, each, numbers, type Scalar } from './numbers.js';

/** Away from every kink and jump of the piecewise functions, of both signs. */
const sides: CaseInput = { shape: [2, 4], values: [-1.75, -0.625, -0.3125, -0.0625, 0.1875, 0.4375, 1.25, 1.875] };
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

const casesOf = (list: readonly Unary[], input: CaseInput, rest: Partial<OpCase> = {}): OpCase[] =>
  list.map(([name, build, f, range]) => ({
    name,
    inputs: [{ ...input, ...range }],
    build: (x) => build(x!),
    expected: each(f),
    ...rest,
  }));

/** Against identities with other functions of JavaScript. */
const smooth = casesOf(
  [
    ['neg', (x) => x.neg(), (x) => 0 - x],
    ['exp', (x) => x.exp(), (x) => Math.E ** x],
    ['log', (x) => x.log(), (x) => Math.log2(x) * Math.LN2, { low: 0.2, high: 4 }],
    ['log2', (x) => x.log2(), Math.log2, { low: 0.2, high: 9 }],
    ['log10', (x) => x.log10(), Math.log10, { low: 0.2, high: 90 }],
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

const piecewise = casesOf(
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

const steps = casesOf(
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

export const unaryCases: OpCase[] = [...smooth, ...piecewise, ...steps, ...edges];
