import { describe, expect, it } from 'vitest';
import { curvatureOperator, eigenpairs, gradientCovarianceOperator } from '../../../src/curvature/index.js';
import { euclideanNorm } from '../../../src/linalg/index.js';
import { dense, sequential, softmaxCrossEntropy, tanh } from '../../../src/nn/index.js';
import { gaussNewtonMatrix, hessianMatrix, sampledFisherMatrix } from '../../../src/objective/matrices.js';
import { referenceExecutor } from '../../../src/runtime/index.js';
import { ortExecutor } from '../../../src/runtime/node.js';
import {
  astype,
  generator,
  InputError,
  mapTree,
  type NDArray,
  ndarray,
  ShapeError,
} from '../../../src/tensor/index.js';
import { flaky } from '../../objective/executors.js';
import { distance, type ModelOptions, pointOf, smallModel } from './support.js';

const options = smallModel({
  layer: sequential([dense(4, 5), tanh(), dense(5, 3)]),
  loss: softmaxCrossEntropy(),
  x: [10, 4],
  y: [10],
  classes: 3,
});

const single: ModelOptions = {
  ...options,
  parameters: mapTree(options.parameters, (a: NDArray) => astype(a, 'f32')) as never,
  x: astype(options.x, 'f32'),
};

function draw(count: number, n: number): Float64Array[] {
  const random = generator(8);
  return Array.from({ length: count }, () => Float64Array.from({ length: n }, () => random.normal()));
}

it('the order and the size of batches do not matter, nor how many vectors there are at once', async () => {
  const whole = curvatureOperator(pointOf(options), hessianMatrix);
  const list = draw(5, whole.size);
  const expected = await whole.applyBatch(list);
  for (const [chunk, vectors] of [
    [1, 1],
    [4, 2],
    [10, 5],
  ] as const) {
    const streamed = curvatureOperator(pointOf({ ...options, chunk }), hessianMatrix, { vectors });
    for (const [k, product] of (await streamed.applyBatch(list)).entries()) {
      expect(distance(product, expected[k]!)).toBeLessThan(1e-13);
    }
  }
});

it('one operator gives one matrix, also where it is sampled', async () => {
  const fisher = () =>
    curvatureOperator(pointOf(options), sampledFisherMatrix, { generator: generator(1), samples: 2 });
  const operator = fisher();
  const [v] = draw(1, operator.size);
  const first = await operator.apply(v!);
  expect(await operator.apply(v!)).toEqual(first);
  expect(await fisher().apply(v!)).toEqual(first);
});

it('samples targets of another kind than the data has', async () => {
  const y = ndarray('f64', new Float64Array(30).fill(1 / 3), [10, 3]);
  const fisher = (given: ModelOptions) =>
    curvatureOperator(pointOf(given), sampledFisherMatrix, { generator: generator(1), samples: 2 });
  const [v] = draw(1, fisher(options).size);
  expect(distance(await fisher({ ...options, y }).apply(v!), await fisher(options).apply(v!))).toBeLessThan(1e-12);
});

it('ONNX Runtime in float32 agrees within 1e-5', async () => {
  const executor = await ortExecutor();
  const at = pointOf({ ...single, executor, chunk: 4 });
  const operators = [
    (point: typeof at) => curvatureOperator(point, hessianMatrix, { vectors: 2 }),
    (point: typeof at) => curvatureOperator(point, gaussNewtonMatrix, { vectors: 2 }),
    (point: typeof at) => gradientCovarianceOperator(point, { vectors: 2 }),
  ];
  for (const operatorOf of operators) {
    const exact = operatorOf(pointOf(options));
    const vectors = draw(3, exact.size);
    const expected = await exact.applyBatch(vectors);
    for (const [k, product] of (await operatorOf(at).applyBatch(vectors)).entries()) {
      expect(distance(product, expected[k]!)).toBeLessThan(1e-5);
    }
  }
  await at.objective.dispose();
  await executor.dispose();
});

describe('single precision', () => {
  it('products are written in place, whatever the batches', async () => {
    for (const chunk of [10, 4]) {
      const operator = curvatureOperator(pointOf({ ...single, chunk }), hessianMatrix);
      const v = new Float32Array(draw(1, operator.size)[0]!);
      const into = new Float32Array(operator.size).fill(7);
      await operator.applySingle!(v, into);
      expect(operator.applications).toBe(1);
      const expected = await curvatureOperator(pointOf(options), hessianMatrix).apply(new Float64Array(v));
      expect(distance(new Float64Array(into), expected)).toBeLessThan(1e-6);
      await expect(async () => operator.applySingle!(v, new Float32Array(3))).rejects.toThrow(ShapeError);
    }
    expect(curvatureOperator(pointOf(options), hessianMatrix).applySingle).toBeUndefined();
  });

  it('eigenpairs are those in double precision, with orthonormal vectors', async () => {
    const double = curvatureOperator(pointOf(options), hessianMatrix);
    const settings = { generator: generator(1), count: 5, tolerance: 1e-5, basis: 12 };
    const operator = curvatureOperator(pointOf(single), hessianMatrix);
    const found = await eigenpairs(operator, settings);
    const exact = await eigenpairs(double, { ...settings, generator: generator(2), tolerance: 1e-10 });
    expect(found.status).toBe('converged');
    expect(found.applications).toBe(operator.applications);
    for (const [k, value] of found.values.entries()) {
      expect(Math.abs(value - exact.values[k]!)).toBeLessThan(1e-5 * exact.values[0]!);
      const v = found.vectors[k]!;
      const product = await double.apply(v);
      expect(euclideanNorm(product.map((x, i) => x - value * v[i]!))).toBeLessThan(3e-5 * exact.values[0]!);
      for (const [l, w] of found.vectors.entries()) {
        const along = v.reduce((sum, x, i) => sum + x * w[i]!, 0);
        expect(Math.abs(along - (k === l ? 1 : 0))).toBeLessThan(1e-12);
      }
    }
  });

  it('a product that is not finite is an error', async () => {
    const at = pointOf(single).objective.at(new Float32Array(pointOf(single).parameters.length).fill(Number.NaN));
    const settings = { generator: generator(1), count: 1, tolerance: 1e-3 };
    await expect(eigenpairs(curvatureOperator(at, hessianMatrix), settings)).rejects.toThrow(/"Hessian" is not finite/);
  });
});

describe('errors', () => {
  it('options that make no sense', () => {
    const at = pointOf(options);
    expect(() => curvatureOperator(at, hessianMatrix, { vectors: 1.5 })).toThrow(/vectors must be .*, got 1.5/);
    const none = { generator: generator(1), samples: 0 };
    expect(() => curvatureOperator(at, sampledFisherMatrix, none)).toThrow(/samples must be .*, got 0/);
    expect(() => curvatureOperator(at, sampledFisherMatrix)).toThrow(/sampled Fisher matrix draws targets; give a/);
  });

  it('a product that is not finite names the parameter', async () => {
    const operator = curvatureOperator(pointOf(options), hessianMatrix);
    const bad = new Float64Array(operator.size).fill(Number.NaN);
    await expect(operator.apply(bad)).rejects.toThrow(/parameter "0.weight"/);
    await expect(operator.apply(bad)).rejects.toThrow(InputError);
  });

  it('a failure to load is not kept by an operator, nor by what it computes once', async () => {
    for (const operatorOf of [
      (given: ModelOptions) => curvatureOperator(pointOf(given), gaussNewtonMatrix),
      (given: ModelOptions) => gradientCovarianceOperator(pointOf(given)),
    ]) {
      const operator = operatorOf({ ...options, executor: flaky(referenceExecutor()) });
      const [v] = draw(1, operator.size);
      await expect(operator.apply(v!)).rejects.toThrow('busy');
      expect(await operator.apply(v!)).toEqual(await operatorOf(options).apply(v!));
    }
  });
});
