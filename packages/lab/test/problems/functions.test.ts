import { describe, expect, it } from 'vitest';
import { problemNamed } from '../../src/problems/index.js';
import { mghEntries } from '../../src/problems/mgh/entries.js';
import { nistData } from '../../src/problems/nist/data.js';
import { nistFormulas } from '../../src/problems/nist/formulas.js';
import { Evaluator } from '../../src/run/evaluate.js';
import { executor, loadedObjective } from './objective-of.js';

/** f of a vector problem at a point. */
async function valueAt(name: string, x: readonly number[]): Promise<number> {
  const { f } = await loadedObjective(name);
  return f.value(Float64Array.from(x), [0]);
}

describe('functions', () => {
  it.each([
    ['rosenbrock', [1, 1], 0],
    ['rosenbrock', [-1.2, 1], 24.2],
    ['beale', [3, 0.5], 0],
    ['beale', [0, 0], 1.5 ** 2 + 2.25 ** 2 + 2.625 ** 2],
    ['himmelblau', [3, 2], 0],
    ['himmelblau', [0, 0], 170],
    ['cube-roots', [-0.5, Math.sqrt(0.75)], 0],
    ['cube-roots', [1, 1], 13],
    ['monkey-saddle', [2, 1], 2],
  ])('%s at %j is %d', async (name, x, f) => expect(await valueAt(name, x)).toBeCloseTo(f, 12));

  it('the gradient of Rosenbrock’s function is that of its formula', async () => {
    const { f } = await loadedObjective('rosenbrock');
    const { gradient } = await f.valueAndGradient(Float64Array.of(-1.2, 1), [0]);
    expect(Array.from(gradient)).toEqual([expect.closeTo(-215.6, 10), expect.closeTo(-88, 10)]);
  });

  it('so is that of the monkey saddle', async () => {
    const { f } = await loadedObjective('monkey-saddle');
    const { gradient } = await f.valueAndGradient(Float64Array.of(2, 3), [0]);
    expect(Array.from(gradient)).toEqual([3 * 4 - 3 * 9, -6 * 2 * 3]);
  });

  it('a quadratic has the condition number of its name, and equal parts in f at the start', async () => {
    const { f, start } = await loadedObjective('quadratic:1e6:size=5');
    expect(await f.value(start, [0])).toBeCloseTo(2.5, 12);
    const ones = Float64Array.of(1, 1, 1, 1, 1);
    const { gradient } = await f.valueAndGradient(ones, [0]);
    expect(gradient[0]! / gradient[4]!).toBeCloseTo(1e6, 3);
    expect(gradient[0]).toBeCloseTo(1, 12);
  });

  it('f of the 35 problems at their starts and at their minima is that of the collection', async () => {
    const entries = mghEntries();
    expect(entries).toHaveLength(35);
    for (const { number, fStart, minima } of entries) {
      const name = `mgh:${number}`;
      const { f, start, loaded } = await loadedObjective(name);
      expect((await f.value(start, [0])) / fStart).toBeCloseTo(1, 9);
      const { target } = problemNamed(name);
      const gaps = [];
      for (const point of minima.flatMap(({ x, refinedX }) => [x ?? refinedX, refinedX])) {
        gaps.push((await new Evaluator(loaded, executor).evaluate(Float64Array.from(point))).gap!);
      }
      expect([name, Math.min(...gaps) <= target!.value]).toEqual([name, true]);
    }
  }, 60_000);

  it.each(Object.keys(nistFormulas))('%s has NIST’s sum of squares at the certified parameters', async (name) => {
    const { certified, squares } = nistData(name);
    const sum = await valueAt(`nist:${name}`, certified);
    // Of Lanczos1 the certified sum is a rounding error of its parameters.
    if (name === 'Lanczos1') expect(sum).toBeLessThan(1e-12);
    else expect(sum / squares).toBeCloseTo(1, 5);
  });

  it('starts are the literature’s for seed 0, and the same for the same seed', async () => {
    const starts = await Promise.all(
      [0, 1, 1, 2].map(async (seed) => (await loadedObjective('rosenbrock', seed)).start),
    );
    expect(Array.from(starts[0]!)).toEqual([-1.2, 1]);
    expect(starts[1]).toEqual(starts[2]);
    expect(starts[1]).not.toEqual(starts[3]);
    expect((await loadedObjective('nist:Misra1a:start=2')).start).toEqual(Float64Array.of(250, 0.0005));
  });
});
