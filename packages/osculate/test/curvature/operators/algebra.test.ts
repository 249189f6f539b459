import { describe, expect, it } from 'vitest';
import {
  dampedOperator,
  denseOperator,
  inverseOperator,
  linearOperator,
  parameterBlock,
  productOperator,
  restrictedOperator,
  scaledOperator,
  sumOperator,
} from '../../../src/curvature/index.js';
import { identityMatrix, type Matrix, matrix, multiply, transposeMatrix } from '../../../src/linalg/index.js';
import { generator, InputError, ParameterLayout, ShapeError, zeros } from '../../../src/tensor/index.js';
import { distance } from './support.js';

const random = generator(4);
const general = (n: number): Matrix =>
  matrix(
    n,
    n,
    Float64Array.from({ length: n * n }, () => random.normal()),
  );
const combine = (a: Matrix, b: Matrix, f: (x: number, y: number) => number): Matrix =>
  matrix(
    a.rows,
    a.columns,
    a.data.map((x, i) => f(x, b.data[i]!)),
  );
const symmetric = (n: number): Matrix => {
  const a = general(n);
  return combine(a, transposeMatrix(a), (x, y) => x + y);
};

async function expectOperator(operator: ReturnType<typeof denseOperator>, truth: Matrix): Promise<void> {
  expect(distance((await operator.toDense()).data, truth.data)).toBeLessThan(1e-12);
  const transposed = await operator.transpose().toDense();
  expect(distance(transposed.data, transposeMatrix(truth).data)).toBeLessThan(1e-12);
  const trace = Array.from({ length: truth.rows }, (_, i) => truth.data[i * (truth.rows + 1)]!).reduce((s, x) => s + x);
  expect(await operator.trace()).toBeCloseTo(trace, 10);
}

describe.each([
  ['general', general(6), general(6)],
  ['symmetric', symmetric(6), symmetric(6)],
])('algebra of %s operators', (kind, a, b) => {
  const [A, B] = [denseOperator(a), denseOperator(b)];

  it('knows whether it is symmetric', () => {
    expect(A.symmetric).toBe(kind === 'symmetric');
    expect(sumOperator(A, B).symmetric).toBe(A.symmetric);
    expect(productOperator(A, B).symmetric).toBe(false);
  });

  it('sum, scale, damping, product', async () => {
    await expectOperator(
      sumOperator(A, B),
      combine(a, b, (x, y) => x + y),
    );
    await expectOperator(
      scaledOperator(A, -2.5),
      combine(a, a, (x) => -2.5 * x),
    );
    await expectOperator(
      dampedOperator(A, 0.7),
      combine(a, identityMatrix(6), (x, i) => x + 0.7 * i),
    );
    await expectOperator(productOperator(A, B, A), multiply(multiply(a, b), a));
  });

  it('restriction to ranges', async () => {
    const places = [1, 2, 4];
    const block = matrix(3, 3, Float64Array.from(places.flatMap((i) => places.map((j) => a.data[i * 6 + j]!))));
    await expectOperator(
      restrictedOperator(A, [
        { offset: 1, size: 2 },
        { offset: 4, size: 1 },
      ]),
      block,
    );
  });
});

it('the inverse times the operator is the identity', async () => {
  const a = symmetric(8);
  const definite = dampedOperator(denseOperator(multiply(a, a)), 0.5);
  const identity = await productOperator(inverseOperator(definite, { tolerance: 1e-13 }), definite).toDense();
  expect(distance(identity.data, identityMatrix(8).data)).toBeLessThan(1e-9);
});

it('counts products, and passes a batch on as one', async () => {
  const sizes: number[] = [];
  const operator = linearOperator({
    name: 'twice',
    size: 3,
    applyBatch: async (vectors) => {
      sizes.push(vectors.length);
      return vectors.map((v) => v.map((x) => 2 * x));
    },
  });
  await operator.apply(Float64Array.of(1, 2, 3));
  expect(await operator.applyBatch([])).toEqual([]);
  expect(await dampedOperator(operator, 1).applyBatch([Float64Array.of(1, 0, 0), Float64Array.of(0, 1, 0)])).toEqual([
    Float64Array.of(3, 0, 0),
    Float64Array.of(0, 3, 0),
  ]);
  expect(sizes).toEqual([1, 2]);
  expect(operator.applications).toBe(3);
});

describe('errors', () => {
  const A = denseOperator(symmetric(3));
  const skew = denseOperator(matrix(2, 2, Float64Array.of(0, 1, -1, 0)));
  const layout = ParameterLayout.of({ a: { weight: zeros('f64', [2]) }, ab: zeros('f64', [1]) });

  it('sizes that do not agree', async () => {
    await expect(A.apply(new Float64Array(4))).rejects.toThrow(ShapeError);
    expect(() => sumOperator(A, skew)).toThrow(ShapeError);
    expect(() => productOperator(A, skew)).toThrow(/"dense matrix" is 2 x 2/);
    expect(() => sumOperator()).toThrow(InputError);
    expect(() => scaledOperator(A, Number.NaN)).toThrow('scaledOperator: the factor is NaN');
    expect(() => dampedOperator(A, Number.POSITIVE_INFINITY)).toThrow('dampedOperator: the damping is Infinity');
    expect(() => denseOperator(matrix(2, 3))).toThrow(ShapeError);
  });

  it('an inverse that does not exist or takes too long', async () => {
    expect(() => inverseOperator(skew)).toThrow(/not symmetric/);
    const indefinite = denseOperator(matrix(2, 2, Float64Array.of(1, 0, 0, -1)));
    await expect(inverseOperator(indefinite).apply(Float64Array.of(0, 1))).rejects.toThrow(/not positive definite/);
    const slow = denseOperator(matrix(2, 2, Float64Array.of(1, 0, 0, 9)));
    await expect(inverseOperator(slow, { maxIterations: 1 }).apply(Float64Array.of(1, 1))).rejects.toThrow(/residual/);
  });

  it('a dense matrix that is too large', async () => {
    const large = linearOperator({ name: 'large', size: 5000, applyBatch: async (vectors) => [...vectors] });
    await expect(large.toDense()).rejects.toThrow(/5000 products/);
    await expect(large.trace()).rejects.toThrow(InputError);
  });

  it('blocks and ranges', () => {
    expect(parameterBlock(layout, ['a'])).toEqual([{ offset: 0, size: 2 }]);
    expect(parameterBlock(layout, ['ab', 'a.weight'])).toEqual([
      { offset: 0, size: 2 },
      { offset: 2, size: 1 },
    ]);
    expect(() => parameterBlock(layout, ['c'])).toThrow(/no parameter is named "c"; there are a.weight, ab/);
    expect(() => parameterBlock(layout, [])).toThrow(/no name is given/);
    expect(() => restrictedOperator(A, [])).toThrow(InputError);
    expect(() => restrictedOperator(A, [{ offset: 2, size: 2 }])).toThrow(InputError);
    const overlapping = [
      { offset: 0, size: 2 },
      { offset: 1, size: 1 },
    ];
    expect(() => restrictedOperator(A, overlapping)).toThrow(/do not overlap/);
  });
});
