import { describe, expect, it } from 'vitest';
import {
  curvatureOperator,
  denseOperator,
  eigenpairs,
  gradientCovarianceOperator,
  gradientNoise,
  hutchinson,
  hutchPlusPlus,
  parameterBlock,
  restrictedOperator,
  spectralDensity,
  xtrace,
} from '../../../src/curvature/index.js';
import { dense, sequential, softmaxCrossEntropy, tanh } from '../../../src/nn/index.js';
import { hessianMatrix } from '../../../src/objective/matrices.js';
import { generator, InputError } from '../../../src/tensor/index.js';
import { networkNames } from '../../networks/reference.js';
import { pointOf, referenceModel, rowGradients, smallModel } from '../operators/support.js';
import { coverage, sumOf } from './support.js';

describe.each(networkNames)('%s against the eigenvalues of PyTorch’s Hessian', (name) => {
  it('five largest and smallest within 1e-6, relative', async () => {
    const { model, eigenvalues } = referenceModel(name, { chunk: 3 });
    for (const which of ['largest', 'smallest'] as const) {
      const expected = which === 'largest' ? eigenvalues.toReversed() : eigenvalues;
      const { status, values } = await eigenpairs(curvatureOperator(model, hessianMatrix), {
        generator: generator(1),
        count: 5,
        which,
        tolerance: 1e-5,
      });
      expect(status).toBe('converged');
      for (const [k, value] of values.entries()) {
        expect(Math.abs(value - expected[k]!)).toBeLessThan(1e-6 * Math.abs(expected[k]!));
      }
    }
  });
});

it.each(['mlp_tanh', 'lstm_last'] as const)('%s: exact trace within 1e-8, relative', async (name) => {
  const { model, eigenvalues } = referenceModel(name);
  const truth = sumOf(eigenvalues);
  expect(Math.abs((await curvatureOperator(model, hessianMatrix, { vectors: 32 }).trace()) - truth)).toBeLessThan(
    1e-8 * Math.abs(truth),
  );
});

it('lstm_last: traces and moments of the density within three standard errors for at least 95 % of 200 seeds', async () => {
  const { model, eigenvalues } = referenceModel('lstm_last');
  const a = await curvatureOperator(model, hessianMatrix, { vectors: 32 }).toDense();
  // Rounding makes the streamed matrix symmetric to the last bits only.
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < i; j++) a.data[i * a.rows + j] = a.data[j * a.rows + i]!;
  const hessian = denseOperator(a);
  const trace = sumOf(eigenvalues);
  const square = sumOf(eigenvalues, (x) => x * x);
  const shares = [
    await coverage(trace, (random) => hutchinson(hessian, { generator: random, probes: 16 })),
    await coverage(trace, (random) => hutchPlusPlus(hessian, { generator: random, applications: 18 })),
    await coverage(trace, (random) => xtrace(hessian, { generator: random, applications: 16 })),
    await coverage(square, async (random) =>
      (await spectralDensity(hessian, { generator: random, probes: 12, steps: 2 })).traceOf((x) => x * x),
    ),
  ];
  for (const share of shares) expect(share).toBeGreaterThanOrEqual(0.95);
});

it('a layer’s own block: its trace is what the diagonal says, and those of all layers add up', async () => {
  const { model, eigenvalues } = referenceModel('mlp_tanh');
  const hessian = curvatureOperator(model, hessianMatrix, { vectors: 32 });
  const diagonal = await hessian.diagonal();
  const layers = ['0', '2', '4'].map((name) => parameterBlock(model.objective.layout, [name]));
  let total = 0;
  for (const ranges of layers) {
    const block = restrictedOperator(hessian, ranges);
    const trace = ranges.reduce((sum, { offset, size }) => sum + sumOf(diagonal.subarray(offset, offset + size)), 0);
    const { value, standardError } = await xtrace(block, { generator: generator(1), applications: 40 });
    expect(Math.abs(value - trace)).toBeLessThan(3 * standardError + 1e-12);
    total += trace;
  }
  expect(total).toBeCloseTo(sumOf(eigenvalues), 8);
});

describe('gradient noise', () => {
  const options = smallModel({
    layer: sequential([dense(4, 5), tanh(), dense(5, 3)]),
    loss: softmaxCrossEntropy(),
    x: [10, 4],
    y: [10],
    classes: 3,
  });

  it('is what the rows’ gradients say', async () => {
    const gradients = await rowGradients(options);
    const mean = gradients[0]!.map((_, i) => sumOf(gradients.map((g) => g[i]!)) / 10);
    const variance = sumOf(gradients.map((g) => sumOf(g.map((x, i) => (x - mean[i]!) ** 2)))) / 9;
    const squaredNorm = sumOf(mean, (x) => x * x) - variance / 10;
    const model = pointOf({ ...options, chunk: 4 });
    const noise = await gradientNoise(model);
    expect(noise.variance).toBeCloseTo(variance, 10);
    expect(noise.squaredNorm).toBeCloseTo(squaredNorm, 10);
    expect(noise.scale).toBeCloseTo(squaredNorm > 0 ? variance / squaredNorm : Infinity, 8);
    expect(await gradientCovarianceOperator(model).trace()).toBeCloseTo((variance * 9) / 10, 10);
  });

  it('needs two rows', async () => {
    const one = smallModel({ layer: dense(2, 3), loss: softmaxCrossEntropy(), x: [1, 2], y: [1], classes: 3 });
    await expect(gradientNoise(pointOf(one))).rejects.toThrow(InputError);
  });
});
