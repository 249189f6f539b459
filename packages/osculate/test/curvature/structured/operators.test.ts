import { describe, expect, it } from 'vitest';
import {
  curvatureOperator,
  dampedOperator,
  diagonalOperator,
  ekfacOperator,
  kfacOperator,
  kroneckerBlocks,
  kroneckerFactors,
  type LinearOperator,
  parameterBlock,
  productOperator,
  restrictedOperator,
  type StructuredOperator,
  spectralOperator,
} from '../../../src/curvature/index.js';
import { dampedInverses, factorLayout, namedFactors } from '../../../src/curvature/kronecker/inverses.js';
import { take } from '../../../src/data/index.js';
import { cholesky, identityMatrix, type Matrix, matrix, multiply } from '../../../src/linalg/index.js';
import {
  type AnyLayer,
  conv2d,
  dense,
  embedding,
  flatten,
  layerNorm,
  sequential,
  softmaxCrossEntropy,
  squaredError,
  tanh,
} from '../../../src/nn/index.js';
import { gaussNewtonMatrix, hessianMatrix, sampledFisherMatrix } from '../../../src/objective/matrices.js';
import { generator, InputError, type NDArray, ShapeError, type Tensor, zeros } from '../../../src/tensor/index.js';
import { choleskyLogDeterminant } from '../../linalg/support.js';
import { distance, type ModelOptions, pointOf, smallModel } from '../operators/support.js';
import { evaluate, places } from '../support.js';

const ROWS = 7;
const classifier = smallModel({
  layer: sequential([dense(4, 5), tanh(), layerNorm(5), dense(5, 3)]),
  loss: softmaxCrossEntropy(),
  x: [ROWS, 4],
  y: [ROWS],
  classes: 3,
});
const convolution = smallModel({
  layer: sequential([conv2d(1, 2, 3), tanh(), flatten(), dense(8, 2)]),
  loss: squaredError({ reduction: 'examples' }),
  x: [ROWS, 1, 4, 4],
  y: [ROWS, 2],
});
const linear = smallModel({
  layer: sequential([dense(3, 4), dense(4, 2)]),
  loss: squaredError(),
  x: [ROWS, 3],
  y: [ROWS, 2],
});
const models = { classifier, convolution, linear };

const streamed = (options: ModelOptions, chunk = 3) => pointOf({ ...options, chunk });

/** Factors of the whole data set as one batch, and the block-diagonal matrix A ⊗ G that they make. */
async function wholeFactors(options: ModelOptions) {
  const model = pointOf(options);
  const batch = model.objective.batch(ROWS);
  const blocks = kroneckerBlocks(batch);
  const layout = factorLayout(blocks);
  const given = { estimate: 'exact', normalizer: batch.normalizer } as const;
  const parameters = model.objective.layout.views(model.parameters, 'parameters.');
  const values = await evaluate(namedFactors(layout, kroneckerFactors(batch, blocks, given)), {
    ...parameters,
    x: options.x,
    y: options.y,
  });
  const flat = new Float64Array(layout.size);
  for (const { name, offset } of layout.slots) flat.set(values[name]!.data as Float64Array, offset);
  const denseOf = (factors: Float64Array): Matrix => {
    const n = model.objective.layout.size;
    const result = matrix(n, n);
    blocks.forEach((block, i) => {
      const factor = (role: string) => layout.slots.find((s) => s.block === i && s.role === role);
      const element = (role: string, p: number, q: number): number => {
        const slot = factor(role);
        if (slot === undefined) return 1;
        if (slot.diagonal) return p === q ? factors[slot.offset + p]! : 0;
        return factors[slot.offset + p * slot.order + q]!;
      };
      const list = places(block, batch.weights);
      for (const p of list) {
        for (const q of list) {
          result.data[p.at * n + q.at] = element('input', p.column, q.column) * element('output', p.row, q.row);
        }
      }
    });
    return result;
  };
  return { layout, flat, denseOf };
}

/** Products, diagonal, trace, inverse and log-determinant against the dense matrix. */
async function expectStructure(operator: StructuredOperator, truth: Matrix): Promise<void> {
  const n = truth.rows;
  expect(distance((await operator.toDense()).data, truth.data)).toBeLessThan(1e-9);
  const diagonal = Float64Array.from({ length: n }, (_, i) => truth.data[i * (n + 1)]!);
  expect(distance(await operator.diagonal(), diagonal)).toBeLessThan(1e-9);
  expect(await operator.trace()).toBeCloseTo(
    diagonal.reduce((a, b) => a + b, 0),
    9,
  );
  expect(operator.transpose()).toBe(operator);
  const damping = 0.01;
  const shifted = matrix(n, n, truth.data.slice());
  for (let i = 0; i < n; i++) shifted.data[i * (n + 1)]! += damping;
  const inverse = await operator.inverse(damping).toDense();
  expect(distance(multiply(inverse, shifted).data, identityMatrix(n).data)).toBeLessThan(1e-9);
  const both = await productOperator(operator.inverse(damping), dampedOperator(operator, damping)).toDense();
  expect(distance(both.data, identityMatrix(n).data)).toBeLessThan(1e-9);
  const factor = cholesky(shifted);
  if (factor.status !== 'ok') throw new Error(factor.status);
  const logDeterminant = choleskyLogDeterminant(factor.factor);
  expect(Math.abs(operator.logDeterminant(damping) - logDeterminant)).toBeLessThan(1e-9 * Math.abs(logDeterminant));
  const sum = operator.eigenvalues().reduce((a, b) => a + b, 0);
  expect(sum).toBeCloseTo(await operator.trace(), 9);
}

describe.each(Object.entries(models))(
  '%s: structured operators equal their dense matrices within 1e-9',
  (_, options) => {
    it('K-FAC, with both of its inverses', async () => {
      const { flat, layout, denseOf } = await wholeFactors(options);
      const operator = await kfacOperator(streamed(options));
      await expectStructure(operator, denseOf(flat));
      const factored = await operator.factoredInverse(0.2).toDense();
      expect(distance(factored.data, denseOf(dampedInverses(layout, flat, 0.2) as Float64Array).data)).toBeLessThan(
        1e-9,
      );
    });

    it('diagonal', async () => {
      const model = streamed(options);
      const truth = await curvatureOperator(model, gaussNewtonMatrix).toDense();
      const diagonal = matrix(truth.rows, truth.rows);
      for (let i = 0; i < truth.rows; i++) diagonal.data[i * (truth.rows + 1)] = truth.data[i * (truth.rows + 1)]!;
      const elements = await curvatureOperator(model, gaussNewtonMatrix).diagonal();
      await expectStructure(diagonalOperator(elements), diagonal);
    });

    it('dense eigendecomposition', async () => {
      const operator = curvatureOperator(streamed(options), gaussNewtonMatrix);
      await expectStructure(await spectralOperator(operator), await operator.toDense());
    });

    it('does not depend on the order or the size of batches', async () => {
      const rows = Array.from({ length: ROWS }, (_, i) => (i * 3) % ROWS);
      const shuffled = { ...options, x: take(options.x, rows), y: take(options.y, rows) };
      for (const make of [kfacOperator, ekfacOperator]) {
        const first = await (await make(streamed(options))).toDense();
        expect(distance((await (await make(streamed(shuffled, 4))).toDense()).data, first.data)).toBeLessThan(1e-10);
      }
    });
  },
);

describe('EKFAC', () => {
  it.each(['classifier', 'linear'] as const)(
    '%s: has the moments of the GGN in the eigenbases of K-FAC',
    async (name) => {
      const model = streamed(models[name]);
      const [kfac, ekfac] = [await kfacOperator(model), await ekfacOperator(model)];
      const truth = await curvatureOperator(model, gaussNewtonMatrix).toDense();
      const n = truth.rows;
      const expected = matrix(n, n);
      for (const { place, left, right, values } of kfac.blocks) {
        const basis = (k: number, l: number, v: Float64Array) =>
          place.at.forEach((at, e) => {
            const [i, j] = [Math.floor(e / place.columns), e % place.columns];
            const u = left ? left.data[i * place.rows + k]! : Number(i === k);
            v[at] = u * (right ? right.data[j * place.columns + l]! : Number(j === l));
          });
        values.forEach((_, e) => {
          const v = new Float64Array(n);
          basis(Math.floor(e / place.columns), e % place.columns, v);
          const product = multiply(truth, matrix(n, 1, v)).data;
          const moment = v.reduce((sum, x, i) => sum + x * product[i]!, 0);
          for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) expected.data[i * n + j]! += moment * v[i]! * v[j]!;
        });
      }
      await expectStructure(ekfac, expected);
      const [trace, other] = [await ekfac.trace(), await curvatureOperator(model, gaussNewtonMatrix).trace()];
      expect(Math.abs(trace - other)).toBeLessThan(1e-9 * other);
      const error = async (a: LinearOperator): Promise<number> => distance((await a.toDense()).data, truth.data);
      expect(await error(ekfac)).toBeLessThanOrEqual((await error(kfac)) + 1e-9);
    },
  );
});

/** It enters through no product that K-FAC knows. */
const squaredWeight: AnyLayer = {
  init: (_, dtype) => ({ weight: zeros(dtype ?? 'f64', [2, 3]) }),
  apply: (w, x) => {
    const { weight } = w as { weight: Tensor };
    return x.product(weight.mul(weight), false, true);
  },
};

describe('exactness', () => {
  it('K-FAC is the block diagonal of the GGN for a deep linear network, and EKFAC with it', async () => {
    const model = streamed(linear);
    for (const make of [kfacOperator, ekfacOperator]) {
      for (const layer of ['0', '1']) {
        const truth = restrictedOperator(
          curvatureOperator(model, gaussNewtonMatrix),
          parameterBlock(model.objective.layout, [layer]),
        );
        const block = await make(model, { layers: [layer] });
        expect(block.size).toBe(truth.size);
        expect(distance((await block.toDense()).data, (await truth.toDense()).data)).toBeLessThan(1e-9);
      }
    }
  });

  it('the diagonal of parameters without a block is exact, and so is that of a sampled estimate', async () => {
    const options = smallModel({
      layer: sequential([squaredWeight, tanh(), dense(2, 2)]),
      loss: squaredError(),
      x: [ROWS, 3],
      y: [ROWS, 2],
    });
    const model = streamed(options);
    expect(kroneckerBlocks(model.objective.batch(2)).map(({ kind }) => kind)).toContain('diagonal');
    const at = model.objective.layout.slots.find(({ name }) => name === '0.weight')!;
    const part = (values: Float64Array): Float64Array => values.slice(at.offset, at.offset + at.size);
    const exact = await (await kfacOperator(model)).diagonal();
    const truth = await curvatureOperator(model, gaussNewtonMatrix).toDense();
    const diagonal = Float64Array.from({ length: truth.rows }, (_, i) => truth.data[i * (truth.rows + 1)]!);
    expect(distance(part(exact), part(diagonal))).toBeLessThan(1e-9);
    const sampled = await (
      await kfacOperator(model, { estimate: 'sampled', generator: generator(4), samples: 2 })
    ).diagonal();
    const fisher = await curvatureOperator(model, sampledFisherMatrix, {
      generator: generator(4),
      samples: 2,
    }).diagonal();
    expect(distance(part(sampled), part(fisher))).toBeLessThan(1e-9);
  });

  it('the sampled factors have the exact ones as their mean', async () => {
    const model = pointOf(classifier);
    const exact = await (await kfacOperator(model)).toDense();
    const error = async (samples: number): Promise<number> =>
      distance(
        (await (await kfacOperator(model, { estimate: 'sampled', generator: generator(2), samples })).toDense()).data,
        exact.data,
      );
    expect(await error(400)).toBeLessThan(0.1);
    expect(await error(1)).toBeGreaterThan(0.1);
  });
});

describe('a parameter that the loss does not reach', () => {
  const spare: AnyLayer = {
    init: (_, dtype) => ({ weight: zeros(dtype ?? 'f64', [2, 2]), unused: zeros(dtype ?? 'f64', [3]) }),
    apply: (w, x) => x.product((w as { weight: Tensor }).weight, false, true),
  };
  const point = pointOf(smallModel({ layer: spare, loss: squaredError(), x: [ROWS, 2], y: [ROWS, 2] }));

  it.each([kfacOperator, ekfacOperator])('has zeros, and the others their blocks: $name', async (make) => {
    const operator = await make(point);
    expect([...(await operator.diagonal()).slice(-3)]).toEqual([0, 0, 0]);
    const truth = await curvatureOperator(point, gaussNewtonMatrix).toDense();
    expect(distance((await operator.toDense()).data, truth.data)).toBeLessThan(1e-9);
    expect(point.objective.notes().join()).toMatch(/"unused"/);
  });
});

it('the weight decay is on the diagonal of K-FAC, EKFAC and the diagonal alike', async () => {
  const weightDecay = 0.3;
  const [plain, decayed] = [streamed(linear), streamed({ ...linear, weightDecay })];
  const makes = [
    kfacOperator,
    ekfacOperator,
    async (at: typeof plain) => diagonalOperator(await curvatureOperator(at, gaussNewtonMatrix).diagonal()),
  ];
  for (const make of makes) {
    const expected = await dampedOperator(await make(plain), weightDecay).toDense();
    expect(distance((await (await make(decayed)).toDense()).data, expected.data)).toBeLessThan(1e-12);
  }
});

describe('functions and errors', () => {
  it('an inverse square root squares to the inverse', async () => {
    const operator = await kfacOperator(streamed(linear));
    const root = operator.map('root', (x) => 1 / Math.sqrt(x + 0.1));
    const square = await productOperator(root, root).toDense();
    expect(distance(square.data, (await operator.inverse(0.1).toDense()).data)).toBeLessThan(1e-12);
  });

  it('an embedding keeps the diagonal of its input factor', async () => {
    const options = smallModel({
      layer: sequential([embedding(5, 3), flatten(), dense(6, 2)]) as never,
      loss: squaredError(),
      x: [ROWS, 2],
      y: [ROWS, 2],
    });
    const ids: NDArray = {
      dtype: 'i32',
      shape: [ROWS, 2],
      data: Int32Array.from({ length: 2 * ROWS }, (_, i) => i % 5),
    };
    const model = streamed({ ...options, x: ids });
    const [kfac, ekfac] = [await kfacOperator(model), await ekfacOperator(model)];
    const named = kfac.blocks.find(({ place }) => place.names[0]!.startsWith('0.'))!;
    expect(named.right).toBeNull();
    const first = await ekfac.toDense();
    expect(distance(first.data.slice(0, 15), (await kfac.toDense()).data.slice(0, 15))).toBeLessThan(1e-12);
  });

  it('says what is wrong', async () => {
    const model = streamed(linear);
    await expect(kfacOperator(model, { layers: ['0.weight'] })).rejects.toThrow(/0.weight and 0.bias form one block/);
    await expect(kfacOperator(model, { layers: ['9'] })).rejects.toThrow(InputError);
    await expect(kfacOperator(model, { samples: 3 })).rejects.toThrow(
      /samples is 3, but the estimate 'exact' draws no/,
    );
    await expect(kfacOperator(model, { estimate: 'true' as never })).rejects.toThrow(/the estimate is 'true'/);
    await expect(ekfacOperator(model, { sharing: 'mean' as never })).rejects.toThrow(/the sharing is 'mean'/);
    await expect(kfacOperator(model, { estimate: 'sampled' })).rejects.toThrow(/give a generator/);
    await expect(kfacOperator(model, { estimate: 'sampled', generator: generator(1), samples: 0 })).rejects.toThrow(
      /samples must be an integer ≥ 1, got 0/,
    );
    const singular = diagonalOperator(Float64Array.of(1, 0, 2));
    expect(() => singular.inverse()).toThrow(/eigenvalue of 0 and the damping is 0/);
    expect(() => singular.logDeterminant(-1)).toThrow(InputError);
    expect(() => singular.map('log', Math.log)).toThrow(/-Infinity/);
    expect(() => diagonalOperator(new Float64Array(0))).toThrow(ShapeError);
    expect(() => diagonalOperator(new Float64Array(2)).inverse(Number.NaN)).toThrow(InputError);
    const kfac = await kfacOperator(model);
    expect(() => kfac.factoredInverse(0)).toThrow(/gamma must be a finite number > 0, got 0/);
    const skew = productOperator(curvatureOperator(model, hessianMatrix), curvatureOperator(model, gaussNewtonMatrix));
    await expect(spectralOperator(skew)).rejects.toThrow(/not symmetric/);
  });
});
