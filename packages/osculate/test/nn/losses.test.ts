import { describe, expect, it } from 'vitest';
import { grad, jvp } from '../../src/autodiff/index.js';
import {
  huber,
  type Loss,
  poisson,
  type Reduction,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  squaredError,
} from '../../src/nn/index.js';
import {
  constant,
  generator,
  InputError,
  input,
  type NDArray,
  ndarray,
  ShapeError,
  toNumbers,
} from '../../src/tensor/index.js';
import { expectClose } from '../ops/closeness.js';
import { random, run } from './apply.js';
import { softmax } from './naive.js';

async function lossOf(loss: Loss, outputs: NDArray, targets: NDArray): Promise<number> {
  return Number((await run({ value: loss.value(constant(outputs), constant(targets)) })).value!.data[0]);
}

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

const outputs = random([5, 3], 1);
const o = toNumbers(outputs);
const real = random([5, 3], 2);
const y = toNumbers(real);
const between = ndarray(
  'f64',
  y.map((v) => 1 / (1 + Math.exp(-v))),
  [5, 3],
);
const counts = ndarray(
  'f64',
  y.map((v) => Math.floor(3 * Math.abs(v))),
  [5, 3],
);
const ids = ndarray('i32', [2, 0, 1, 1, 2]);
const rows = <T>(list: readonly T[]): T[][] => Array.from({ length: 5 }, (_, i) => list.slice(3 * i, 3 * i + 3));
const shares = ndarray('f64', rows(y).map(softmax));
const weighted = ndarray(
  'f64',
  y.map((v) => Math.abs(v)),
  [5, 3],
);
const crossEntropy = (p: number[][]): number =>
  sum(rows(o).map((r, i) => -sum(softmax(r).map((s, k) => p[i]![k]! * Math.log(s)))));
const oneHot = toNumbers(ids).map((id) => [0, 1, 2].map((k) => (k === id ? 1 : 0)));

/** Loss by reduction, targets, and the sum before the division. */
const cases: [string, (options?: { reduction: Reduction }) => Loss, NDArray, number, number][] = [
  ['squaredError', squaredError, real, sum(o.map((v, i) => (v - y[i]!) ** 2)), 15],
  [
    'sigmoidCrossEntropy',
    sigmoidCrossEntropy,
    between,
    sum(o.map((v, i) => Math.log1p(Math.exp(v)) - Number(between.data[i]) * v)),
    15,
  ],
  ['poisson', poisson, counts, sum(o.map((v, i) => Math.exp(v) - Number(counts.data[i]) * v)), 15],
  [
    'huber',
    (options) => huber({ delta: 0.7, ...options }),
    real,
    sum(
      o.map((v, i) => {
        const e = Math.abs(v - y[i]!);
        return e <= 0.7 ? (e * e) / 2 : 0.7 * (e - 0.35);
      }),
    ),
    15,
  ],
  ['softmaxCrossEntropy of class ids', softmaxCrossEntropy, ids, crossEntropy(oneHot), 5],
  ['softmaxCrossEntropy of i64 ids', softmaxCrossEntropy, ndarray('i64', toNumbers(ids)), crossEntropy(oneHot), 5],
  ['softmaxCrossEntropy of probabilities', softmaxCrossEntropy, shares, crossEntropy(rows(toNumbers(shares))), 5],
  ['softmaxCrossEntropy of weights', softmaxCrossEntropy, weighted, crossEntropy(rows(toNumbers(weighted))), 5],
];

describe.each(cases)('%s', (name, make, targets, total, parts) => {
  it('has its closed form, for both reductions', async () => {
    expect(await lossOf(make(), outputs, targets)).toBeCloseTo(total / parts, 12);
    expect(await lossOf(make({ reduction: 'elements' }), outputs, targets)).toBeCloseTo(total / parts, 12);
    expect(await lossOf(make({ reduction: 'examples' }), outputs, targets)).toBeCloseTo(total / 5, 12);
    const symbolic = constant(outputs);
    expect([make().normalizer(symbolic), make({ reduction: 'examples' }).normalizer(symbolic)]).toEqual([parts, 5]);
  });

  it.each(['elements', 'examples'] as const)(
    'its Hessian product is the derivative of its gradient, by %s',
    async (reduction) => {
      const loss = make({ reduction });
      const x = input('o', 'f64', [5, 3]);
      const [t, u] = [constant(targets), constant(random([5, 3], 3))];
      const results = await run(
        {
          closed: loss.hessianProduct(x, t, u),
          derived: jvp(grad(loss.value(x, t), x), x, u),
        },
        { o: outputs },
        [x],
      );
      expectClose(name, toNumbers(results.closed!), toNumbers(results.derived!), 1e-12, 1e-3);
    },
  );
});

describe('extreme outputs', () => {
  it.each(['f64', 'f32'] as const)('are stable in %s', async (dtype) => {
    const far = ndarray(dtype, [[1e4, -1e4]]);
    const exact = async (loss: Loss, targets: NDArray) => lossOf(loss, far, targets);
    // A perfect loss may be −0.
    expect(Math.abs(await exact(softmaxCrossEntropy(), ndarray('i32', [0])))).toBe(0);
    expect(await exact(softmaxCrossEntropy(), ndarray('i32', [1]))).toBe(2e4);
    expect(await exact(sigmoidCrossEntropy({ reduction: 'examples' }), ndarray(dtype, [[1, 0]]))).toBe(0);
    expect(await exact(sigmoidCrossEntropy({ reduction: 'examples' }), ndarray(dtype, [[0, 1]]))).toBe(2e4);
    expect(await exact(huber({ delta: 1, reduction: 'examples' }), ndarray(dtype, [[0, 0]]))).toBe(2e4 - 1);
  });

  it('have gradients and Hessian products without NaN', async () => {
    const x = input('o', 'f64', [1, 2]);
    for (const [loss, targets] of [
      [softmaxCrossEntropy(), ndarray('i32', [1])],
      [sigmoidCrossEntropy(), ndarray('f64', [[0, 1]])],
    ] as const) {
      const t = constant(targets);
      const results = await run(
        { g: grad(loss.value(x, t), x), h: loss.hessianProduct(x, t, constant(ndarray('f64', [[1, 2]]))) },
        { o: ndarray('f64', [[1e4, -1e4]]) },
      );
      expect(toNumbers(results.g!).every(Number.isFinite)).toBe(true);
      expectClose('vanishing curvature', toNumbers(results.h!), [0, 0], 1e-15, 1);
    }
  });
});

/** Outputs of n equal rows. */
const repeated = (row: readonly number[], n: number): NDArray<'f64'> =>
  ndarray(
    'f64',
    Float64Array.from({ length: n * row.length }, (_, i) => row[i % row.length]!),
    [n, row.length],
  );

const n = 10_000;

/** Column k of samples `[n, k]`. */
const column = (samples: NDArray, k: number, width: number): number[] =>
  toNumbers(samples).filter((_, i) => i % width === k);

const meanOf = (v: number[]): number => sum(v) / v.length;
function varianceOf(v: number[]): number {
  const mean = meanOf(v);
  return meanOf(v.map((x) => (x - mean) ** 2));
}

function expectMean(values: number[], wanted: number): void {
  const error = Math.sqrt(varianceOf(values) / values.length);
  expect(Math.abs(meanOf(values) - wanted)).toBeLessThanOrEqual(4 * error);
}

describe('samplers draw from the predictive distribution', () => {
  it('softmaxCrossEntropy: classes by their probabilities', () => {
    const logits = [0.3, -1, 2];
    const drawn = softmaxCrossEntropy().sample(repeated(logits, n), generator(1));
    expect([drawn.dtype, drawn.shape]).toEqual(['i32', [n]]);
    softmax(logits).forEach((p, k) => {
      expectMean(
        toNumbers(drawn).map((c) => (c === k ? 1 : 0)),
        p,
      );
    });
  });

  it('sigmoidCrossEntropy: Bernoulli, and certain at the extremes', () => {
    const drawn = sigmoidCrossEntropy().sample(repeated([0.5, -2, 800, -800], n), generator(2));
    expectMean(column(drawn, 0, 4), 1 / (1 + Math.exp(-0.5)));
    expectMean(column(drawn, 1, 4), 1 / (1 + Math.exp(2)));
    expect([meanOf(column(drawn, 2, 4)), meanOf(column(drawn, 3, 4))]).toEqual([1, 0]);
  });

  it('squaredError: Gaussian of variance 1/2', () => {
    const values = column(squaredError().sample(repeated([3], n), generator(3)), 0, 1);
    expectMean(values, 3);
    expect(Math.abs(varianceOf(values) / 0.5 - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  });

  it.each([-3, 0, 1.5, 4])('poisson: mean and variance are the rate exp(%f)', (logRate) => {
    const values = column(poisson().sample(repeated([logRate], n), generator(4)), 0, 1);
    const rate = Math.exp(logRate);
    expectMean(values, rate);
    expectMean(
      values.map((v) => (v - rate) ** 2),
      rate,
    );
    // The frequency of zero is exp(−rate).
    if (rate < 5)
      expectMean(
        values.map((v) => (v === 0 ? 1 : 0)),
        Math.exp(-rate),
      );
  });

  it.each([0.3, 1, 2.5])('huber, δ = %f: moments of exp(−ρ), by quadrature', (delta) => {
    const residuals = column(huber({ delta }).sample(repeated([2], n), generator(5)), 0, 1).map((v) => v - 2);
    const rho = (r: number): number => (Math.abs(r) <= delta ? (r * r) / 2 : delta * (Math.abs(r) - delta / 2));
    const [step, far] = [1e-3, 40 / delta];
    let [mass, second, inside] = [0, 0, 0];
    for (let r = step / 2; r < far; r += step) {
      const density = Math.exp(-rho(r)) * step;
      mass += density;
      second += density * r * r;
      if (r <= delta) inside += density;
    }
    expectMean(residuals, 0);
    expectMean(
      residuals.map((r) => r * r),
      second / mass,
    );
    expectMean(
      residuals.map((r) => (Math.abs(r) <= delta ? 1 : 0)),
      inside / mass,
    );
  });

  it('the seed alone determines the draw', () => {
    for (const loss of [squaredError(), sigmoidCrossEntropy(), softmaxCrossEntropy(), poisson(), huber()]) {
      const draw = (seed: number) => toNumbers(loss.sample(random([50, 3], 9), generator(seed)));
      expect(draw(1)).toEqual(draw(1));
      expect(draw(1)).not.toEqual(draw(2));
    }
  });
});

describe('E[∇nll·∇nllᵀ] = m·H with sampled targets: the Fisher matrix of `value`', () => {
  const row = [0.4, -0.6, 0.2];
  it.each([
    ['squaredError', squaredError],
    ['sigmoidCrossEntropy', sigmoidCrossEntropy],
    ['softmaxCrossEntropy', softmaxCrossEntropy],
    ['poisson', poisson],
    ['huber', () => huber({ delta: 0.8 })],
  ] as const)('%s', async (_, make) => {
    const loss = make();
    const many = repeated(row, n);
    const x = input('o', 'f64', [n, 3]);
    const drawn = loss.sample(many, generator(6));
    // `value` is the mean over m parts, so m times its gradient is ∇nll of every row.
    const nll = loss.value(x, constant(drawn)).mul(loss.normalizer(x));
    const { g } = await run({ g: grad(nll, x) }, { o: many }, [x]);
    const slopes = [0, 1, 2].map((k) => column(g!, k, 3));
    // One row's H·m by unit vectors.
    for (let k = 0; k < 3; k++) {
      const unit = ndarray('f64', [[0, 1, 2].map((i) => (i === k ? 1 : 0))]);
      const one = ndarray(drawn.dtype, drawn.data.slice(0, drawn.data.length / n) as never, [
        1,
        ...drawn.shape.slice(1),
      ]);
      const z = constant(ndarray('f64', [row]));
      const { h } = await run({ h: loss.hessianProduct(z, constant(one), constant(unit)).mul(loss.normalizer(z)) });
      for (let i = 0; i < 3; i++) {
        const products = slopes[i]!.map((a, r) => a * slopes[k]![r]!);
        // Huber's H depends on the residual: its expectation is the probability of the quadratic part.
        const wanted = loss.name === 'huber' ? (i === k ? insideOf(0.8) : 0) : Number(h!.data[i]);
        expectMean(products, wanted);
      }
    }
  });

  /** P(|r| ≤ δ) under the density ∝ exp(−ρ). */
  function insideOf(delta: number): number {
    let inside = 0;
    const step = 1e-4;
    for (let r = step / 2; r < delta; r += step) inside += 2 * Math.exp((-r * r) / 2) * step;
    // Both tails: ∫ exp(−δ(r − δ/2)) from δ = exp(−δ²/2)/δ.
    return inside / (inside + (2 * Math.exp((-delta * delta) / 2)) / delta);
  }
});

describe('errors', () => {
  const all: [string, Loss][] = [
    ['squaredError', squaredError()],
    ['sigmoidCrossEntropy', sigmoidCrossEntropy()],
    ['softmaxCrossEntropy', softmaxCrossEntropy()],
    ['poisson', poisson()],
    ['huber', huber()],
  ];
  const o32 = (shape: number[]) => input('o', 'f32', shape);

  it.each(all)('%s: shapes that differ are both named', (name, loss) => {
    const value = () => loss.value(o32([4, 3]), input('y', 'f32', [4, 1]));
    expect(value).toThrow(ShapeError);
    expect(value).toThrow(
      new RegExp(`${name}: outputs "o" \\(f32 \\[4, 3\\]\\) and targets "y" \\(f32 \\[4, 1\\]\\) differ`),
    );
  });

  it.each(all)('%s: an empty batch has no mean', (name, loss) => {
    const value = () => loss.value(o32([0, 3]), input('y', 'f32', [0, 3]));
    expect(value).toThrow(ShapeError);
    expect(value).toThrow(new RegExp(`${name}: the batch is empty: "o"`));
  });

  it.each(all)('%s: outputs that are not finite have no samples', (name, loss) => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const sample = () => loss.sample(ndarray('f64', [[0, bad]]), generator(0));
      expect(sample).toThrow(InputError);
      expect(sample).toThrow(`${name}: cannot sample, output 1 is ${bad}`);
    }
  });

  it('class numbers of another shape', () => {
    expect(() => softmaxCrossEntropy().value(o32([4, 3]), input('y', 'i32', [4, 1]))).toThrow(
      /outputs "o" \(f32 \[4, 3\]\) need class numbers of shape \[4\], got "y" \(i32 \[4, 1\]\)/,
    );
  });

  it('settings', () => {
    expect(() => huber({ delta: 0 })).toThrow(/delta must be a number > 0, got 0/);
    expect(() => huber({ delta: Number.NaN })).toThrow(InputError);
    expect(() => poisson().sample(ndarray('f64', [20]), generator(0))).toThrow(/cannot draw from rate/);
  });
});
