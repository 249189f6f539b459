import { describe, expect, it } from 'vitest';
import { NielsenDamping } from '../../../src/linalg/trust-region/rules.js';

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
