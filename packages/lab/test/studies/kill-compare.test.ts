import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from 'osculate/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeUnless } from '../../../osculate/test/support/describe-unless.js';
import type { Summary } from '../../src/study.js';
import { type Ended, filesIn, noKills, osculate, resultsIn } from './kill-support.js';

const kills = 4;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'osculate-kill-'));
});
// A run whose parent was killed may still be about to end.
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

// Runs end at the target, long before the budget: their steps do not depend on the clock.
const command = (...more: string[]): string[] => [
  ...['compare', 'rosenbrock', '--optimizers', 'newton,adam:learningRate=0.02', '--budget', '10000'],
  ...['--threads', '1', '--save-every', '0.1', '--report', 'report.html', ...more],
];

describeUnless(noKills)('a comparison, killed at random moments and resumed', () => {
  it('ends with the results of an undisturbed one, value for value, and leaves none unfinished', async () => {
    const start = performance.now();
    expect((await osculate(root, command('--out', 'whole'))).code).toBe(0);
    const duration = performance.now() - start;
    const whole = await resultsIn(join(root, 'whole'));
    const endings = filesIn(join(root, 'whole')).filter((name) => name.endsWith('summary.json'));
    expect(
      endings.map((name) => (JSON.parse(readFileSync(join(root, 'whole', name), 'utf8')) as Summary).ending),
    ).toEqual(['solved', 'solved']);

    const random = generator(3);
    let ended: Ended | undefined;
    for (let k = 0; k < kills && (!ended || ended.signal === 'SIGKILL'); k++) {
      // Later and later, so that what was done before is there to be lost.
      const after = duration * ((k + random.uniform()) / kills) * 0.8;
      rmSync(join(root, 'report.html'), { force: true });
      ended = await osculate(root, command(), { after, whole: random.uniform() < 0.5 });
    }
    // A machine that became faster ends before it is killed. One that is killed after its results were written starts another comparison.
    if (ended?.signal === 'SIGKILL') ended = await osculate(root, command());
    expect([ended?.code, ended?.stderr]).toEqual([0, expect.stringContaining('report: report.html')]);
    expect(existsSync(join(root, 'report.html'))).toBe(true);
    // None is left behind unfinished. A kill before there is anything may leave a folder without a study.
    const folders = readdirSync(join(root, 'runs')).filter((name) =>
      existsSync(join(root, 'runs', name, 'study.json')),
    );
    expect(folders).not.toEqual([]);
    for (const name of folders) expect(await resultsIn(join(root, 'runs', name)), name).toEqual(whole);
  }, 600_000);

  it('that was killed while its report was written has its runs still, and makes none again', async () => {
    const folder = join(root, 'whole');
    const summary = join(folder, filesIn(folder).find((name) => name.endsWith('summary.json'))!);
    const before = readFileSync(summary, 'utf8');
    rmSync(join(folder, 'results.json'));
    rmSync(join(root, 'report.html'), { force: true });
    const { code, stderr } = await osculate(root, command('--out', 'whole'));
    expect([code, stderr]).toEqual([0, expect.stringContaining('going on with the unfinished comparison')]);
    expect(existsSync(join(root, 'report.html'))).toBe(true);
    expect(readFileSync(summary, 'utf8')).toBe(before);
  }, 180_000);
});

describe('the folder of a comparison', () => {
  it('is not taken for that of another one', async () => {
    const out = ['compare', 'rosenbrock', '--optimizers', 'newton', '--out', 'twice', '--budget'];
    expect((await osculate(root, [...out, '9'])).code).toBe(0);
    const other = await osculate(root, [...out, '8']);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('twice holds another comparison')]);
    expect((await osculate(root, [...out, '8', '--fresh'])).code).toBe(0);
  }, 180_000);
});
