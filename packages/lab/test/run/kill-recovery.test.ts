import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceExecutor } from 'osculate/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Contestant, parseContestant } from '../../src/contestants.js';
import { problemNamed } from '../../src/problems/index.js';
import { runContestant } from '../../src/run/contestant-run.js';
import { RunFolder } from '../../src/run/folder.js';
import { removeLeftovers } from '../../src/run/leftovers.js';
import type { Budget, Point } from '../../src/study.js';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'osculate-recovery-'));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

const point = (step: number): Point => ({ step, seconds: step, gradientEquivalents: step, values: {}, details: {} });

async function run(
  optimizer: string,
  budget: Budget,
  signal = new AbortController().signal,
  afterStep: (step: number) => void = () => {},
) {
  const problem = problemNamed('rosenbrock');
  const contestant = parseContestant(optimizer);
  const make: Contestant['make'] = (loaded) => {
    const made = contestant.make(loaded);
    const step: typeof made.step = async (...of) => {
      const result = await made.step(...of);
      afterStep(result.state.step);
      return result;
    };
    return { ...made, step };
  };
  return runContestant({
    ...{ problem, loaded: await problem.load(0), contestant: { ...contestant, make }, budget, seed: 0, signal },
    ...{ executor: referenceExecutor(), folder: new RunFolder(path), peakMemory: () => 1, progress: () => {} },
  });
}

describe('after a kill', () => {
  it('a process that lives on cannot write into what another one has taken over', async () => {
    const orphan = new RunFolder(path);
    await orphan.claim();
    orphan.append(point(0));
    const next = new RunFolder(path);
    await next.claim();
    expect(() => orphan.append(point(1))).toThrow(/another process has taken this run over/);
    await expect(orphan.truncate(-1)).rejects.toThrow(/another process/);
    const counts = { gradientEquivalents: 1, rejected: 0, rejectedSteps: 0, nonFiniteSteps: 0 };
    const snapshot = { generator: [1, 2, 3, 4], seconds: 1, ...counts } as const;
    const state = { step: 1, parameters: Float64Array.of(1) };
    await expect(orphan.save({ state, ...snapshot })).rejects.toThrow(/another process/);
    const summary = { spec: 'adam', title: 'Adam', settings: {}, peakMemory: 1, executor: 'x' };
    const finished = { ...summary, ending: 'budget', last: point(1) } as const;
    await expect(orphan.finish(finished)).rejects.toThrow(/another process/);
    next.append(point(1));
    await next.finish(finished);
    expect(next.points()).toEqual([point(0), point(1)]);
    expect(() => orphan.append(point(2))).toThrow(/another process/);
    expect(readdirSync(path).sort()).toEqual(['points.jsonl', 'summary.json']);
  });

  it('half-written files are removed, and no others', () => {
    const inner = join(path, 'inner');
    mkdirSync(inner);
    const temporary = '.points.csv.1b4e28ba-2fa1-11d2-883f-0016d3cca427.tmp';
    for (const name of [temporary, 'points.csv', '.notes.tmp', 'x.tmp']) {
      writeFileSync(join(path, name), '');
      writeFileSync(join(inner, name), '');
    }
    removeLeftovers(path);
    expect(readdirSync(path).sort()).toEqual(['.notes.tmp', 'inner', 'points.csv', 'x.tmp']);
    expect(readdirSync(inner).sort()).toEqual(['.notes.tmp', 'points.csv', 'x.tmp']);
  });

  it('a run that had ended, but had not yet written its summary, ends there and not a step later', async () => {
    const whole = await run('newton', { steps: 1000 });
    expect(whole!.ending).toBe('solved');
    const points = new RunFolder(path).points();
    rmSync(join(path, 'summary.json'));
    const again = await run('newton', { steps: 1000 });
    expect(again).toEqual(whole);
    expect(new RunFolder(path).points()).toEqual(points);
  });

  it.each(['newton-cg', 'trust-region'])(
    '%s, cut off and resumed every third step, has done the same work to the last bit',
    async (optimizer) => {
      expect(await run(optimizer, { steps: 40 })).toBeDefined();
      const whole = new RunFolder(path).points();
      rmSync(path, { recursive: true });
      const cancelled = () => {
        const controller = new AbortController();
        const afterStep = (step: number) => (step % 3 === 0 ? controller.abort() : undefined);
        return run(optimizer, { steps: 40 }, controller.signal, afterStep);
      };
      let parts = 1;
      for (; (await cancelled()) === undefined; parts++);
      expect(parts).toBeGreaterThan(5);
      const timeless = (points: readonly Point[]) => points.map((p) => ({ ...p, seconds: 0 }));
      expect(timeless(new RunFolder(path).points())).toEqual(timeless(whole));
    },
  );

  it('a run that never waits hears of signals within a fraction of a second', async () => {
    const controller = new AbortController();
    const start = performance.now();
    setTimeout(() => controller.abort(), 100);
    expect(await run('adam:learningRate=0.00001', { seconds: 30 }, controller.signal)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
