import { expect, it } from 'vitest';
import type { Program } from '../../../src/compile/index.js';
import {
  type CurvatureModelOptions,
  curvatureModel,
  eigenpairs,
  ggnOperator,
  hessianOperator,
} from '../../../src/curvature/index.js';
import { modelAt } from '../../../src/curvature/operators/model-at.js';
import { euclideanNorm } from '../../../src/linalg/index.js';
import { activation, dense, sequential, softmaxCrossEntropy } from '../../../src/nn/index.js';
import { type Executor, referenceExecutor } from '../../../src/runtime/index.js';
import { astype, generator, InputError, mapTree, ShapeError } from '../../../src/tensor/index.js';
import { distance, smallModel } from './support.js';

const options = smallModel({
  layer: sequential([dense(4, 6), activation('tanh'), dense(6, 3)]),
  loss: softmaxCrossEntropy(),
  x: [12, 4],
  y: [12],
  classes: 3,
});

const single: CurvatureModelOptions = {
  ...options,
  parameters: mapTree(options.parameters, (a) => astype(a as never, 'f32')) as never,
  x: astype(options.x as never, 'f32'),
};

/** An executor that counts the runs of each program. */
function counted() {
  const runs = new Map<Program, number>();
  const inner = referenceExecutor();
  const executor: Executor = {
    ...inner,
    name: inner.name,
    dispose: () => inner.dispose(),
    load: async (program) => {
      const executable = await inner.load(program);
      return {
        program,
        report: executable.report,
        dispose: () => executable.dispose(),
        run: (feeds) => {
          runs.set(program, (runs.get(program) ?? 0) + 1);
          return executable.run(feeds);
        },
      };
    },
  };
  return { executor, runs };
}

const draw = (n: number, seed: number): Float64Array => {
  const random = generator(seed);
  return Float64Array.from({ length: n }, () => random.normal());
};

it.each([
  ['Hessian', hessianOperator],
  ['GGN', ggnOperator],
] as const)('%s: products from what is kept are those of the whole program', async (_, operatorOf) => {
  for (const chunk of [12, 5]) {
    const { executor, runs } = counted();
    const kept = operatorOf(curvatureModel({ ...options, executor, chunk }));
    const whole = operatorOf(curvatureModel({ ...options, chunk, held: 0 }));
    for (let k = 0; k < 6; k++) {
      const v = draw(kept.size, k);
      expect(distance(await kept.apply(v), await whole.apply(v))).toBeLessThan(1e-14);
    }
    const batches = chunk === 12 ? 1 : 3;
    const sizes = chunk === 12 ? 1 : 2;
    // Two runs as a whole; then what is kept once for each batch, and the rest of the program four times.
    expect([...runs.values()].reduce((sum, count) => sum + count, 0)).toBe(batches * (2 + 1 + 4));
    expect(runs.size).toBe(3 * sizes);
  }
});

it('nothing is kept beyond the limit, nor at parameters that may change', async () => {
  const { executor, runs } = counted();
  const small = hessianOperator(curvatureModel({ ...options, executor, held: 100 }));
  for (let k = 0; k < 4; k++) await small.apply(draw(small.size, k));
  expect([...runs.values()]).toEqual([4]);

  const model = curvatureModel(options);
  const point = model.point();
  const moving = hessianOperator(modelAt(model, point));
  const v = draw(moving.size, 1);
  for (let k = 0; k < 3; k++) await moving.apply(v);
  point.fill(0.1);
  const there = hessianOperator(modelAt(curvatureModel(options), point));
  expect(distance(await moving.apply(v), await there.apply(v))).toBeLessThan(1e-14);
});

it('a failure is not kept', async () => {
  const { executor } = counted();
  let failures = 1;
  const failing: Executor = {
    name: 'failing',
    dispose: () => executor.dispose(),
    load: async (program) => {
      const executable = await executor.load(program);
      return {
        program,
        report: executable.report,
        dispose: () => executable.dispose(),
        run: async (feeds) => {
          if ('held.0' in program.outputs && failures-- > 0) throw new Error('busy');
          return executable.run(feeds);
        },
      };
    },
  };
  const operator = hessianOperator(curvatureModel({ ...options, executor: failing }));
  const v = draw(operator.size, 1);
  const first = await operator.apply(v);
  await operator.apply(v);
  await expect(operator.apply(v)).rejects.toThrow(/busy/);
  expect(distance(await operator.apply(v), first)).toBeLessThan(1e-14);
});

it('products in single precision are written in place, whatever the batches', async () => {
  for (const chunk of [12, 5]) {
    const operator = hessianOperator(curvatureModel({ ...single, chunk }));
    const v = new Float32Array(draw(operator.size, 2));
    const into = new Float32Array(operator.size).fill(7);
    await operator.applySingle!(v, into);
    expect(operator.applications).toBe(1);
    const expected = await hessianOperator(curvatureModel(options)).apply(new Float64Array(v));
    expect(distance(new Float64Array(into), expected)).toBeLessThan(1e-6);
    await expect(async () => operator.applySingle!(v, new Float32Array(3))).rejects.toThrow(ShapeError);
  }
  expect(hessianOperator(curvatureModel(options)).applySingle).toBeUndefined();
});

it('eigenpairs in single precision are those in double precision, with orthonormal vectors', async () => {
  const double = hessianOperator(curvatureModel(options));
  const settings = { generator: generator(1), count: 5, tolerance: 1e-5, basis: 12 };
  const operator = hessianOperator(curvatureModel(single));
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

it('a product in single precision that is not finite is an error', async () => {
  const parameters = mapTree(single.parameters, (a) => ({
    ...a,
    data: new Float32Array(a.data.length).fill(Number.NaN),
  }));
  const operator = hessianOperator(curvatureModel({ ...single, parameters: parameters as never }));
  const settings = { generator: generator(1), count: 1, tolerance: 1e-3 };
  await expect(eigenpairs(operator, settings)).rejects.toThrow(/"Hessian" is not finite/);
});

it('rejects a negative limit', () => {
  expect(() => curvatureModel({ ...options, held: -1 })).toThrow(InputError);
});
