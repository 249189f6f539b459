import { describe, expect, it } from 'vitest';
import { kroneckerBlocks } from '../../src/curvature/index.js';
import {
  allRows,
  densePoint,
  empiricalFisherMatrix,
  gaussNewtonMatrix,
  hessianMatrix,
  sampledFisherMatrix,
} from '../../src/objective/index.js';
import { secondMomentMatrix } from '../../src/objective/matrices.js';
import { drawTargets, matrixProducts } from '../../src/objective/products.js';
import { residualJacobian, residualProducts } from '../../src/objective/residuals.js';
import { generator } from '../../src/tensor/index.js';
import { smallProblem } from './support.js';

/** A model with a parameter that its loss does not reach, and the model without it. */
const [idle, plain] = [smallProblem({ idle: true, chunk: 10 }), smallProblem({ chunk: 10 })];
const [n, all] = [plain.start.length, idle.start.length];
const rows = allRows(24);

describe('a parameter that the loss does not reach', () => {
  it('is named, and no other', () => {
    expect(idle.objective.notes()).toEqual([expect.stringContaining('does not depend on the parameter "3.weight"')]);
    expect(plain.objective.notes()).toEqual([]);
    expect([...idle.start.subarray(0, n)]).toEqual([...plain.start]);
  });

  it('has a gradient of zero, and leaves that of the others as it is', async () => {
    const { value, gradient } = await idle.objective.valueAndGradient(idle.start, rows);
    const known = await plain.objective.valueAndGradient(plain.start, rows);
    expect(await idle.objective.value(idle.start, rows)).toBe(value);
    expect(value).toBe(known.value);
    expect([...gradient]).toEqual([...known.gradient, 0, 0, 0, 0]);
  });

  it('is subject to the weight decay all the same', async () => {
    const { objective, start } = smallProblem({ idle: true, weightDecay: 0.5 });
    const { gradient } = await objective.valueAndGradient(start, rows);
    expect([...gradient.subarray(n)]).toEqual([0.5, -1, 1.5, 2]);
    const { matrix } = await densePoint(objective, hessianMatrix, start);
    expect(matrix.data[n * all + n]).toBe(0.5);
  });

  const matrices = [
    hessianMatrix,
    gaussNewtonMatrix,
    empiricalFisherMatrix,
    sampledFisherMatrix,
    secondMomentMatrix,
  ] as const;

  it.each(matrices)('has rows and columns of zeros: $name', async (matrix) => {
    if (!matrix.drawn) {
      const [whole, part] = [
        await densePoint(idle.objective, matrix, idle.start),
        await densePoint(plain.objective, matrix, plain.start),
      ];
      for (let i = 0; i < all; i++) {
        for (let j = 0; j < all; j++) {
          const expected = i < n && j < n ? part.matrix.data[i * n + j]! : 0;
          expect(whole.matrix.data[i * all + j]! + 0).toBe(expected + 0);
        }
      }
    }
    const v = new Float64Array(all).fill(1);
    const at = idle.objective.at(idle.start);
    const targets = matrix.drawn ? (await drawTargets(at, 1, generator(1)))[0]! : undefined;
    const product = await matrixProducts(at, matrix, { ...(targets && { targets }) }).apply(v);
    expect([...product.subarray(n)]).toEqual([0, 0, 0, 0]);
    expect(product.subarray(0, n).some((p) => p !== 0)).toBe(true);
  });

  it('has columns of zeros in the Jacobian of the residuals', async () => {
    const whole = await residualJacobian(idle.objective, idle.start);
    const part = await residualJacobian(plain.objective, plain.start);
    expect([whole.value, ...whole.residuals]).toEqual([part.value, ...part.residuals]);
    for (let i = 0; i < 48; i++) {
      const row = whole.jacobian.data.subarray(i * all, (i + 1) * all);
      expect([...row]).toEqual([...part.jacobian.data.subarray(i * n, (i + 1) * n), 0, 0, 0, 0]);
    }
    const { applyTranspose, residuals } = await residualProducts(idle.objective, idle.start);
    expect([...(await applyTranspose(residuals)).subarray(n)]).toEqual([0, 0, 0, 0]);
  });

  it('has a block of its own for K-FAC, a diagonal', () => {
    const blocks = kroneckerBlocks(idle.objective.batch(24));
    expect(blocks).toHaveLength(kroneckerBlocks(plain.objective.batch(24)).length + 1);
    expect(blocks.at(-1)).toMatchObject({ kind: 'diagonal', parameter: { name: '3.weight' } });
  });
});
