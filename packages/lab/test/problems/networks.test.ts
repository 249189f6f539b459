import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeNpz } from 'osculate/data';
import { ortExecutor } from 'osculate/node';
import { allRows, type Vector } from 'osculate/objective';
import { type Executor, referenceExecutor } from 'osculate/runtime';
import { astype, generator, mapTree, type NDArray, ndarray, toNumbers } from 'osculate/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceOnnx } from '../../../osculate/test/networks/reference.js';
import { parseContestant } from '../../src/contestants.js';
import { addingExamples } from '../../src/problems/adding.js';
import { problemNamed } from '../../src/problems/index.js';
import { runContestant } from '../../src/run/contestant-run.js';
import { Evaluator } from '../../src/run/evaluate.js';
import { RunFolder } from '../../src/run/folder.js';
import type { Result } from '../../src/study.js';
import { executor, loadedObjective, objectiveOf } from './objective-of.js';

/** The same array in double precision; integers stay as they are. */
const double = (a: NDArray): NDArray => (a.dtype === 'f32' ? astype(a, 'f64') : a);

/** The difference between the slope along a random direction and its central difference in float64, relative to it. */
async function gradientError(name: string, step: number): Promise<number> {
  const single = await problemNamed(name).load(3);
  const parameters = mapTree<NDArray, NDArray>(single.parameters, double);
  const loaded = { ...single, parameters, train: { x: double(single.train.x), y: double(single.train.y) } };
  const f = objectiveOf(loaded);
  const random = generator(1);
  // Biases start at 0, where the units of blank pixels have their kinks: a little beside that.
  const start = f.layout.flat(loaded.parameters).map((x) => x + 0.01 * random.normal()) as Vector;
  const rows = allRows(f.rows);
  const { gradient } = await f.valueAndGradient(start, rows);
  const direction = Float64Array.from(start, () => random.normal());
  const moved = (h: number) => start.map((x, i) => x + h * direction[i]!) as Vector;
  const difference = ((await f.value(moved(step), rows)) - (await f.value(moved(-step), rows))) / (2 * step);
  const slope = direction.reduce((sum, d, i) => sum + d * gradient[i]!, 0);
  return Math.abs(slope - difference) / Math.abs(difference);
}

describe('networks', () => {
  it.each([
    'poisson-1d:width=5',
    'poisson-2d:width=5:layers=2:interior=30:boundary=10',
    'burgers:width=5:interior=30:boundary=10',
    'beale',
    'nist:Rat43',
    'mnist-logistic:rows=20',
    'mnist-mlp:rows=20:hidden=5',
    'mnist-cnn:rows=8:channels=2',
    'mnist-rnn:rows=8:hidden=4',
    'mnist-lstm:rows=8:hidden=4',
    'autoencoder:rows=8:scale=0.05',
    'adding:rows=20:hidden=4:length=10',
    'moby-lstm:rows=4:length=6:hidden=4:size=4',
    'moby-transformer:rows=4:length=6:size=8:heads=2:blocks=1',
  ])('the gradient of %s is the slope of its loss', async (name) => {
    expect(await gradientError(name, 1e-6)).toBeLessThan(1e-6);
  });

  it.each(['poisson-2d', 'mnist-mlp:rows=10', 'adding:rows=10'])('%s is the same for the same seed', async (name) => {
    const starts = await Promise.all([1, 1, 2].map(async (seed) => (await loadedObjective(name, seed)).start));
    expect(starts[0]).toEqual(starts[1]);
    expect(starts[0]).not.toEqual(starts[2]);
  });

  it('accuracy is the share of rows whose largest output is the class', async () => {
    const { loaded } = await loadedObjective('mnist-logistic:rows=100');
    const { x, y } = loaded.train;
    const weights = generator(5);
    const flat = new Float32Array(7850).map(() => weights.normal());
    const f = objectiveOf(loaded);
    const named = f.layout.slots.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)] as const);
    const w = named.find(([name]) => name.endsWith('weight'))![1];
    const b = named.find(([name]) => name.endsWith('bias'))![1];
    let hits = 0;
    for (let i = 0; i < 100; i++) {
      const scores = Array.from({ length: 10 }, (_, c) => {
        let sum = b[c]!;
        for (let j = 0; j < 784; j++) sum += Number(x.data[784 * i + j]) * w[784 * c + j]!;
        return sum;
      });
      if (scores.indexOf(Math.max(...scores)) === Number(y.data[i])) hits++;
    }
    expect((await new Evaluator(loaded, executor).evaluate(flat)).accuracy).toBeCloseTo(hits / 100, 6);
  });

  it('sequences of the adding problem have one mark in each half, and their sum as the target', () => {
    const { x, y } = addingExamples(50, 11, 4);
    for (let i = 0; i < 50; i++) {
      const row = Array.from({ length: 11 }, (_, t) =>
        [x.data[22 * i + 2 * t], x.data[22 * i + 2 * t + 1]].map(Number),
      );
      const marked = row.map(([, mark], t) => (mark === 1 ? t : -1)).filter((t) => t >= 0);
      expect(marked).toHaveLength(2);
      expect(marked[0]).toBeLessThan(5);
      expect(marked[1]).toBeGreaterThanOrEqual(5);
      expect(Number(y.data[i])).toBeCloseTo(row[marked[0]!]![0]! + row[marked[1]!]![0]!, 6);
    }
    const all = toNumbers(addingExamples(2000, 10, 1).y);
    const variance = all.reduce((sum, v) => sum + (v - 1) ** 2, 0) / 2000;
    expect(variance).toBeCloseTo(1 / 6, 1);
  });
});

describe('a model of the user', () => {
  const folder = mkdtempSync(join(tmpdir(), 'osculate-onnx-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const model = join(folder, 'model.onnx');
  writeFileSync(model, referenceOnnx('mlp_tanh'));
  const random = generator(0);
  const npz = (name: string, arrays: Parameters<typeof writeNpz>[0]): string => {
    const path = join(folder, name);
    writeFileSync(path, writeNpz(arrays));
    return path;
  };

  it('is trained on the user’s data from the weights in the file', async () => {
    const probe = problemNamed(`onnx:${model}:data=${npz('empty.npz', { x: ndarray('f32', [0]) })}`);
    await expect(probe.load(0)).rejects.toThrow(/holds x; it must hold x and y/);
    const numbers = (n: number) => Array.from({ length: n }, () => random.normal());
    const data = npz('data.npz', {
      x: ndarray('f32', numbers(20 * 12), [12, 20]),
      y: ndarray('f32', numbers(5 * 12), [12, 5]),
    });
    const name = `onnx:${model}:data=${data}`;
    expect(await gradientError(name, 1e-6)).toBeLessThan(1e-6);
    const { loaded, start } = await loadedObjective(name);
    const { loss, testLoss } = await new Evaluator(loaded, executor).evaluate(start);
    expect(loss).toBe(testLoss);
    expect(loss).toBeGreaterThan(0);
  });

  it('says which file is not there', async () => {
    await expect(problemNamed('onnx:no.onnx:data=no.npz').load(0)).rejects.toThrow(/cannot read "no.npz"/);
  });
});

/** A problem of each family, small, with methods of different kinds. */
const runs: readonly (readonly [problem: string, optimizers: string])[] = [
  ['rosenbrock', 'levenberg-marquardt,bfgs,adam'],
  ['beale', 'trust-region,lbfgs'],
  ['himmelblau', 'adaptive-cubic'],
  ['cube-roots', 'plain-gauss-newton,plain-newton'],
  ['monkey-saddle', 'saddle-free-newton,sgd:learningRate=0.01'],
  ['quadratic:1e6', 'newton,gauss-newton,heavy-ball:learningRate=0.1'],
  ['mgh:7', 'levenberg-marquardt,newton'],
  ['nist:Misra1a', 'levenberg-marquardt'],
  ['mnist-logistic:rows=200', 'adam,kfac'],
  ['mnist-mlp:rows=200:hidden=8', 'adam'],
  ['mnist-cnn:rows=50:channels=2', 'kfac:batchSize=50'],
  ['mnist-rnn:rows=50:hidden=4', 'adam'],
  ['mnist-lstm:rows=50:hidden=4', 'adam'],
  ['autoencoder:rows=50:scale=0.05', 'adam,hessian-free:gradientRows=50:curvatureRows=20:maxIterations=3'],
  ['adding:rows=50:hidden=4:length=10', 'adam'],
  ['moby-lstm:rows=20:length=8:hidden=4:size=4', 'adam'],
  ['moby-transformer:rows=20:length=8:size=8:heads=2:blocks=1', 'adam'],
  ['poisson-1d:width=4:interior=10', 'levenberg-marquardt,gauss-newton'],
  ['poisson-2d:width=4:layers=2:interior=12:boundary=4', 'levenberg-marquardt,lbfgs'],
  ['burgers:width=4:interior=12:boundary=4', 'levenberg-marquardt'],
];

describe('every problem can be optimized', () => {
  const root = mkdtempSync(join(tmpdir(), 'osculate-problems-'));
  let ort: Executor;
  beforeAll(async () => {
    ort = await ortExecutor({ threads: 1 });
  });
  afterAll(async () => {
    await ort.dispose();
    rmSync(root, { recursive: true, force: true });
  });

  async function run(name: string, optimizer: string): Promise<Result> {
    const problem = problemNamed(name);
    const folder = new RunFolder(mkdtempSync(join(root, 'run-')));
    const summary = await runContestant({
      ...{
        problem,
        loaded: await problem.load(0),
        contestant: parseContestant(optimizer),
        budget: { seconds: 0.05 },
        seed: 0,
      },
      executor: problem.executor === 'reference' ? referenceExecutor() : ort,
      ...{ folder, signal: new AbortController().signal, peakMemory: () => 1, progress: () => {} },
    });
    return { summary: summary!, points: folder.points() };
  }

  it.each(runs.flatMap(([problem, list]) => list.split(',').map((o) => [problem, o] as const)))(
    '%s by %s',
    async (name, optimizer) => {
      const { measures } = problemNamed(name);
      const { points, summary } = await run(name, optimizer);
      expect(['budget', 'solved', 'stalled']).toContain(summary.ending);
      for (const { values } of points) {
        expect(Object.keys(values).sort()).toEqual(measures.map(({ key }) => key).sort());
        for (const value of Object.values(values)) expect(Number.isFinite(value)).toBe(true);
      }
      expect(points[0]!.step).toBe(0);
      // Full-batch methods never go up; a step of the others on so small a set goes down.
      const lowest = Math.min(...points.map(({ values }) => values.loss!));
      if (summary.last.step > 0) expect(lowest).toBeLessThan(points[0]!.values.loss!);
    },
  );
});
