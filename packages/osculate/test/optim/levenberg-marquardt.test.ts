import { describe, expect, it } from 'vitest';
import { functionObjective } from '../../src/objective/index.js';
import { levenbergMarquardt, minimize } from '../../src/optim/index.js';
import { constant } from '../../src/tensor/index.js';
import { rosenbrock, rosenbrockResiduals, rosenbrockStart } from '../objective/functions.js';
import { smallProblem } from '../objective/support.js';
import { path } from './path.js';

describe('Levenberg-Marquardt', () => {
  it('does not depend on the units of the variables', async () => {
    const units = [1e6, 1e-5];
    const inUnits = functionObjective((x) => rosenbrockResiduals(x.mul(constant(units, 'f64'))), rosenbrockStart, {
      residuals: true,
    });
    const plain = await path(levenbergMarquardt(), rosenbrock(), rosenbrockStart, 12);
    const start = rosenbrockStart.map((x, i) => x / units[i]!);
    const other = await path(levenbergMarquardt(), inUnits, start, 12);
    plain.points.slice(0, 8).forEach((x, k) => {
      for (const i of [0, 1]) expect(other.points[k]![i]! * units[i]!).toBeCloseTo(x[i]!, 6);
    });
    expect(other.reports.at(-1)!.loss).toBeLessThan(1e-12);
  });

  it('starts within its first radius, factor·‖D·x‖', async () => {
    const { reports } = await path(levenbergMarquardt({ factor: 1e-3 }), rosenbrock(), rosenbrockStart, 1);
    // D at (−1.2, 1) is (√(24² + 1), 10).
    const radius = 1e-3 * Math.hypot(Math.hypot(24, 1) * 1.2, 10);
    expect(reports[0]!.details.stepLength!).toBeLessThanOrEqual(1.1 * radius);
    expect(reports[0]!.details.stepLength!).toBeGreaterThanOrEqual(0.9 * radius);
  });

  it('terminates where the step is zero', async () => {
    const result = await minimize(rosenbrock(), Float64Array.of(1, 1), { method: levenbergMarquardt(), tolerance: -1 });
    expect(result.status).toBe('stalled');
    expect(result.steps).toBe(0);
    expect(Array.from(result.x)).toEqual([1, 1]);
  });

  it('fits a net on data in chunks with weight decay as it does in one piece', async () => {
    const [whole, parts] = [smallProblem({ weightDecay: 0.01 }), smallProblem({ weightDecay: 0.01, chunk: 7 })];
    const run = (p: typeof whole) => path(levenbergMarquardt(), p.objective, p.start as Float64Array, 5);
    const [a, b] = [await run(whole), await run(parts)];
    a.points.at(-1)!.forEach((x, i) => {
      expect(b.points.at(-1)![i]!).toBeCloseTo(x, 6);
    });
    expect(a.reports.at(-1)!.loss).toBeLessThan(a.reports[0]!.loss / 2);
  });

  it('refuses an objective without residuals', async () => {
    const plain = functionObjective((x) => x.mul(x).sum(), rosenbrockStart);
    await expect(path(levenbergMarquardt(), plain, rosenbrockStart, 1)).rejects.toThrow('needs residuals');
  });
});
