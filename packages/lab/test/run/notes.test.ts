import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referenceExecutor } from 'osculate/runtime';
import { leaves, ndarray, type Tensor } from 'osculate/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseContestant } from '../../src/contestants.js';
import type { LoadedProblem } from '../../src/problems/problem.js';
import { ProgressLine } from '../../src/report/progress.js';
import { runContestant } from '../../src/run/contestant-run.js';
import { RunFolder } from '../../src/run/folder.js';
import { recordedStreams, small } from '../analysis-support.js';

describe('what a user should know of an objective', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'notes-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  async function notesOf(loaded: LoadedProblem): Promise<string[]> {
    const notes: string[] = [];
    await runContestant({
      ...{ problem: small, loaded, contestant: parseContestant('adam'), executor: referenceExecutor() },
      ...{ folder: new RunFolder(mkdtempSync(join(root, 'run-'))), budget: { steps: 1 }, seed: 0 },
      ...{ signal: new AbortController().signal, peakMemory: () => 0, progress: () => {} },
      note: (text) => notes.push(text),
    });
    return notes;
  }

  it('is told before a run: the parameters that the loss does not reach', async () => {
    const loaded = await small.load(0);
    expect(await notesOf(loaded)).toEqual([]);
    const parameters = { w: ndarray('f32', new Float32Array(15).fill(0.1), [5, 3]), idle: ndarray('f32', [1, 2]) };
    const model: LoadedProblem['model'] = (weights, x) => x.matmul(new Map(leaves<Tensor>(weights)).get('w')!);
    expect(await notesOf({ ...loaded, parameters, model })).toEqual([expect.stringContaining('"idle"')]);
  });

  it('is written once, whatever the stream', () => {
    const { printed, stderr } = recordedStreams();
    const line = new ProgressLine(stderr);
    for (const text of ['a', 'b', 'a']) {
      line.show('progress');
      line.note(text);
    }
    expect(printed.stderr).toBe('note: a\nnote: b\n');
  });
});
