import { describe, expect, it } from 'vitest';
import { curvatureOperator, ekfacOperator, kfacOperator, laplace } from '../../src/curvature/index.js';
import { arrays } from '../../src/data/index.js';
import { type Loss, softmaxCrossEntropy, squaredError } from '../../src/nn/index.js';
import { type At, allRows, type LossOfOutputs, supervisedObjective } from '../../src/objective/index.js';
import { gaussNewtonMatrix, hessianMatrix, sampledFisherMatrix } from '../../src/objective/matrices.js';
import { concat } from '../../src/ops/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { astype, generator, type NDArray, ndarray, type Tensor } from '../../src/tensor/index.js';
import { distance } from '../curvature/operators/support.js';

const rows = 8;
const random = generator(4);
const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => random.normal());

/** `[rows, …]` of columns from … to of a matrix. */
function columns({ data, shape }: NDArray, from: number, to: number): NDArray {
  const width = shape[1]!;
  const part = Array.from({ length: rows }, (_, r) =>
    Array.from({ length: to - from }, (_c, i) => Number(data[r * width + from + i])),
  );
  return ndarray('f64', part);
}

const x = ndarray('f64', normals(rows * 7), [rows, 7]);
/** Two numbers, and a class of three as a row of a unit matrix. */
const y = ndarray(
  'f64',
  Array.from({ length: rows }, (_, r) => [...normals(2), ...[0, 1, 2].map((k) => Number(k === r % 3))]),
);
const parameters = {
  w: ndarray('f64', normals(28), [7, 4]),
  b: ndarray('f64', normals(4), [4]),
  p: ndarray('f64', normals(8), [4, 2]),
  q: ndarray('f64', normals(12), [4, 3]),
};
const theta = Float64Array.from([
  ...parameters.w.data,
  ...parameters.b.data,
  ...parameters.p.data,
  ...parameters.q.data,
]);
type Weights = Record<keyof typeof parameters, Tensor>;

const hidden = (weights: Weights, input: Tensor): Tensor => input.matmul(weights.w).add(weights.b).tanh();

const part = (t: Tensor, from: number, to: number): Tensor => t.slice([0, from], [t.shape[0]!, to]);
const [squares, classes] = [squaredError(), softmaxCrossEntropy()];

/** Of joined outputs and targets, from losses of the two parts. */
function joined(first: Loss, second: Loss, weight: number): Loss {
  return {
    name: 'joined',
    normalizer: () => 1,
    value: (o, t) =>
      first.value(part(o, 0, 2), part(t, 0, 2)).add(second.value(part(o, 2, 5), part(t, 2, 5)).mul(weight)),
    hessianProduct: (o, t, u) =>
      concat(
        [
          first.hessianProduct(part(o, 0, 2), part(t, 0, 2), part(u, 0, 2)),
          second.hessianProduct(part(o, 2, 5), part(t, 2, 5), part(u, 2, 5)).mul(weight),
        ],
        1,
      ),
    sample: () => {
      throw new Error('the matrices of drawn targets are compared with their expectation');
    },
  };
}

interface Problem {
  readonly several: LossOfOutputs;
  readonly one: Loss;
  readonly drawn: boolean;
}

const problems: Record<string, Problem> = {
  'numbers and classes': { several: { p: squares, q: classes }, one: joined(squares, classes, 1), drawn: true },
  'numbers with weights': {
    several: { p: squares, q: { loss: squares, weight: 2.5 } },
    one: joined(squares, squares, 2.5),
    drawn: true,
  },
  'a function of all': {
    several: (o, t) => squares.value(o.p!, t.p!).add(classes.value(o.q!, t.q!).mul(0.5)),
    one: joined(squares, classes, 0.5),
    drawn: false,
  },
};

/** Three inputs, two outputs, two targets. */
function severalAt(loss: LossOfOutputs, dtype: 'f32' | 'f64' = 'f64', executor: Executor = referenceExecutor()): At {
  const fields = {
    a: columns(x, 0, 2),
    b: columns(x, 2, 5),
    c: columns(x, 5, 7),
    p: columns(y, 0, 2),
    q: columns(y, 2, 5),
  };
  const typed = (t: NDArray): NDArray<'f32' | 'f64'> => astype(t, dtype);
  const objective = supervisedObjective({
    executor,
    chunk: 3,
    weightDecay: 0.1,
    parameters: { w: typed(parameters.w), b: typed(parameters.b), p: typed(parameters.p), q: typed(parameters.q) },
    model: (weights: Weights, { a, b, c }) => {
      const h = hidden(weights, concat([a!, b!, c!], 1));
      return { p: h.matmul(weights.p), q: h.matmul(weights.q) };
    },
    loss,
    data: arrays(Object.fromEntries(Object.entries(fields).map(([name, t]) => [name, typed(t)]))),
    targets: ['p', 'q'],
  });
  return objective.at(theta);
}

function oneAt(loss: Loss): At {
  const model = (weights: Weights, input: Tensor): Tensor => {
    const h = hidden(weights, input);
    return concat([h.matmul(weights.p), h.matmul(weights.q)], 1);
  };
  const executor = referenceExecutor();
  return supervisedObjective({ executor, weightDecay: 0.1, parameters, model, loss, x, y }).at(theta);
}

const vectors = [normals(theta.length), normals(theta.length)];

async function expectSame(found: At, truth: At, tolerance: number): Promise<void> {
  const [mine, theirs] = [
    await found.objective.valueAndGradient(found.parameters, allRows(rows)),
    await truth.objective.valueAndGradient(truth.parameters, allRows(rows)),
  ];
  expect(Math.abs(mine.value - theirs.value)).toBeLessThan(tolerance * theirs.value);
  expect(distance(mine.gradient, theirs.gradient)).toBeLessThan(tolerance);
  for (const matrix of [hessianMatrix, gaussNewtonMatrix]) {
    const [a, b] = [curvatureOperator(found, matrix), curvatureOperator(truth, matrix)];
    const expected = await b.applyBatch(vectors);
    for (const [k, product] of (await a.applyBatch(vectors)).entries()) {
      expect(distance(product, expected[k]!)).toBeLessThan(tolerance);
    }
  }
  const [a, b] = [curvatureOperator(found, gaussNewtonMatrix), curvatureOperator(truth, gaussNewtonMatrix)];
  expect(distance(await a.diagonal(), await b.diagonal())).toBeLessThan(tolerance);
  const dense = async (at: At): Promise<Float64Array> => (await (await kfacOperator(at)).toDense()).data;
  expect(distance(await dense(found), await dense(truth))).toBeLessThan(tolerance);
}

describe.each(Object.entries(problems))('3 inputs, 2 outputs, %s', (_, { several, one, drawn }) => {
  it('are the model of one input and one output', async () => {
    await expectSame(severalAt(several), oneAt(one), 1e-12);
  });

  it('are so on ONNX Runtime in float32', async () => {
    const executor = await ortExecutor({ threads: 1 });
    const at = severalAt(several, 'f32', executor);
    await expectSame(at, oneAt(one), 1e-5);
    await at.objective.dispose();
    await executor.dispose();
  });

  it('EKFAC has the trace of the Gauss-Newton matrix', async () => {
    const trace = await curvatureOperator(oneAt(one), gaussNewtonMatrix).trace();
    expect((await (await ekfacOperator(severalAt(several))).trace()) / trace).toBeCloseTo(1, 10);
  });

  if (drawn) {
    it('targets are drawn so that the Fisher matrix is the Gauss-Newton matrix in expectation', async () => {
      const at = severalAt(several);
      const fisher = curvatureOperator(at, sampledFisherMatrix, { generator: generator(2), samples: 1000 });
      const truth = curvatureOperator(oneAt(one), gaussNewtonMatrix);
      const expected = await truth.applyBatch(vectors);
      for (const [k, product] of (await fisher.applyBatch(vectors)).entries()) {
        expect(distance(product, expected[k]!)).toBeLessThan(0.1);
      }
      expect(distance(await fisher.diagonal(), await truth.diagonal())).toBeLessThan(0.1);
      const sampled = await kfacOperator(at, { estimate: 'sampled', generator: generator(3), samples: 1000 });
      const exact = await kfacOperator(at);
      expect(distance((await sampled.toDense()).data, (await exact.toDense()).data)).toBeLessThan(0.1);
    });
  } else {
    it('has no distribution to draw targets from', async () => {
      const fisher = curvatureOperator(severalAt(several), sampledFisherMatrix, { generator: generator(1) });
      await expect(fisher.apply(vectors[0]!)).rejects.toThrow(/defines no distribution/);
    });
  }
});

describe('Laplace of several outputs', () => {
  it('is that of one output where the sum of the losses is a negative log-likelihood', async () => {
    // Each mean over the elements of a row counts as often as it has elements.
    const weighted = { p: { loss: squares, weight: 2 }, q: { loss: squares, weight: 3 } };
    const options = { structure: 'full', noise: 0.4 } as const;
    const found = await laplace(severalAt(weighted), options);
    const truth = await laplace(oneAt(squares), options);
    expect(found.logMarginalLikelihood).toBeCloseTo(truth.logMarginalLikelihood, 8);
    const fresh = ndarray('f64', normals(21), [3, 7]);
    const pieces = (from: number, to: number): NDArray =>
      ndarray(
        'f64',
        [0, 1, 2].map((r) => Array.from(fresh.data.subarray(7 * r + from, 7 * r + to))),
      );
    const mine = await found.predict({ a: pieces(0, 2), b: pieces(2, 5), c: pieces(5, 7) });
    const theirs = await truth.predict(fresh);
    expect(distance(mine.mean.data, theirs.mean.data)).toBeLessThan(1e-12);
    expect(distance(mine.covariance.data, theirs.covariance.data)).toBeLessThan(1e-9);
    await expect(found.predict(fresh)).rejects.toThrow(/the input "a" is f64 \[3, 7\]/);
    await expect(found.predict({ a: pieces(0, 2) })).rejects.toThrow(/the input "b" is not given/);
  });

  it('is refused where it is not', async () => {
    await expect(laplace(severalAt({ p: squares, q: classes }))).rejects.toThrow(/weight of each is its normalizer/);
  });
});
