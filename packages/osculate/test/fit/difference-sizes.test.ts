import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levenbergMarquardt } from '../../src/fit/compat/ml-levenberg-marquardt.js';
import { curveFit, fitStatistics, leastSquares } from '../../src/fit/index.js';

/** Intercept, slope and their standard errors by the textbook's formulas, with the data about their mean. */
function line(t: readonly number[], y: readonly number[]) {
  const m = t.length;
  const [tm, ym] = [t, y].map((v) => v.reduce((a, b) => a + b) / m) as [number, number];
  const stt = t.reduce((sum, v) => sum + (v - tm) ** 2, 0);
  const b = t.reduce((sum, v, i) => sum + (v - tm) * (y[i]! - ym), 0) / stt;
  const a = ym - b * tm;
  const variance = t.reduce((sum, v, i) => sum + (y[i]! - a - b * v) ** 2, 0) / (m - 2);
  return { a, b, errors: [Math.sqrt(variance * (1 / m + tm ** 2 / stt)), Math.sqrt(variance / stt)] as const };
}

const model = ([t]: Float64Array, [a, b]: Float64Array) => a! + b! * t!;

/** The line of plain numbers, whose derivatives are differences, at scales of its own for t and y. */
function fitted(t: readonly number[], y: readonly number[], start: readonly [number, number]) {
  const fit = curveFit({ model }, { x: t, y }, { start: [...start] });
  return { fit, errors: fitStatistics(fit).parameters.map(({ standardError }) => standardError) };
}

describe('differences by parameters whose size does not show', () => {
  it('a slope that is zero has its standard error', () => {
    const { errors } = fitted([-2, -1, 0, 1, 2], [1, 2, 3, 2, 1], [1, 1]);
    // Σ(y − 1.8)²/3 = 2.8/3 over Σt² = 10.
    expect(errors[1]! / Math.sqrt(2.8 / 3 / 10)).toBeCloseTo(1, 6);
  });

  it('lines with a true zero, at all scales, from starts that say nothing of them', () => {
    const scale = fc.integer({ min: -12, max: 12 }).map((k) => 10 ** k);
    const noise = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(scale, scale, noise, fc.constantFrom(0, 1), fc.constantFrom(1, 1e-12, 0), (st, sy, ups, which, s) => {
        const m = ups.length;
        const t = ups.map((_, i) => st * (i - (m - 1) / 2));
        fc.pre(new Set(ups).size > 3);
        // The residuals of noise, which fits no line, about one of which a part is zero.
        const raw = ups.map((u) => u / 500);
        const own = line(t, raw);
        const y = raw.map((u, i) => sy * (u - own.a - own.b * t[i]! + (which === 0 ? 0 : 2)));
        const right = line(t, y);
        fc.pre(right.errors[0] > 1e-3 * sy);
        const { errors } = fitted(t, y, [s * sy, (s * sy) / st]);
        expect(errors[0]! / right.errors[0]).toBeCloseTo(1, 6);
        expect(errors[1]! / right.errors[1]).toBeCloseTo(1, 6);
      }),
      { numRuns: 400 },
    );
  });

  it('a start far below the size of the solution moves', () => {
    const x = Array.from({ length: 20 }, (_, i) => i / 4);
    const y = x.map((t) => 3 * Math.exp(-0.7 * t));
    const result = levenbergMarquardt(
      { x, y },
      ([a, k]: number[]) =>
        (t: number) =>
          a! * Math.exp(-k! * t),
      {
        initialValues: [1e-12, 1],
        maxIterations: 1000,
      },
    );
    expect(result.parameterValues[0]).toBeCloseTo(3, 4);
    expect(result.parameterValues[1]).toBeCloseTo(0.7, 4);
  });

  it('a saturated parameter is not given an influence that it has not', () => {
    // exp(−1000·x) is 0 at all points but the first, where it is 1 for any rate.
    const at = [0, 1, 2, 3];
    const { jacobian } = leastSquares(
      { residuals: (p) => at.map((x, i) => p[0]! * Math.exp(-p[1]! * x) - [1, 0.1, 0, 0][i]!) },
      [1, 1000],
      { maxEvaluations: 1 },
    );
    expect(Array.from(at, (_, i) => jacobian[2 * i + 1])).toEqual([0, 0, 0, 0]);
  });
});
