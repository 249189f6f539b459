import type { NDArray } from '../../../src/tensor/index.js';
import type { CaseInput, OpCase } from '../case.js';

type Scalar = (...args: number[]) => number;

const box: CaseInput = { shape: [2, 3] };
const [low, high] = [-Infinity, Infinity];

/** Elementwise application of a function of numbers to arrays of one shape, or of one element. */
const each =
  (f: Scalar): NonNullable<OpCase['expected']> =>
  (...arrays: readonly NDArray[]) => {
    const size = Math.max(...arrays.map((a) => a.data.length));
    return [
      Array.from({ length: size }, (_, i) => f(...arrays.map((a) => Number(a.data.length === 1 ? a.data[0] : a.data[i])))),
    ];
  };

const sigmoid = (x: number): number => Math.exp(x) / (1 + Math.exp(x));

/** Smooth functions of one argument: random values in a range. */
const smooth: readonly [string, Scalar, Partial<CaseInput>?][] = [
  ['neg', (x) => 0 - x],
  ['exp', (x) => Math.E ** x],
  ['log', (x) => Math.log2(x) * Math.LN2, { low: 0.2, high: 4 }],
  ['log1p', (x) => Math.log(1 + x), { low: -0.7, high: 3 }],
  ['expm1', (x) => Math.exp(x) - 1],
  ['sqrt', (x) => x ** 0.5, { low: 0.3, high: 4 }],
  ['rsqrt', (x) => x ** -0.5, { low: 0.3, high: 4 }],
  ['reciprocal', (x) => x ** -1, { low: -3, high: -0.5 }],
  ['square', (x) => x ** 2],
  ['sin', (x) => Math.cos(x - Math.PI / 2)],
  ['cos', (x) => Math.sin(x + Math.PI / 2)],
  ['tan', (x) => Math.sin(x) / Math.cos(x), { low: -1.2, high: 1.2 }],
  ['asin', (x) => Math.atan2(x, Math.sqrt(1 - x * x)), { low: -0.8, high: 0.8 }],
  ['acos', (x) => Math.PI / 2 - Math.asin(x), { low: -0.8, high: 0.8 }],
  ['atan', (x) => Math.asin(x / Math.sqrt(1 + x * x)), { low: -4, high: 4 }],
  ['sinh', (x) => (Math.exp(x) - Math.exp(-x)) / 2],
  ['cosh', (x) => (Math.exp(x) + Math.exp(-x)) / 2],
  ['tanh', (x) => 2 * sigmoid(2 * x) - 1],
  ['sigmoid', sigmoid],
  ['softplus', (x) => Math.log(1 + Math.exp(x))],
  ['silu', (x) => x * sigmoid(x)],
];

type UnaryName = 'exp';

const unary: readonly OpCase[] = smooth.map(([name, f, range]) => ({
  name,
  inputs: [{ ...box, ...range }],
  build: (x) => x![name as UnaryName](),
  expected: each(f),
}));

export const elementwiseCases: OpCase[] = [...unary];
