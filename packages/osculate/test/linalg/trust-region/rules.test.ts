import { describe, expect, it, test } from 'vitest';
import { moreRadius, NielsenDamping } from '../../../src/linalg/trust-region/rules.js';

describe("Moré's radius", () => {
  const steering = { shrink: 0.5, grow: 2, poor: 0.25, reach: 10 };
  test.each([
    ['disappoints: half', 0.2, 1, 1],
    ['disappoints and is much shorter: five of its lengths', 0.2, 0.01, 0.05],
    ['is not finite: half', Number.NaN, 1, 1],
    ['is as short as nothing: half', -1, 0, 1],
    ['is fair: as it was', 0.5, 1, 2],
    ['is good: twice its length', 0.75, 1.5, 3],
  ])('after a step that %s', (_, rho, length, expected) => {
    expect(moreRadius(2, rho, length, steering)).toBeCloseTo(expected, 15);
  });
});

describe("Nielsen's damping", () => {
  it('falls to a third at most, and by less the worse the model was', () => {
    for (const [rho, factor] of [
      [1, 1 / 3],
      [0.75, 7 / 8],
      [0.5, 1],
      [0, 2],
    ] as const) {
      const damping = new NielsenDamping(3, 0);
      damping.lighten(rho);
      expect(damping.value).toBeCloseTo(3 * factor, 14);
    }
  });

  it('grows by 2, 4, 8 … until a step is taken, and stays above its least', () => {
    const damping = new NielsenDamping(1, 0.5);
    const raised = [1, 2, 3].map(() => {
      damping.raise();
      return damping.value;
    });
    expect(raised).toEqual([2, 8, 64]);
    damping.lighten(0.5);
    damping.raise();
    expect(damping.value).toBe(128);
    for (let i = 0; i < 9; i++) damping.lighten(1);
    expect(damping.value).toBe(0.5);
  });
});
