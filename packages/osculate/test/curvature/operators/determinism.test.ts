import { describe, expect, it } from 'vitest';
import {
  checkDeterminism,
  curvatureOperator,
  dampedOperator,
  type LinearOperator,
} from '../../../src/curvature/index.js';
import {
  type AnyLayer,
  batchNorm,
  dense,
  dropout,
  inferenceContext,
  sequential,
  squaredError,
  tanh,
  trainingContext,
} from '../../../src/nn/index.js';
import type { At } from '../../../src/objective/index.js';
import { gaussNewtonMatrix, hessianMatrix, sampledFisherMatrix } from '../../../src/objective/matrices.js';
import { constant, generator, InputError, ndarray } from '../../../src/tensor/index.js';
import { type ModelOptions, pointOf, smallModel } from './support.js';

const small = (layer: AnyLayer, model: ModelOptions['model'] = layer.apply as never): ModelOptions => ({
  ...smallModel({ layer, loss: squaredError(), x: [8, 3], y: [8, 2] }),
  model,
  chunk: 4,
});
const plain = small(sequential([dense(3, 4), tanh(), dense(4, 2)]));
const gaussNewton = (at: At) => curvatureOperator(at, gaussNewtonMatrix);
const check = (options: ModelOptions, operator: (at: At) => LinearOperator = gaussNewton) =>
  checkDeterminism(options, { generator: generator(1), operator });

describe('a function of the parameters', () => {
  it.each([
    ['Gauss-Newton', gaussNewtonMatrix],
    ['Hessian', hessianMatrix],
  ])('%s passes', async (_, matrix) => {
    expect(await check(plain, (at) => curvatureOperator(at, matrix))).toEqual({
      deterministic: true,
      tolerance: 1e-9,
      findings: [],
    });
  });
});

it('never takes more rows at once than the model may', async () => {
  const layer = dense(3, 2);
  const seen = new Set<number>();
  const model: ModelOptions['model'] = (w, x) => {
    seen.add(x.shape[0]!);
    return layer.apply(w as never, x);
  };
  expect((await check(small(layer, model))).deterministic).toBe(true);
  expect(Math.max(...seen)).toBe(4);
  // And regroups nevertheless: rows of a batch of another size.
  expect(seen.has(2)).toBe(true);
});

describe('what differs is named', () => {
  const dropped = sequential([dense(3, 4), dropout(0.5), dense(4, 2)]);
  const normalised = sequential([dense(3, 4), batchNorm(4), dense(4, 2)]);

  it('dropout whose masks are inputs', async () => {
    const { deterministic, findings } = await check(small(dropped, (w, x) => dropped.apply(w, x, trainingContext())));
    expect(deterministic).toBe(false);
    expect(findings).toMatchObject([{ test: 'inputs', suspects: ['dropout'] }]);
    expect(findings[0]!.message).toMatch(/reads mask.0, which have no value/);
  });

  it('dropout that is drawn while tracing', async () => {
    const random = generator(7);
    const layer = sequential([dense(3, 4), dense(4, 2)]);
    const { findings } = await check(
      small(layer, (w, x) => {
        const mask = constant(
          ndarray(
            'f64',
            Float64Array.from({ length: 3 }, () => 2 * random.integer(2)),
            [1, 3],
          ),
        );
        // Never all zero, or nothing is left to differ.
        return layer.apply(w, x.mul(mask.add(random.uniform())));
      }),
    );
    expect(findings[0]).toMatchObject({ test: 'retraced', suspects: ['dropout', 'random numbers while tracing'] });
    expect(findings[0]!.differences.loss).toBeGreaterThan(1e-3);
  });

  it('batch normalisation by the statistics of the batch', async () => {
    const { findings } = await check(small(normalised, (w, x) => normalised.apply(w, x, trainingContext())));
    expect(findings.map(({ test }) => test)).toContain('regrouped');
    for (const { suspects } of findings) expect(suspects).toEqual(['batch normalisation']);
  });

  it('batch normalisation whose statistics are inputs', async () => {
    const { findings } = await check(small(normalised, (w, x) => normalised.apply(w, x, inferenceContext())));
    expect(findings).toMatchObject([{ test: 'inputs', suspects: ['batch normalisation'] }]);
  });

  it('an operator that draws its data for each product', async () => {
    const random = generator(3);
    const shuffled = (model: At): LinearOperator => {
      const ggn = curvatureOperator(model, gaussNewtonMatrix);
      return { ...ggn, apply: (v) => dampedOperator(ggn, random.uniform()).apply(v) };
    };
    const { findings } = await check(plain, shuffled);
    expect(findings).toMatchObject([{ test: 'repeated', suspects: ['shuffled data'] }]);
    expect(Object.keys(findings[0]!.differences)).toEqual(['product']);
  });

  it('an operator that samples row by row', async () => {
    const { findings } = await check(plain, (model) =>
      curvatureOperator(model, sampledFisherMatrix, { generator: generator(5) }),
    );
    expect(findings.map(({ test }) => test)).toEqual(['reordered']);
    expect(findings[0]!.suspects).toEqual(['shuffled data']);
  });
});

it('refuses a tolerance that is not positive', async () => {
  await expect(checkDeterminism(plain, { generator: generator(1), tolerance: 0 })).rejects.toThrow(InputError);
});

it('products with inputs that have no value say so', async () => {
  const layer = sequential([dense(3, 4), dropout(0.5), dense(4, 2)]);
  const model = pointOf(small(layer, (w, x) => layer.apply(w, x, trainingContext())));
  await expect(curvatureOperator(model, gaussNewtonMatrix).trace()).rejects.toThrow(
    /reads the input "mask.0", which has no value/,
  );
});
