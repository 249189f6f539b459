import { describe, expect, it } from 'vitest';
import { ggn } from '../../src/autodiff/index.js';
import { kroneckerBlocks, kroneckerFactors } from '../../src/curvature/index.js';
import type { MatrixBlock } from '../../src/curvature/kronecker/blocks.js';
import { eigenbases, eigenMoments } from '../../src/curvature/kronecker/eigenbasis.js';
import { factorInputs, factorLayout, factorViews, namedFactors } from '../../src/curvature/kronecker/inverses.js';
import { dense, sequential, softmaxCrossEntropy, tanh } from '../../src/nn/index.js';
import { compareWithGgn, evaluate, makeCase, places } from './support.js';

function sumOver(list: readonly unknown[], f: (p: number, q: number) => number): number {
  return list.reduce<number>((sum, _, p) => sum + list.reduce<number>((inner, __, q) => inner + f(p, q), 0), 0);
}

describe('eigenvalue-corrected factors', () => {
  it('are closer to the Gauss-Newton block than K-FAC: no other diagonal in that basis is closer', async () => {
    const layer = sequential([dense(3, 4), tanh(), dense(4, 3)]);
    const problem = makeCase(layer, { x: [9, 3], loss: softmaxCrossEntropy(), classes: true });
    const options = { estimate: 'exact', normalizer: problem.normalizer } as const;
    const blocks = kroneckerBlocks(problem);
    const layout = factorLayout(blocks);
    const named = await evaluate(namedFactors(layout, kroneckerFactors(problem, blocks, options)), problem.feeds);
    const factors = new Float64Array(layout.size);
    for (const { name, offset } of layout.slots) factors.set(named[name]!.data as Float64Array, offset);
    const bases = eigenbases(layout, blocks, factors)!;
    const moments = eigenMoments(problem, blocks, factorInputs(layout, 'basis.', 'f64'), options);
    const tree = { s0: moments[0]!, s1: moments[1]!, dense: ggn(problem.loss, problem.outputs, problem.weights) };
    const values = await evaluate(tree, { ...problem.feeds, ...factorViews(layout, bases, 'basis.') });
    const truth = values.dense!.data as Float64Array;
    const n = Math.sqrt(truth.length);
    const kfac = await compareWithGgn(problem);
    blocks.forEach((block, b) => {
      const { form } = block as MatrixBlock;
      const [rows, columns] = [form.outputs, form.inputs + 1];
      const [ua, ug] = ['input', 'output'].map((role) => {
        const slot = layout.slots.find((s) => s.block === b && s.role === role)!;
        return bases.subarray(slot.offset, slot.offset + slot.length);
      }) as [Float64Array, Float64Array];
      const s = values[`s${b}`]!.data as Float64Array;
      const list = places(block, problem.weights);
      const vectors = Array.from({ length: rows * columns }, (_, k) => {
        const [o, i] = [Math.floor(k / columns), k % columns];
        return list.map((p) => ug[p.row * rows + o]! * ua[p.column * columns + i]!);
      });
      const own = (p: number, q: number): number => truth[list[p]!.at * n + list[q]!.at]!;
      const quadratic = (v: readonly number[]): number => sumOver(list, (p, q) => v[p]! * own(p, q) * v[q]!);
      const corrected = (p: number, q: number): number => vectors.reduce((sum, v, k) => sum + s[k]! * v[p]! * v[q]!, 0);
      const error = Math.sqrt(
        sumOver(list, (p, q) => (corrected(p, q) - own(p, q)) ** 2) / sumOver(list, (p, q) => own(p, q) ** 2),
      );
      expect(error).toBeLessThan(kfac[b]!.error * 0.999);
      // The best diagonal in the basis is that of the Gauss-Newton block in it.
      vectors.forEach((v, k) => void expect(s[k]!).toBeCloseTo(quadratic(v), 9));
    });
  });

  it('refuses factors that are not finite', () => {
    const problem = makeCase(dense(2, 2), { x: [3, 2], loss: softmaxCrossEntropy(), classes: true });
    const blocks = kroneckerBlocks(problem);
    const layout = factorLayout(blocks);
    expect(eigenbases(layout, blocks, new Float64Array(layout.size).fill(Number.POSITIVE_INFINITY))).toBeNull();
  });
});
