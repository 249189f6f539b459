import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderName, RunFolder } from '../src/run/folder.js';
import type { Point } from '../src/study.js';
import { UsageError } from '../src/usage-error.js';

const point = (step: number): Point => ({
  step,
  seconds: step,
  gradientEquivalents: step,
  values: { loss: 1, testLoss: null },
  details: { damping: 45 },
});

describe('run folder', () => {
  let path: string;
  let folder: RunFolder;
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'osculate-run-'));
    folder = new RunFolder(path);
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  it('keeps points and drops a line that was cut off', () => {
    expect(folder.points()).toEqual([]);
    folder.append(point(0));
    folder.append(point(1));
    appendFileSync(join(path, 'points.jsonl'), '{"step":2,"sec');
    expect(new RunFolder(path).points()).toEqual([point(0), point(1)]);
  });

  it('drops the points that a resumed run makes again', async () => {
    for (const step of [0, 1, 2, 3]) folder.append(point(step));
    await folder.truncate(1);
    expect(folder.points().map((p) => p.step)).toEqual([0, 1]);
  });

  it('gives back the snapshot that it saved, and leaves no other file behind', async () => {
    const state = { parameters: Float32Array.of(1, 2, 3), step: 5, damping: 4.5 };
    const generator = [1, 2, 3, 4] as const;
    await folder.save({
      state,
      generator,
      seconds: 1.5,
      gradientEquivalents: 7,
      rejected: 0,
      rejectedSteps: 0,
      nonFiniteSteps: 0,
    });
    const data = folder.checkpoint()!;
    expect(Array.from(data.tensors['state.parameters']!.data as Float32Array)).toEqual([1, 2, 3]);
    expect(JSON.parse(data.metadata.state!)).toEqual({ step: 5, damping: 4.5 });
    expect(readdirSync(path)).toEqual(['checkpoint.safetensors']);
  });

  it('is finished once it has a summary', async () => {
    expect(folder.summary()).toBeUndefined();
    const common = { spec: 'adam', title: 'Adam', settings: {}, peakMemory: 1, executor: 'x' };
    await folder.finish({ ...common, ending: 'budget', last: point(3) });
    expect(folder.summary()?.last.step).toBe(3);
  });

  it.each([
    [
      'summary.json',
      '{"spec": "ad',
      /summary\.json is damaged \(.*JSON.*\): remove it, and the same command writes it/,
    ],
    ['points.jsonl', '{"step": 0}\n{"st\n', /points\.jsonl, line 2 is damaged \(.*\): remove .*osculate-run/],
    [
      'checkpoint.safetensors',
      'half',
      /checkpoint\.safetensors is damaged \(.*\): remove it, and .* starts the run again/,
    ],
  ])('says which file is damaged, and what to do: %s', (name, contents, message) => {
    writeFileSync(join(path, name), contents);
    const read = () => [folder.summary(), folder.points(), folder.checkpoint()];
    expect(read).toThrow(UsageError);
    expect(read).toThrow(message);
  });

  it('has a name without special characters', () => {
    expect(folderName('adam:learningRate=1e-3')).toBe('adam_learningRate=1e-3');
    expect(folderName('../x')).toBe('.._x');
  });
});
