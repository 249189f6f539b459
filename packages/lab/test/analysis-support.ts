import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dense, sequential, softmaxCrossEntropy, tanh } from 'osculate/nn';
import { generator, ndarray } from 'osculate/tensor';
import { afterEach, beforeEach } from 'vitest';
import type { TargetOptions } from '../src/analysis/target.js';
import type { Problem } from '../src/problems/problem.js';

/** A classifier of 66 parameters in place of the built-in problem. */
export const small: Problem = {
  name: 'small',
  title: 'A small classifier',
  description: 'Five numbers in three classes.',
  kind: 'supervised',
  dtype: 'f32',
  difficulty: '',
  measures: [{ key: 'loss', title: 'loss', meaning: 'cross-entropy', better: 'lower', logarithmic: true }],
  optimizers: ['adam'],
  budget: 1,
  executor: 'onnxruntime',
  tuning: '',
  load: async (seed) => {
    const random = generator(seed);
    const layer = sequential([dense(5, 7), tanh(), dense(7, 3)]);
    const loss = softmaxCrossEntropy();
    const x = ndarray(
      'f32',
      Array.from({ length: 60 }, () => random.normal()),
      [12, 5],
    );
    const y = ndarray(
      'i32',
      Array.from({ length: 12 }, () => random.integer(3)),
      [12],
    );
    const examples = { x, y };
    return {
      parameters: layer.init(random),
      model: layer.apply,
      loss,
      train: examples,
      test: examples,
      measurements: {},
    };
  },
};

/** The small problem at its initial point, all of its rows. */
export const smallTarget: TargetOptions = { problem: 'small', data: [], values: {}, rows: 12, seed: 0 };

/** A folder for each test of a file; the function gives the path of a file in it. */
export function testFolder(): (name: string) => string {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'osculate-analysis-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** Streams that keep what is written to them. */
export function recordedStreams() {
  const printed = { stdout: '', stderr: '' };
  const terminal = (name: 'stdout' | 'stderr') => ({
    isTTY: false,
    write: (text: string) => {
      printed[name] += text;
      return true;
    },
  });
  return { printed, stdout: terminal('stdout'), stderr: terminal('stderr') };
}

/** What every page must satisfy: it loads nothing and shows no accident. */
export const accident = /NaN|undefined|\[object|https?:\/\/(?!www\.w3\.org)/;
