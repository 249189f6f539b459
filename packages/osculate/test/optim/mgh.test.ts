import { describe, expect, it } from 'vitest';
import {
  adaptiveCubic,
  adaptiveCubicLanczos,
  bfgs,
  lbfgs,
  levenbergMarquardt,
  levenbergMarquardtLsmr,
  minimize,
  type Optimizer,
  type OptimizerState,
  saddleFreeNewton,
  trustRegion,
} from '../../src/optim/index.js';
import { isKnownMinimum, mghProblems } from './mgh/problems.js';

const problems = mghProblems();

describe('problems of Moré, Garbow and Hillstrom', () => {
  it.each(problems)('$number $name: f at the start and at the known minima', async (problem) => {
    const f = problem.objective();
    const atStart = await f.value(Float64Array.from(problem.start), [0]);
    expect(Math.abs(atStart / problem.fStart - 1)).toBeLessThan(1e-9);
    for (const { x, fAtX } of problem.minima) {
      if (x) expect(await f.value(Float64Array.from(x), [0])).toBeCloseTo(fAtX!, 9);
    }
  });
});

/** The problems of which no known minimum is reached in 1000 steps from the standard start. */
async function unsolved<S extends OptimizerState>(optimizer: Optimizer<S>): Promise<string[]> {
  const failures: string[] = [];
  for (const problem of problems) {
    const start = Float64Array.from(problem.start);
    // Singular minima need the tight tolerance: there f ~ ‖∇f‖^(4/3).
    const result = await minimize(problem.objective(), start, { method: optimizer, tolerance: 1e-10 });
    if (!isKnownMinimum(problem, result.f)) failures.push(`${problem.number} ${problem.name}: f = ${result.f}`);
  }
  return failures;
}

describe('a known minimum of all 35 problems is reached from the standard start', () => {
  it('by the trust region', async () => expect(await unsolved(trustRegion())).toEqual([]));
  it('by adaptive cubic regularisation', async () => expect(await unsolved(adaptiveCubic())).toEqual([]));
  it('by the same in a Krylov space', async () => expect(await unsolved(adaptiveCubicLanczos())).toEqual([]));
  it('by saddle-free Newton', async () => expect(await unsolved(saddleFreeNewton())).toEqual([]));
  it('by Levenberg-Marquardt', async () => expect(await unsolved(levenbergMarquardt())).toEqual([]));
  it('by Levenberg-Marquardt with LSMR', async () => expect(await unsolved(levenbergMarquardtLsmr())).toEqual([]));
  it('by BFGS', async () => expect(await unsolved(bfgs())).toEqual([]));
  it('by L-BFGS', async () => expect(await unsolved(lbfgs())).toEqual([]));
});
