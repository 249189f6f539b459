import { describe, expect, it } from 'vitest';
import {
  adaptiveCubic,
  finish,
  minimize,
  type Optimizer,
  type OptimizerState,
  trustRegion,
} from '../../src/optim/index.js';
import { isKnownMinimum, mghProblems } from './mgh/problems.js';

const problems = mghProblems();

describe('problems of Moré, Garbow and Hillstrom', () => {
  it.each(problems)(
    '$number $name: f at the start and at the known minima',
    async ({ objective, start, f_start, minima }) => {
      const f = objective();
      expect(await f.value(Float64Array.from(start), [0])).toBeCloseTo(f_start, 6);
      for (const { x, f_at_x } of minima) {
        if (x) expect(await f.value(Float64Array.from(x), [0])).toBeCloseTo(f_at_x!, 9);
      }
    },
  );
});

async function unsolved<S extends OptimizerState>(optimizer: Optimizer<S>): Promise<string[]> {
  const failures: string[] = [];
  for (const problem of problems) {
    const result = await finish(
      minimize(problem.objective(), Float64Array.from(problem.start), optimizer, { maxSteps: 2000 }),
    );
    if (!isKnownMinimum(problem, result.f))
      failures.push(`${problem.number} ${problem.name}: ${result.status} at f = ${result.f}`);
    console.log(
      optimizer.name,
      problem.number,
      problem.name,
      result.status,
      result.f,
      result.gradientNorm,
      result.steps,
      isKnownMinimum(problem, result.f),
    );
  }
  return failures;
}

describe('methods reach a known minimum of every problem from its standard start', () => {
  it('trust region', async () => expect(await unsolved(trustRegion())).toEqual([]));
  it('adaptive cubic regularisation', async () => expect(await unsolved(adaptiveCubic())).toEqual([]));
});
