import { describe, expect, it } from 'vitest';
import { grad } from '../../../src/autodiff/index.js';
import {
  curvatureModel,
  ggnOperator,
  gradientCovarianceOperator,
  hessianOperator,
  sampledFisherOperator,
} from '../../../src/curvature/index.js';
import { activation, dense, sequential, softmaxCrossEntropy } from '../../../src/nn/index.js';
import { supervisedObjective } from '../../../src/optim/index.js';
import { type Executor, referenceExecutor } from '../../../src/runtime/index.js';
import { ortExecutor } from '../../../src/runtime/node.js';
import {
  astype,
  generator,
  InputError,
  mapTree,
  type NDArray,
  ndarray,
  ShapeError,
  zeros,
} from '../../../src/tensor/index.js';
import { distance, smallModel } from './support.js';

const options = smallModel({
  layer: sequential([dense(4, 5), activation('tanh'), dense(5, 3)]),
  loss: softmaxCrossEntropy(),
  x: [10, 4],
  y: [10],
  classes: 3,
});

function draw(count: number, n: number): Float64Array[] {
  const random = generator(8);
  return Array.from({ length: count }, () => Float64Array.from({ length: n }, () => random.normal()));
}

it('the order and the size of batches do not matter', async () => {
  const whole = hessianOperator(curvatureModel(options));
  const vectors = draw(5, whole.size);
  const expected = await whole.applyBatch(vectors);
  for (const [chunk, vectorsAtOnce] of [
    [1, 1],
    [4, 2],
    [10, 5],
  ] as const) {
    const streamed = hessianOperator(curvatureModel({ ...options, chunk, vectors: vectorsAtOnce }));
    for (const [k, product] of (await streamed.applyBatch(vectors)).entries()) {
      expect(distance(product, expected[k]!)).toBeLessThan(1e-13);
    }
  }
});

it('one operator gives one matrix, also where it is sampled', async () => {
  const fisher = () => sampledFisherOperator(curvatureModel(options), { generator: generator(1), samples: 2 });
  const operator = fisher();
  const [v] = draw(1, operator.size);
  const first = await operator.apply(v!);
  expect(await operator.apply(v!)).toEqual(first);
  expect(await fisher().apply(v!)).toEqual(first);
});

it('ONNX Runtime in float32 agrees within 1e-5', async () => {
  const executor = await ortExecutor();
  const single = curvatureModel({
    ...options,
    executor,
    parameters: mapTree(options.parameters, (a: NDArray) => astype(a, 'f32')) as never,
    x: astype(options.x, 'f32'),
    chunk: 4,
    vectors: 2,
  });
  for (const operatorOf of [hessianOperator, ggnOperator, gradientCovarianceOperator]) {
    const exact = operatorOf(curvatureModel(options));
    const vectors = draw(3, exact.size);
    const expected = await exact.applyBatch(vectors);
    for (const [k, product] of (await operatorOf(single).applyBatch(vectors)).entries()) {
      expect(distance(product, expected[k]!)).toBeLessThan(1e-5);
    }
  }
  await single.dispose();
  await executor.dispose();
});

describe('errors', () => {
  it('data and limits that make no sense', () => {
    expect(() => curvatureModel({ ...options, y: zeros('i32', [9]) })).toThrow(ShapeError);
    expect(() => curvatureModel({ ...options, x: zeros('f64', [0, 4]), y: zeros('i32', [0]) })).toThrow(InputError);
    expect(() => curvatureModel({ ...options, chunk: 0 })).toThrow(/chunk is 0/);
    expect(() => curvatureModel({ ...options, vectors: 1.5 })).toThrow(/vectors is 1.5/);
    expect(() => sampledFisherOperator(curvatureModel(options), { generator: generator(1), samples: 0 })).toThrow(
      /samples is 0/,
    );
  });

  it('data that are not finite name their row', () => {
    const data = Float64Array.from({ length: 40 }, (_, i) => (i === 9 ? Number.NaN : 0));
    const x = { ...options.x, data } as NDArray;
    expect(() => curvatureModel({ ...options, x })).toThrow(/x .* holds NaN in row 2, element 1/);
  });

  it('a product that is not finite names the parameter', async () => {
    const operator = hessianOperator(curvatureModel(options));
    await expect(operator.apply(new Float64Array(operator.size).fill(Number.NaN))).rejects.toThrow(
      /parameter "0.weight"/,
    );
  });
});

describe('a failure to load', () => {
  /** Fails the first time. */
  function flaky(executor: Executor): Executor {
    let failed = false;
    return {
      ...executor,
      load: async (program) => {
        if (failed) return executor.load(program);
        failed = true;
        throw new InputError('the device is busy');
      },
    };
  }

  it('is not kept by a model', async () => {
    const model = curvatureModel({ ...options, executor: flaky(referenceExecutor()) });
    const ggn = ggnOperator(model);
    const [v] = draw(1, ggn.size);
    await expect(ggn.apply(v!)).rejects.toThrow('busy');
    expect(await ggn.apply(v!)).toEqual(await ggnOperator(curvatureModel(options)).apply(v!));
    await model.dispose();
  });

  it('is not kept by what an operator computes once', async () => {
    const covariance = gradientCovarianceOperator(curvatureModel({ ...options, executor: flaky(referenceExecutor()) }));
    const [v] = draw(1, covariance.size);
    await expect(covariance.apply(v!)).rejects.toThrow('busy');
    expect(await covariance.apply(v!)).toEqual(await gradientCovarianceOperator(curvatureModel(options)).apply(v!));
  });

  it('is not kept by an objective', async () => {
    const objective = supervisedObjective({ ...options, executor: flaky(referenceExecutor()) });
    const theta = Float64Array.from(curvatureModel(options).point());
    await expect(objective.value(theta, [0, 1])).rejects.toThrow('busy');
    expect(await objective.value(theta, [0, 1])).toBeGreaterThan(0);
    await objective.dispose();
  });
});

it('counts its work in gradient equivalents', async () => {
  const model = curvatureModel({ ...options, chunk: 4 });
  expect(model.work()).toBe(0);
  await model.mean('gradient', ({ loss, weights }) => ({ gradient: grad(loss, weights) }));
  expect(model.work()).toBeGreaterThan(0.9);
  expect(model.work()).toBeLessThan(1.1);
  const before = model.work();
  await hessianOperator(model).apply(new Float64Array(model.layout.size).fill(1));
  expect(model.work() - before).toBeGreaterThan(1.2);
  expect(model.work() - before).toBeLessThan(4);
});

it('samples targets of another kind than the data has', async () => {
  const y = ndarray('f64', new Float64Array(30).fill(1 / 3), [10, 3]);
  const fisher = sampledFisherOperator(curvatureModel({ ...options, y }), { generator: generator(1), samples: 2 });
  const same = sampledFisherOperator(curvatureModel(options), { generator: generator(1), samples: 2 });
  const [v] = draw(1, fisher.size);
  expect(distance(await fisher.apply(v!), await same.apply(v!))).toBeLessThan(1e-12);
});
