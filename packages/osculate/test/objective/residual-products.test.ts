import { describe, expect, it } from 'vitest';
import { allRows } from '../../src/objective/index.js';
import { residualProducts } from '../../src/objective/residuals.js';
import { generator, InputError, ShapeError } from '../../src/tensor/index.js';
import { dot, jacobianByDifferences, relativeError, smallProblem } from './support.js';

const decayed = { weightDecay: 0.02 } as const;

describe('products with the Jacobian of residuals', () => {
  it('are those of central differences, in chunks and with weight decay', async () => {
    const { objective, start } = smallProblem({ ...decayed, chunk: 7 });
    const at = start as Float64Array;
    const { value, gradient, residuals, apply, applyTranspose } = await residualProducts(objective, at);
    const truth = await objective.valueAndGradient(at, allRows(24));
    expect(value).toBeCloseTo(truth.value, 12);
    expect(relativeError(gradient, truth.gradient)).toBeLessThan(1e-12);
    const random = generator(3);
    const [v, u] = [at.map(() => random.normal()), residuals.map(() => random.normal())];
    const columns = await jacobianByDifferences(objective, at);
    const image = residuals.map((_, i) => columns.reduce((sum, c, j) => sum + c[i]! * v[j]!, 0));
    expect(relativeError(await apply(v), image)).toBeLessThan(1e-8);
    const pulled = columns.map((c) => dot(c, u));
    expect(relativeError(await applyTranspose(u), pulled)).toBeLessThan(1e-8);
  });

  it.each([{}, decayed])('are of vectors as long as J is wide or high: %o', async (options) => {
    const { objective, start } = smallProblem({ ...options, chunk: 7 });
    const { residuals, apply, applyTranspose } = await residualProducts(objective, start);
    for (const more of [-1, 1]) {
      await expect(apply(new Float64Array(start.length + more))).rejects.toThrow(InputError);
      await expect(applyTranspose(new Float64Array(residuals.length + more))).rejects.toThrow(ShapeError);
    }
  });

  it('are the same with and without chunks', async () => {
    const [whole, parts] = [smallProblem(decayed), smallProblem({ ...decayed, chunk: 5 })];
    const [a, b] = [
      await residualProducts(whole.objective, whole.start),
      await residualProducts(parts.objective, whole.start),
    ];
    const random = generator(4);
    const v = Float64Array.from(whole.start, () => random.normal());
    expect(relativeError(await b.apply(v), await a.apply(v))).toBeLessThan(1e-13);
    expect(relativeError(await b.applyTranspose(b.residuals), await a.applyTranspose(a.residuals))).toBeLessThan(1e-13);
  });
});
