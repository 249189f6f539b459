import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceExecutor } from 'osculate/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseContestant } from '../src/contestants.js';
import { problemNamed } from '../src/problems/index.js';
import { runContestant } from '../src/run/contestant-run.js';
import { RunFolder } from '../src/run/folder.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'warm-up-'));
});
afterAll(() => rmSync(root, { recursive: true }));

async function run(name: string, spec: string, warmup: number) {
  const problem = problemNamed(name);
  const folder = new RunFolder(join(root, `${spec}-${warmup}`));
  const executor = referenceExecutor();
  const summary = await runContestant({
    ...{ problem, loaded: await problem.load(1), contestant: parseContestant(spec), executor, folder },
    ...{ budget: { steps: 30 }, seed: 1, warmup, signal: new AbortController().signal },
    ...{ peakMemory: () => 0, progress: () => {} },
  });
  await executor.dispose();
  return { summary: summary!, points: folder.points() };
}

describe('steps before the clock starts', () => {
  it.each(['adam', 'lbfgs', 'levenberg-marquardt'])('change nothing of a run of %s', async (spec) => {
    const [cold, warm] = [await run('poisson-1d', spec, 0), await run('poisson-1d', spec, 3)];
    const curve = ({ points }: typeof cold) =>
      points.map(({ step, values, gradientEquivalents }) => ({ step, values, gradientEquivalents }));
    expect(curve(warm)).toEqual(curve(cold));
    expect(cold.summary.warmup).toBeUndefined();
    expect(warm.summary.warmup!.steps).toBe(3);
    expect(warm.summary.warmup!.seconds).toBeGreaterThan(0);
  });

  it('end where the method says that it cannot go on', async () => {
    // One step solves a quadratic, and the second finds nothing better.
    const { summary } = await run('quadratic:10', 'newton', 100);
    expect(summary.warmup!.steps).toBeLessThan(100);
    expect(summary.ending).toBe('solved');
  });
});

describe('a run that ends because its method cannot go on', () => {
  it('is solved when it is at the target', async () => {
    const { summary } = await run('rosenbrock', 'gauss-newton', 0);
    expect(summary.last.values.gap).toBeLessThan(1e-10);
    expect(summary.ending).toBe('solved');
  });
});
