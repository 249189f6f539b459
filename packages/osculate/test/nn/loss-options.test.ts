import { describe, expect, it } from 'vitest';
import { grad, hessian } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import {
  balancedClassWeights,
  huber,
  type Loss,
  poisson,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  squaredError,
} from '../../src/nn/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import {
  constant,
  generator,
  InputError,
  input,
  type NDArray,
  ndarray,
  ShapeError,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.js';
import { expectClose } from '../ops/closeness.js';
import { random, run } from './apply.js';
import { softmax } from './naive.js';

const rows = 5;
const outputs = random([rows, 3], 1);
const o = toNumbers(outputs);
const rowsOf = (list: readonly number[]): number[][] =>
  Array.from({ length: rows }, (_, i) => list.slice(3 * i, 3 * i + 3));
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const elementwise = (f: (v: number, i: number) => number): number => sum(o.map(f));

const ids = [2, 0, -100, 1, 2];
const classWeights = [0.5, 2, 3];
const shares = rowsOf(toNumbers(random([rows, 3], 4))).map(softmax);
const real = toNumbers(random([rows, 3], 2));
const holes = real.map((v, i) => (i % 4 === 0 ? -999 : v));
const known = (i: number): number => (i % 4 === 0 ? 0 : 1);
const counts = real.map((v) => Math.floor(3 * Math.abs(v)));
const between = real.map((v) => 1 / (1 + Math.exp(-v)));
const softplus = (v: number): number => Math.log1p(Math.exp(v));
const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
const columns = [1, 0.25, 3];
const isKnown = { weights: (y: Tensor) => y.notEqual(-999) };

/** −Σ q·log softmax over the rows, q by row. */
const crossEntropy = (q: (row: number) => readonly number[]): number =>
  -sum(rowsOf(o).map((logits, row) => sum(softmax(logits).map((s, k) => q(row)[k]! * Math.log(s)))));
const oneHot = (k: number): number[] => [0, 1, 2].map((j) => (j === k ? 1 : 0));

/** The likelihoods of one row's drawn labels: what can be drawn, how probable. */
type Outcomes = (logits: readonly number[]) => { readonly label: NDArray; readonly p: number }[];
const classes: Outcomes = (logits) => softmax([...logits]).map((p, k) => ({ label: ndarray('i32', [k]), p }));
const coins: Outcomes = (logits) =>
  Array.from({ length: 8 }, (_, bits) => {
    const labels = [0, 1, 2].map((k) => (bits >> k) & 1);
    const p = labels.reduce((product, y, k) => product * (y ? sigmoid(logits[k]!) : 1 - sigmoid(logits[k]!)), 1);
    return { label: ndarray('f64', [labels]), p };
  });
/** Three points of Gauss-Hermite quadrature for each output: exact for the squares of a slope that is linear in the label. */
const gaussian: Outcomes = (logits) =>
  Array.from({ length: 27 }, (_, n) => {
    const digits = [0, 1, 2].map((k) => Math.floor(n / 3 ** k) % 3);
    const label = ndarray('f64', [digits.map((d, k) => logits[k]! + (d - 1) * Math.sqrt(1.5))]);
    return { label, p: digits.reduce((product, d) => product * (d === 1 ? 2 / 3 : 1 / 6), 1) };
  });

/** Name, loss, targets, the sum before the division by hand as PyTorch's formula with reduction 'sum' has it, number of parts, outcomes. */
const cases: readonly (readonly [string, Loss, NDArray, number, number, Outcomes | null])[] = [
  [
    'softmax with class weights',
    softmaxCrossEntropy({ classWeights }),
    ndarray('i32', [2, 0, 1, 1, 2]),
    crossEntropy((row) => oneHot([2, 0, 1, 1, 2][row]!).map((p, k) => p * classWeights[k]!)),
    rows,
    classes,
  ],
  [
    'softmax with class weights and an index outside of the classes ignored',
    softmaxCrossEntropy({ classWeights, ignoreIndex: -100 }),
    ndarray('i64', ids),
    crossEntropy((row) => oneHot(ids[row]!).map((p, k) => p * classWeights[k]!)),
    rows,
    classes,
  ],
  [
    'softmax with a class ignored, by example',
    softmaxCrossEntropy({ ignoreIndex: 1, reduction: 'examples' }),
    ndarray('i32', [2, 0, 1, 1, 2]),
    crossEntropy((row) => ([2, 0, 1, 1, 2][row] === 1 ? [0, 0, 0] : oneHot([2, 0, 1, 1, 2][row]!))),
    rows,
    classes,
  ],
  [
    'softmax with all options',
    softmaxCrossEntropy({ classWeights, ignoreIndex: -100, labelSmoothing: 0.2 }),
    ndarray('i32', ids),
    crossEntropy((row) =>
      ids[row]! < 0 ? [0, 0, 0] : oneHot(ids[row]!).map((p, k) => (0.8 * p + 0.2 / 3) * classWeights[k]!),
    ),
    rows,
    classes,
  ],
  [
    'softmax of probabilities with class weights and smoothing',
    softmaxCrossEntropy({ classWeights, labelSmoothing: 0.1 }),
    ndarray('f64', shares),
    crossEntropy((row) => shares[row]!.map((p, k) => (0.9 * p + 0.1 / 3) * classWeights[k]!)),
    rows,
    classes,
  ],
  [
    'softmax of probabilities that do not add up to 1',
    softmaxCrossEntropy(),
    ndarray('f64', rowsOf(real.map(Math.abs))),
    crossEntropy((row) => rowsOf(real.map(Math.abs))[row]!),
    rows,
    classes,
  ],
  [
    'sigmoid with positive weights and a mask',
    sigmoidCrossEntropy({ positiveWeight: columns, weights: (y) => y.greater(0.4) }),
    ndarray('f64', rowsOf(between)),
    elementwise((v, i) => {
      const y = between[i]!;
      return y > 0.4 ? columns[i % 3]! * y * softplus(-v) + (1 - y) * softplus(v) : 0;
    }),
    15,
    coins,
  ],
  [
    'sigmoid with one positive weight, by example',
    sigmoidCrossEntropy({ positiveWeight: 3, reduction: 'examples' }),
    ndarray('f64', rowsOf(between)),
    elementwise((v, i) => 3 * between[i]! * softplus(-v) + (1 - between[i]!) * softplus(v)),
    rows,
    coins,
  ],
  [
    'squared error with missing targets',
    squaredError(isKnown),
    ndarray('f64', rowsOf(holes)),
    elementwise((v, i) => known(i) * (v - real[i]!) ** 2),
    15,
    gaussian,
  ],
  [
    'squared error with weights of columns, by example',
    squaredError({ weights: columns, reduction: 'examples' }),
    ndarray('f64', rowsOf(real)),
    elementwise((v, i) => columns[i % 3]! * (v - real[i]!) ** 2),
    rows,
    gaussian,
  ],
  [
    'huber with missing targets',
    huber({ delta: 0.7, ...isKnown }),
    ndarray('f64', rowsOf(holes)),
    elementwise((v, i) => {
      const e = Math.abs(v - real[i]!);
      return known(i) * (e <= 0.7 ? (e * e) / 2 : 0.7 * (e - 0.35));
    }),
    15,
    null,
  ],
  [
    'poisson with weights of columns',
    poisson({ weights: columns }),
    ndarray('f64', rowsOf(counts)),
    elementwise((v, i) => columns[i % 3]! * (Math.exp(v) - counts[i]! * v)),
    15,
    null,
  ],
];

describe.each(cases)('%s', (name, loss, targets, total, parts, outcomes) => {
  const x = input('o', 'f64', [rows, 3]);
  const t = constant(targets);

  it('is the formula by hand, divided by a number that no target changes', async () => {
    const { value } = await run({ value: loss.value(x, t) }, { o: outputs }, [x]);
    expect(Number(value!.data[0])).toBeCloseTo(total / parts, 12);
    expect(loss.normalizer(x)).toBe(parts);
  });

  it('its Hessian product is the dense Hessian of autodiff', async () => {
    const u = constant(random([rows, 3], 3));
    const dense = hessian(loss.value(x, t), x)
      .reshape([15, 15])
      .matmul(u.reshape([15, 1]));
    const { closed, derived } = await run({ closed: loss.hessianProduct(x, t, u), derived: dense }, { o: outputs }, [
      x,
    ]);
    expectClose(name, toNumbers(closed!), toNumbers(derived!), 1e-12, 1e-3);
  });

  it('its residuals, if any, are those of the value', async () => {
    const residuals = loss.residuals?.(x, t);
    expect(residuals !== undefined).toBe(loss.name === 'squared error');
    if (residuals === undefined) return;
    const results = await run({ value: loss.value(x, t), squares: residuals.square().sum() }, { o: outputs }, [x]);
    expect(Number(results.squares!.data[0])).toBeCloseTo(Number(results.value!.data[0]), 13);
  });

  it('E[∇s·∇sᵀ]·m over all labels that can be drawn is the Hessian by the outputs, row by row', async () => {
    if (outcomes === null) return;
    const one = input('o', 'f64', [1, 3]);
    const own = (row: number): NDArray => {
      const width = targets.data.length / rows;
      return ndarray(targets.dtype, toNumbers(targets).slice(row * width, (row + 1) * width), [
        1,
        ...targets.shape.slice(1),
      ]);
    };
    for (const [row, logits] of rowsOf(o).entries()) {
      const point = { o: ndarray('f64', [logits]) };
      const target = constant(own(row));
      const curvature = hessian(loss.value(one, target), one).reshape([9]);
      const { h } = await run({ h: curvature }, point, [one]);
      const fisher = new Array<number>(9).fill(0);
      for (const { label, p } of outcomes(logits)) {
        const drawn = constant(label);
        const score = loss.score?.(one, target, drawn) ?? loss.value(one, drawn);
        const { g } = await run({ g: grad(score, one) }, point, [one]);
        const slope = toNumbers(g!);
        for (let k = 0; k < 9; k++) {
          fisher[k]! += p * loss.normalizer(one) * slope[Math.floor(k / 3)]! * slope[k % 3]!;
        }
      }
      expectClose(name, fisher, toNumbers(h!), 1e-12, 1e-3);
    }
  });
});

it('all are the same on ONNX Runtime', async () => {
  const executor = await ortExecutor({ threads: 1 });
  for (const [name, loss, targets] of cases) {
    const x = input('o', 'f64', [rows, 3]);
    const t = input('t', targets.dtype, targets.shape);
    const drawn = loss.sample(outputs, generator(2));
    const d = input('d', drawn.dtype, drawn.shape);
    const graph = {
      gradient: grad(loss.value(x, t), x),
      product: loss.hessianProduct(x, t, x),
      score: grad(loss.score?.(x, t, d) ?? loss.value(x, d), x),
    };
    const feeds = { o: outputs, t: targets, d: drawn };
    const executable = await executor.load(compile(graph, { inputs: [x, t, d] }));
    const [found, truth] = [await executable.run(feeds), await run(graph, feeds, [x, t, d])];
    for (const key of ['gradient', 'product', 'score'] as const)
      expectClose(name, toNumbers(found[key]), toNumbers(truth[key]!), 1e-12, 1e-3);
    await executable.dispose();
  }
  await executor.dispose();
});

describe('targets that do not count', () => {
  const x = input('o', 'f64', [2, 3]);
  const point = {
    o: ndarray('f64', [
      [1, -2, 0.5],
      [0.3, 0.1, -1],
    ]),
  };

  it.each<[string, Loss, NDArray]>([
    ['softmax', softmaxCrossEntropy({ ignoreIndex: 7 }), ndarray('i32', [7, 7])],
    [
      'squared',
      squaredError({ weights: (y) => y.equal(0).cast('f64') }),
      ndarray('f64', [
        [1, 2, 3],
        [NaN, 5, 6],
      ]),
    ],
    [
      'huber',
      huber({ weights: (y) => y.equal(0).cast('f64') }),
      ndarray('f64', [
        [1, 2, 3],
        [NaN, 5, 6],
      ]),
    ],
    [
      'poisson',
      poisson({ weights: [0, 0, 0] }),
      ndarray('f64', [
        [1, 2, 3],
        [NaN, 5, 6],
      ]),
    ],
    [
      'sigmoid',
      sigmoidCrossEntropy({ weights: [0, 0, 0] }),
      ndarray('f64', [
        [1, 2, 3],
        [NaN, 5, 6],
      ]),
    ],
  ])('%s: enter neither loss nor gradient nor Hessian nor score', async (_, loss, targets) => {
    const t = constant(targets);
    const drawn = constant(
      loss.sample(
        ndarray('f64', [
          [0, 0, 0],
          [0, 0, 0],
        ]),
        generator(1),
      ),
    );
    const results = await run(
      {
        value: loss.value(x, t),
        gradient: grad(loss.value(x, t), x),
        product: loss.hessianProduct(
          x,
          t,
          constant(
            ndarray('f64', [
              [1, 2, 3],
              [4, 5, 6],
            ]),
          ),
        ),
        score: grad(loss.score!(x, t, drawn), x),
      },
      point,
      [x],
    );
    for (const array of Object.values(results))
      expect(toNumbers(array).map(Math.abs)).toEqual(toNumbers(array).map(() => 0));
  });

  it('do not enter the accuracy, and weights do not change it', async () => {
    const accuracy = async (loss: Loss, targets: NDArray, logits: NDArray) => {
      const { sum: right, count } = loss.metrics!.accuracy!(constant(logits), constant(targets));
      const results = await run({ right, ...(typeof count === 'number' ? {} : { count }) });
      return [Number(results.right!.data[0]), typeof count === 'number' ? count : Number(results.count!.data[0])];
    };
    const logits = ndarray('f64', [
      [3, 1, 2],
      [0, 5, 1],
      [0, 5, 1],
      [4, 0, 0],
    ]);
    const classIds = ndarray('i32', [0, 2, 1, -1]);
    expect(await accuracy(softmaxCrossEntropy({ ignoreIndex: -1, classWeights: [1, 9, 1] }), classIds, logits)).toEqual(
      [2, 3],
    );
    expect(await accuracy(softmaxCrossEntropy(), ndarray('i64', [0, 2, 1, 0]), logits)).toEqual([3, 4]);
    const probabilities = ndarray('f64', [
      [1, 0, 0],
      [0, 0.4, 0.6],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(await accuracy(softmaxCrossEntropy(), probabilities, logits)).toEqual([2, 4]);
    const signs = ndarray('f64', [[1, 0, -1, 1]]);
    const values = ndarray('f64', [[2, 1, 3, 0.1]]);
    expect(await accuracy(sigmoidCrossEntropy({ weights: (y) => y.greaterEqual(0) }), signs, values)).toEqual([2, 3]);
  });
});

describe('balanced class weights', () => {
  it('let every class count as much, and have the mean 1 over the targets', () => {
    const targets = [0, 0, 0, 1, 2, 2, -100];
    const weights = balancedClassWeights(targets, 3);
    expect(weights).toEqual([2 / 3, 2, 1]);
    expect(sum(targets.filter((k) => k >= 0).map((k) => weights[k]!))).toBeCloseTo(6, 14);
    expect(balancedClassWeights(BigInt64Array.of(0n, 1n), 2)).toEqual([1, 1]);
  });

  it('need every class', () => {
    expect(() => balancedClassWeights([0, 0], 2)).toThrow(/no target is of class 1/);
    expect(() => balancedClassWeights([0], Number.NaN)).toThrow(InputError);
  });
});

describe('errors', () => {
  it.each<[string, (argument: never) => unknown, unknown, RegExp]>([
    [
      'squaredError, a word',
      squaredError,
      'examples',
      /squaredError: the options must be an object.*got the text "examples"/,
    ],
    ['poisson, null', poisson, null, /poisson: the options must be an object.*got null/],
    ['huber, a number', huber, 1, /huber: the options must be an object/],
    ['huber, delta', huber, { delta: 0 }, /huber: delta must be/],
    ['huber, a bigint', huber, { delta: 1n }, /huber: delta must be/],
    ['reduction', squaredError, { reduction: 'mean' }, /reduction must be one of elements, examples; got "mean"/],
    [
      'an unknown option',
      sigmoidCrossEntropy,
      { posWeight: 2 },
      /no option "posWeight"; the options are positiveWeight/,
    ],
    [
      'a negative positive weight',
      sigmoidCrossEntropy,
      { positiveWeight: -1 },
      /positiveWeight must be finite numbers ≥ 0, got -1/,
    ],
    ['null as a positive weight', sigmoidCrossEntropy, { positiveWeight: null }, /positiveWeight must be/],
    ['negative weights', poisson, { weights: [1, -2] }, /weights must be finite numbers ≥ 0, got -2/],
    ['weights that are no list', poisson, { weights: 2 }, /weights must be numbers in a list, or a function/],
    [
      'class weights',
      softmaxCrossEntropy,
      { classWeights: [1, Number.NaN] },
      /classWeights must be finite numbers ≥ 0, got NaN/,
    ],
    ['class weights, null', softmaxCrossEntropy, { classWeights: null }, /classWeights must be a list/],
    ['ignore index', softmaxCrossEntropy, { ignoreIndex: 0.5 }, /ignoreIndex must be an integer, got 0.5/],
    [
      'smoothing',
      softmaxCrossEntropy,
      { labelSmoothing: 1 },
      /labelSmoothing must be a number from 0 to below 1, got 1/,
    ],
    ['smoothing, null', softmaxCrossEntropy, { labelSmoothing: null }, /labelSmoothing must be/],
    ['a tensor', softmaxCrossEntropy, input('o', 'f32', [2]), /softmaxCrossEntropy: the options must be an object/],
  ])('%s', (_, make, options, message) => {
    const call = () => Reflect.apply(make, undefined, [options]);
    expect(call).toThrow(InputError);
    expect(call).toThrow(message);
  });

  it('weights of other shapes', () => {
    const x = input('o', 'f64', [2, 3]);
    expect(() => softmaxCrossEntropy({ classWeights: [1, 2] }).value(x, input('y', 'i32', [2]))).toThrow(
      /there are 2 class weights for 3 classes, the last axis of the outputs "o" \(f64 \[2, 3\]\)/,
    );
    expect(() => squaredError({ weights: (y) => y.sum([1]) }).value(x, input('y', 'f64', [2, 3]))).toThrow(ShapeError);
    expect(() => squaredError({ weights: [1, 2] }).value(x, input('y', 'f64', [2, 3]))).toThrow(ShapeError);
  });

  it('targets that a loss is not defined for', () => {
    const check = (loss: Loss, targets: NDArray) => () => loss.checkTargets?.(targets, [2, 3]);
    expect(check(softmaxCrossEntropy(), ndarray('i32', [0, 3]))).toThrow(
      /softmaxCrossEntropy: the target of row 1 of the batch is 3; it must be a class number from 0 to 2$/,
    );
    expect(check(softmaxCrossEntropy({ ignoreIndex: -1 }), ndarray('i64', [-1, -2]))).toThrow(
      /is -2;.*, or -1 to be ignored/,
    );
    expect(check(softmaxCrossEntropy({ ignoreIndex: -1 }), ndarray('i64', [-1, 2]))).not.toThrow();
    expect(
      check(
        softmaxCrossEntropy(),
        ndarray('f64', [
          [1, 0, 0],
          [-1, 1, 1],
        ]),
      ),
    ).toThrow(/is -1; it must be a probability/);
    expect(
      check(
        sigmoidCrossEntropy(),
        ndarray('f64', [
          [0, 1, 2],
          [0, 0, 0],
        ]),
      ),
    ).toThrow(/is 2; it must be a number from 0 to 1/);
    expect(
      check(
        poisson(),
        ndarray('f64', [
          [0, 1, 2],
          [0, -1, 0],
        ]),
      ),
    ).toThrow(/row 1 .* is -1; it must be a count/);
    expect(
      check(
        poisson({ weights: (y) => y.greaterEqual(0) }),
        ndarray('f64', [
          [-1, 1, 2],
          [0, 1, 0],
        ]),
      ),
    ).not.toThrow();
  });
});
