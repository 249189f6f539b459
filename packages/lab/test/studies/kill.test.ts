import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { generator } from 'osculate/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeUnless } from '../../../osculate/test/support/describe-unless.js';
import { filesIn, type Kill, noKills, osculate, resultsIn, writing } from './kill-support.js';

const study = `
title: Killed
seeds: [1]
parallel: 2
problems:
  - problem: rosenbrock
    budget: { steps: 4000 }
    tuning: { share: 0.5 }
    optimizers:
      - { optimizer: adam, tune: { learningRate: [0.0001, 0.0002] } }
      - { optimizer: newton, tune: false }
`;
const jobs = 4;

/** Kills in all; two studies are killed at the same time. */
const kills = 20;
const lanes = 2;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'osculate-kill-'));
  writeFileSync(join(root, 'study.yaml'), study);
});
// A run whose parent was killed may still be about to end.
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const command = (folder: string): string[] => ['study', 'study.yaml', '--out', folder, '--save-every', '0.1'];

/** The summaries of finished runs, and which writing of each is there. */
function finished(folder: string): Map<string, string> {
  const names = existsSync(folder) ? filesIn(folder).filter((name) => basename(name) === 'summary.json') : [];
  return new Map(names.map((name) => [name, writing(join(folder, name))]));
}

interface Whole {
  /** Milliseconds. */
  readonly duration: number;
  readonly results: Record<string, unknown>;
}

async function undisturbed(): Promise<Whole> {
  const start = performance.now();
  const { code, stderr } = await osculate(root, command('whole'));
  const duration = performance.now() - start;
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^report: .*\ndata: /)]);
  expect(finished(join(root, 'whole')).size).toBe(jobs);
  return { duration, results: await resultsIn(join(root, 'whole')) };
}

/** Kills that are still to come: when, and whether the runs are killed too. */
interface Kills {
  left: number;
  next(): Kill;
}

function killsOf(lane: number, duration: number): Kills {
  const random = generator(lane);
  return {
    left: kills / lanes,
    // In the first half of what it takes from scratch: each time less is left to do.
    next: () => ({ after: 0.5 * duration * random.uniform(), whole: random.uniform() < 0.5 }),
  };
}

/** Runs the study in a folder and goes on with it until it ends, killed while there are kills left. */
async function killAndResume(name: string, coming: Kills): Promise<void> {
  const known = new Map<string, string>();
  for (;;) {
    const { code, signal, stderr } = await osculate(root, command(name), coming.left > 0 ? coming.next() : undefined);
    for (const [run, written] of finished(join(root, name))) {
      // None is run twice.
      expect(known.get(run) ?? written, run).toBe(written);
      known.set(run, written);
    }
    if (signal === 'SIGKILL') coming.left--;
    else {
      expect([code, stderr]).toEqual([0, expect.stringMatching(/^report: .*\ndata: /)]);
      expect(known.size).toBe(jobs);
      return;
    }
  }
}

describeUnless(noKills)('a study, killed at random moments and resumed', () => {
  it('ends with the results of an undisturbed one, value for value, and runs nothing twice', async () => {
    const whole = await undisturbed();
    const lane = async (index: number): Promise<void> => {
      const coming = killsOf(index, whole.duration);
      for (let round = 0; coming.left > 0; round++) {
        const name = `killed-${index}-${round}`;
        await killAndResume(name, coming);
        expect(await resultsIn(join(root, name))).toEqual(whole.results);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
  }, 600_000);
});
