import { describe, expect, it } from 'vitest';
import { jacobian } from '../../../src/autodiff/index.js';
import {
  curvatureOperator,
  laplace,
  parameterBlock,
  probitSigmoid,
  probitSoftmax,
  restrictedOperator,
} from '../../../src/curvature/index.js';
import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  type Matrix,
  matrix,
  multiply,
  transposeMatrix,
} from '../../../src/linalg/index.js';
import {
  dense,
  loadParameters,
  sequential,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  squaredError,
  tanh,
} from '../../../src/nn/index.js';
import { gaussNewtonMatrix, hessianMatrix } from '../../../src/objective/matrices.js';
import { referenceExecutor } from '../../../src/runtime/index.js';
import {
  generator,
  InputError,
  mapTree,
  type NDArray,
  ndarray,
  ShapeError,
  type Tree,
  zeros,
} from '../../../src/tensor/index.js';
import { choleskyLogDeterminant } from '../../linalg/support.js';
import { distance, type ModelOptions, pointOf, smallModel, wholeBatch } from '../operators/support.js';

const ROWS = 9;
const NOISE = 0.3;
const TAU = 0.7;

const factorOf = (a: Matrix): Matrix => {
  const result = cholesky(a);
  if (result.status !== 'ok') throw new Error(result.status);
  return result.factor;
};

/** Inputs with a last 1, and Gaussian targets. */
function regressionData(outputs: number) {
  const random = generator(21);
  const x = matrix(ROWS, 4);
  for (let i = 0; i < ROWS; i++) {
    for (let j = 0; j < 3; j++) x.data[i * 4 + j] = random.normal();
    x.data[i * 4 + 3] = 1;
  }
  const y = Array.from({ length: outputs }, () => Float64Array.from({ length: ROWS }, () => random.normal()));
  return { x, y };
}

/** Bayesian linear regression by its textbook formulas (Bishop 2006, section 3.5), one output after another. */
function closedForm(outputs: number) {
  const { x, y } = regressionData(outputs);
  const precision = multiply(x, x, { transposeA: true });
  for (let i = 0; i < 16; i++) precision.data[i] = precision.data[i]! / NOISE + (i % 5 === 0 ? TAU : 0);
  const factor = factorOf(precision);
  const weights = y.map((t) => {
    const right = multiply(x, matrix(ROWS, 1, t), { transposeA: true });
    return choleskySolve(
      factor,
      right.data.map((v) => v / NOISE),
    );
  });
  // y ~ N(0, σ² I + X Xᵀ/τ).
  const marginal = multiply(x, x, { transposeB: true });
  for (let i = 0; i < marginal.data.length; i++) {
    marginal.data[i] = marginal.data[i]! / TAU + (i % (ROWS + 1) === 0 ? NOISE : 0);
  }
  const marginalFactor = factorOf(marginal);
  const evidence = y.reduce((sum, t) => {
    const solved = choleskySolve(marginalFactor, t);
    const square = t.reduce((s, v, i) => s + v * solved[i]!, 0);
    return sum - 0.5 * (square + choleskyLogDeterminant(marginalFactor) + ROWS * Math.log(2 * Math.PI));
  }, 0);
  return { x, y, weights, evidence, covariance: choleskyInverse(factor) };
}

function regression(outputs: number, reduction: 'elements' | 'examples') {
  const truth = closedForm(outputs);
  const layer = dense(3, outputs);
  const weight = Float64Array.from(truth.weights.flatMap((w) => Array.from(w.slice(0, 3))));
  const x = new Float64Array(3 * ROWS);
  for (let i = 0; i < ROWS; i++) for (let j = 0; j < 3; j++) x[i * 3 + j] = truth.x.data[i * 4 + j]!;
  const y = new Float64Array(outputs * ROWS);
  truth.y.forEach((t, k) => {
    for (let i = 0; i < ROWS; i++) y[i * outputs + k] = t[i]!;
  });
  const model = pointOf({
    executor: referenceExecutor(),
    model: layer.apply as never,
    loss: squaredError({ reduction }),
    parameters: loadParameters(layer.init(generator(1), 'f64'), {
      weight: ndarray('f64', weight, [outputs, 3]),
      bias: ndarray(
        'f64',
        Float64Array.from(truth.weights, (w) => w[3]!),
        [outputs],
      ),
    }),
    x: ndarray('f64', x, [ROWS, 3]),
    y: ndarray('f64', y, [ROWS, outputs]),
    chunk: 4,
  });
  return { model, truth };
}

describe('Bayesian linear regression, for which the approximation is exact', () => {
  const cases = [
    ['full', 1, 'elements'],
    ['full', 2, 'examples'],
    ['kfac', 1, 'examples'],
    ['kfac', 2, 'elements'],
    ['ekfac', 2, 'elements'],
  ] as const;
  it.each(cases)(
    '%s, %i outputs, mean over %s: evidence and predictive variance within 1e-8',
    async (structure, outputs, reduction) => {
      const { model, truth } = regression(outputs, reduction);
      const posterior = await laplace(model, { structure, priorPrecision: TAU, noise: NOISE });
      expect(Math.abs(posterior.logMarginalLikelihood - truth.evidence)).toBeLessThan(1e-8);
      const random = generator(5);
      const fresh = ndarray(
        'f64',
        Float64Array.from({ length: 15 }, () => random.normal()),
        [5, 3],
      );
      const { mean, variance, covariance } = await posterior.predict(fresh);
      expect(covariance.shape).toEqual([5, outputs, outputs]);
      for (let i = 0; i < 5; i++) {
        const row = matrix(1, 4, Float64Array.of(...fresh.data.slice(3 * i, 3 * i + 3), 1));
        const expected = multiply(multiply(row, truth.covariance), row, { transposeB: true }).data[0]!;
        for (let k = 0; k < outputs; k++) {
          expect(Math.abs(variance.data[i * outputs + k]! - expected)).toBeLessThan(1e-8);
          const prediction = truth.weights[k]!.reduce((sum, w, j) => sum + w * row.data[j]!, 0);
          expect(Math.abs(mean.data[i * outputs + k]! - prediction)).toBeLessThan(1e-8);
          for (let l = 0; l < k; l++)
            expect(Math.abs(covariance.data[(i * outputs + k) * outputs + l]!)).toBeLessThan(1e-10);
        }
      }
    },
  );

  it('the effective number of parameters is tr of the hat matrix', async () => {
    const { model, truth } = regression(1, 'elements');
    const posterior = await laplace(model, { structure: 'full', priorPrecision: TAU, noise: NOISE });
    const hat = multiply(multiply(truth.x, truth.covariance), truth.x, { transposeB: true });
    let trace = 0;
    for (let i = 0; i < ROWS; i++) trace += hat.data[i * (ROWS + 1)]! / NOISE;
    expect(posterior.effectiveParameters).toBeCloseTo(trace, 9);
    expect(posterior.noise).toBe(NOISE);
  });
});

const logistic = smallModel({
  layer: dense(3, 1),
  loss: sigmoidCrossEntropy(),
  x: [ROWS, 3],
  y: [ROWS, 1],
});
const binary: ModelOptions = {
  ...logistic,
  y: ndarray(
    'f64',
    (logistic.y.data as Float64Array).map((v) => Number(v > 0)),
    [ROWS, 1],
  ),
};
const network = smallModel({
  layer: sequential([dense(3, 4), tanh(), dense(4, 3)]),
  loss: softmaxCrossEntropy(),
  x: [ROWS, 3],
  y: [ROWS],
  classes: 3,
});

describe('against dense matrices', () => {
  it('logistic regression: precision, evidence and covariance of the outputs', async () => {
    const model = pointOf({ ...binary, chunk: 4 });
    const posterior = await laplace(model, { structure: 'full', priorPrecision: TAU });
    // A linear model's Gauss-Newton matrix is its Hessian.
    const precision = await curvatureOperator(model, hessianMatrix).toDense();
    const n = precision.rows;
    for (let i = 0; i < n * n; i++) precision.data[i] = ROWS * precision.data[i]! + (i % (n + 1) === 0 ? TAU : 0);
    expect(distance((await posterior.precision.toDense()).data, precision.data)).toBeLessThan(1e-9);
    const point = Float64Array.from(model.parameters);
    const factor = factorOf(precision);
    const { data } = await wholeBatch(binary, ({ loss }) => loss.reshape([1, 1]));
    const square = point.reduce((sum, w) => sum + w * w, 0);
    const evidence =
      -ROWS * data[0]! - 0.5 * TAU * square + 0.5 * n * Math.log(TAU) - 0.5 * choleskyLogDeterminant(factor);
    expect(Math.abs(posterior.logMarginalLikelihood - evidence)).toBeLessThan(1e-9);
    expect(posterior.noise).toBeNull();
  });

  it.each(['full', 'kfac', 'ekfac', 'diagonal'] as const)('%s: J Σ Jᵀ of a network', async (structure) => {
    const model = pointOf({ ...network, chunk: 4 });
    const posterior = await laplace(model, { structure, priorPrecision: TAU });
    const slopes = await wholeBatch(network, ({ outputs, weights }) =>
      jacobian(outputs, weights).reshape([3 * ROWS, model.objective.layout.size]),
    );
    const covariance = await posterior.covariance.toDense();
    const truth = multiply(multiply(slopes, covariance), transposeMatrix(slopes));
    const prediction = await posterior.predict(network.x);
    for (let i = 0; i < ROWS; i++) {
      for (let k = 0; k < 3; k++) {
        for (let l = 0; l < 3; l++) {
          const expected = truth.data[(3 * i + k) * 3 * ROWS + 3 * i + l]!;
          expect(Math.abs(prediction.covariance.data[(3 * i + k) * 3 + l]! - expected)).toBeLessThan(1e-9);
        }
      }
    }
  });

  it('of a last layer: the block of the Gauss-Newton matrix, the other layers fixed', async () => {
    const model = pointOf({ ...network, chunk: 4 });
    const block = restrictedOperator(
      curvatureOperator(model, gaussNewtonMatrix),
      parameterBlock(model.objective.layout, ['2']),
    );
    const truth = await block.toDense();
    for (let i = 0; i < truth.data.length; i++) {
      truth.data[i] = ROWS * truth.data[i]! + (i % (truth.rows + 1) === 0 ? TAU : 0);
    }
    const last = await laplace(model, { structure: 'full', layers: ['2'], priorPrecision: TAU });
    expect(last.names).toEqual(model.objective.layout.slots.slice(-2).map(({ name }) => name));
    expect(distance((await last.precision.toDense()).data, truth.data)).toBeLessThan(1e-9);
    expect(last.mean).toEqual(Float64Array.from(model.parameters).slice(-block.size));
    const diagonal = await laplace(model, { structure: 'diagonal', layers: ['2'], priorPrecision: TAU });
    expect(distance(await diagonal.precision.diagonal(), await last.precision.diagonal())).toBeLessThan(1e-9);
  });

  it.each(['full', 'kfac', 'diagonal'] as const)(
    '%s: the weight decay of the objective does not count',
    async (structure) => {
      const [plain, decayed] = [pointOf(network), pointOf({ ...network, weightDecay: 0.5 })];
      const [a, b] = [await laplace(plain, { structure }), await laplace(decayed, { structure })];
      expect(b.logMarginalLikelihood).toBe(a.logMarginalLikelihood);
      expect(await b.covariance.diagonal()).toEqual(await a.covariance.diagonal());
    },
  );

  it('K-FAC of the last layer of a deep linear network has the evidence of the full matrix', async () => {
    const options = smallModel({
      layer: sequential([dense(3, 4), dense(4, 2)]),
      loss: squaredError(),
      x: [ROWS, 3],
      y: [ROWS, 2],
    });
    const model = pointOf(options);
    const [full, kfac] = await Promise.all(
      (['full', 'kfac'] as const).map((structure) => laplace(model, { structure, layers: ['1'], noise: NOISE })),
    );
    expect(Math.abs(full!.logMarginalLikelihood - kfac!.logMarginalLikelihood)).toBeLessThan(1e-8);
  });
});

describe('the prior precision', () => {
  it.each(['full', 'kfac', 'diagonal'] as const)('%s: tuned, no other has a larger evidence', async (structure) => {
    const posterior = await laplace(pointOf(network), { structure });
    const tuned = posterior.tuned();
    const evidence = (tau: number): number => posterior.withPriorPrecision(tau).logMarginalLikelihood;
    const best = tuned.logMarginalLikelihood;
    for (const factor of [0.01, 0.5, 0.99, 1.01, 2, 100]) {
      expect(evidence(tuned.priorPrecision * factor)).toBeLessThan(best);
    }
    // The derivative by log τ, by differences.
    const h = 1e-4;
    const slope =
      (evidence(tuned.priorPrecision * Math.exp(h)) - evidence(tuned.priorPrecision * Math.exp(-h))) / (2 * h);
    expect(Math.abs(slope)).toBeLessThan(1e-6);
    const square = tuned.mean.reduce((sum, w) => sum + w * w, 0);
    expect(tuned.effectiveParameters).toBeCloseTo(tuned.priorPrecision * square, 9);
  });

  it('samples have the posterior as their distribution', async () => {
    const posterior = await laplace(pointOf(binary), { priorPrecision: TAU });
    const random = generator(3);
    const n = posterior.mean.length;
    const truth = await posterior.covariance.toDense();
    const sums = matrix(n, n);
    const draws = 4000;
    for (let d = 0; d < draws; d++) {
      const off = (await posterior.sample(random)).map((v, i) => v - posterior.mean[i]!);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sums.data[i * n + j]! += (off[i]! * off[j]!) / draws;
    }
    expect(distance(sums.data, truth.data)).toBeLessThan(0.1);
  });
});

describe('probit approximation', () => {
  const gaussian = (mean: number[], variance: number[], shape = [1, mean.length]) => ({
    mean: ndarray('f64', Float64Array.from(mean), shape),
    variance: ndarray('f64', Float64Array.from(variance), shape),
  });

  it('is close to the integral of the sigmoid', () => {
    for (const [mean, variance] of [
      [0, 4],
      [1, 0.5],
      [2, 9],
      [-3, 2],
    ] as const) {
      let integral = 0;
      for (let i = 0; i < 4000; i++) {
        const z = -8 + (16 * (i + 0.5)) / 4000;
        const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
        integral += (density * (16 / 4000)) / (1 + Math.exp(-(mean + Math.sqrt(variance) * z)));
      }
      expect(Math.abs(probitSigmoid(gaussian([mean], [variance])).data[0]! - integral)).toBeLessThan(0.02);
    }
  });

  it('is the softmax without variance, and softer with it', () => {
    const certain = probitSoftmax(gaussian([1, 2, -1, 700], [0, 0, 0, 0], [2, 2]));
    expect(certain.data[0]).toBeCloseTo(1 / (1 + Math.E), 12);
    expect(certain.data[3]).toBe(1);
    const unsure = probitSoftmax(gaussian([1, 2], [5, 5]));
    expect(unsure.data[0]).toBeGreaterThan(certain.data[0]!);
    expect(unsure.data[0]! + unsure.data[1]!).toBeCloseTo(1, 12);
    // For two classes of equal variance: the sigmoid of the difference, shrunk alike.
    expect(unsure.data[1]).toBeCloseTo(1 / (1 + Math.exp(-1 / Math.sqrt(1 + (5 * Math.PI) / 8))), 12);
  });
});

it('says what is wrong', async () => {
  const model = pointOf(network);
  await expect(laplace(model, { priorPrecision: 0 })).rejects.toThrow(
    /priorPrecision must be a finite number > 0, got 0/,
  );
  await expect(laplace(model, { structure: 'block' as never })).rejects.toThrow(/structure is 'block'/);
  for (const structure of ['full', 'diagonal'] as const) {
    const sampled = { structure, estimate: 'sampled', generator: generator(1) } as const;
    await expect(laplace(model, sampled)).rejects.toThrow(/estimate 'sampled' is of Kronecker factors.*leave it out/);
    await expect(laplace(model, { structure, sharing: 'reduce' })).rejects.toThrow(/sharing 'reduce'/);
  }
  await expect(laplace(model, { noise: 1 })).rejects.toThrow(/not a sum of squares/);
  await expect(laplace(regression(1, 'elements').model, { noise: -1 })).rejects.toThrow(
    /noise must be a finite number > 0, got -1/,
  );
  const posterior = await laplace(model);
  await expect(posterior.predict(ndarray('f64', new Float64Array(4), [2, 2]))).rejects.toThrow(ShapeError);
  const zero = mapTree(binary.parameters as Tree<NDArray>, ({ shape }) => zeros('f64', shape) as NDArray);
  const untrained = await laplace(pointOf({ ...binary, parameters: zero as never }));
  expect(() => untrained.tuned()).toThrow(/all parameters are zero/);
  const blind = await laplace(
    pointOf({
      ...binary,
      model: ((w: never, x: never, context: never) => logistic.model(w, x, context).mul(0)) as never,
    }),
  );
  expect(() => blind.tuned()).toThrow(/curvature is zero/);
  const mean = ndarray('f64', new Float64Array(2), [1, 2]);
  expect(() => probitSoftmax({ mean, variance: ndarray('f64', new Float64Array(2), [2, 1]) })).toThrow(ShapeError);
  expect(() => posterior.withPriorPrecision(Number.NaN)).toThrow(InputError);
});
