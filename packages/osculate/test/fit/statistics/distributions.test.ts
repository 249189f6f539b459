import { describe, expect, it, test } from 'vitest';
import { incompleteBeta, logBeta } from '../../../src/fit/statistics/beta.js';
import { normalQuantile, normalTail } from '../../../src/fit/statistics/normal.js';
import { studentQuantile, studentTwoSided } from '../../../src/fit/statistics/student.js';
import { InputError } from '../../../src/tensor/index.js';

/** Expected values of this file: mpmath with 40 digits, at the doubles given. */
function relative(found: number, expected: number): number {
  return Math.abs(found - expected) / Math.abs(expected);
}

describe('normal distribution', () => {
  test.each([
    [0.3, 0.3820885778110474],
    [2.4, 0.00819753592459613],
    [2.6, 0.00466118802371875],
    [8, 6.220960574271784e-16],
    [30, 4.906713927148187e-198],
  ])('tail beyond %d', (z, expected) => {
    expect(relative(normalTail(z), expected)).toBeLessThan(1e-13);
    expect(relative(normalTail(-z), 1 - expected)).toBeLessThan(1e-15);
  });

  test.each([
    [0.01, 0.012533469508069262],
    [0.5, 0.6744897501960817],
    [0.95, 1.9599639845400538],
    [0.999999, 4.891638475692932],
    [0.9999999999, 6.466951074732419],
  ])('quantile at %d', (level, expected) => {
    expect(relative(normalQuantile(level), expected)).toBeLessThan(1e-14);
  });
});

describe('beta function', () => {
  test.each([
    [0.5, 0.5, 1.1447298858494002],
    [3, 4, -4.0943445622221],
    [0.5, 50000, -4.837521699280441],
    [15, 2000, -88.87468929278202],
  ])('ln B(%d, %d)', (a, b, expected) => {
    expect(relative(logBeta(a, b), expected)).toBeLessThan(2e-14);
    expect(logBeta(b, a)).toBe(logBeta(a, b));
  });

  test.each([
    [2.5, 0.5, 0.3, 0.018927124071945654],
    [0.5, 6, 0.9, 0.9999997640606045],
    [50, 3, 0.99, 0.9846473742663409],
    [30000, 0.5, 0.9999, 0.014303851262388267],
  ])('I(%d, %d) at %d', (a, b, x, expected) => {
    // The last case loses digits in 1 − x, which is rounded here.
    expect(relative(incompleteBeta(a, b, x, 1 - x), expected)).toBeLessThan(1e-11);
  });

  it('is 0 and 1 at the ends', () => {
    expect(incompleteBeta(2, 3, 0, 1)).toBe(0);
    expect(incompleteBeta(2, 3, 1, 0)).toBe(1);
  });
});

describe("Student's distribution", () => {
  const quantiles: readonly (readonly [number, readonly number[]])[] = [
    [
      0.01,
      [0.013604054691036678, 0.01279705967107083, 0.012546163591470084, 0.012533500846704373, 0.012533469539407859],
    ],
    [0.5, [0.7648923284043453, 0.6954828655117926, 0.6754843115729605, 0.6744922035532922, 0.674489752649431]],
    [0.95, [3.182446305283708, 2.1788128296672284, 1.9696147551832692, 1.9599877075346093, 1.9599640082627665]],
    [0.999999, [130.1545895571102, 9.084692934106585, 5.017816959139356, 4.891943340709451, 4.8916387805414105]],
    [0.9999999999, [2804.293747996736, 20.577748533486677, 6.757925990538804, 6.467643448831085, 6.466951767043138]],
  ];
  test.each(quantiles)('quantiles at %d', (level, expected) => {
    for (const [i, nu] of [3, 12, 247, 1e5, 1e8].entries()) {
      expect(relative(studentQuantile(level, nu), expected[i]!), `ν = ${nu}`).toBeLessThan(1e-12);
    }
  });

  it('has the closed forms of one and two degrees of freedom, and the normal one without end', () => {
    for (const level of [0.1, 0.6, 0.95, 0.999]) {
      expect(relative(studentQuantile(level, 1), Math.tan((Math.PI * level) / 2))).toBeLessThan(1e-12);
      expect(relative(studentQuantile(level, 2), level * Math.sqrt(2 / (1 - level ** 2)))).toBeLessThan(1e-12);
      expect(studentQuantile(level, Number.POSITIVE_INFINITY)).toBe(normalQuantile(level));
    }
  });

  test.each([
    [2.5, 7, 0.040992218585752895],
    [40, 3, 3.4380680789158526e-5],
    [0.2, 1, 0.8743340836219976],
    [9, 1000, 1.11290771718715e-18],
  ])('two-sided p-value of %d with %d degrees of freedom', (t, nu, expected) => {
    expect(relative(studentTwoSided(t, nu), expected)).toBeLessThan(1e-12);
    expect(studentTwoSided(-t, nu)).toBe(studentTwoSided(t, nu));
  });

  it('gives p-values at the limits', () => {
    expect(studentTwoSided(Number.POSITIVE_INFINITY, 4)).toBe(0);
    expect(studentTwoSided(0, 4)).toBeCloseTo(1, 14);
    expect(studentTwoSided(8, Number.POSITIVE_INFINITY)).toBeCloseTo(1.2441921148543568e-15, 28);
    expect(studentTwoSided(1, 0)).toBeNaN();
  });

  it('refuses levels and degrees of freedom that cannot be', () => {
    expect(() => studentQuantile(95, 4)).toThrow(InputError);
    expect(() => studentQuantile(95, 4)).toThrow('between 0 and 1');
    expect(() => studentQuantile(0.95, 0)).toThrow('more than 0');
  });
});
