import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eigenpairs, hessian } from '../../src/curvature/index.js';
import { readFileBytes } from '../../src/data/node.js';
import { importOnnx } from '../../src/import/index.js';
import { batchNorm, dense, dropout, sequential, softmaxCrossEntropy, squaredError, tanh } from '../../src/nn/index.js';
import { adam, kfac, lbfgs, type Optimizer, sgd } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, leaves, type NDArray, toNumbers } from '../../src/tensor/index.js';
import { type FitModelOptions, fitModel } from '../../src/training/index.js';

/** Points of two interleaved spirals as plain numbers. */
function spirals(count: number): { x: number[][]; y: number[] } {
  const random = generator(5);
  const x: number[][] = [];
  const y: number[] = [];
  for (let i = 0; i < count; i++) {
    const [arm, t] = [i % 2, 1 + (5 * i) / count];
    x.push([(t * Math.cos(t + Math.PI * arm)) / 6 + 0.02 * random.normal(), (t * Math.sin(t + Math.PI * arm)) / 6]);
    y.push(arm);
  }
  return { x, y };
}

const data = spirals(120);
const net = () => sequential([dense(2, 16), tanh(), dense(16, 2)]);
const executor = referenceExecutor();
const base: FitModelOptions = { ...data, loss: softmaxCrossEntropy(), executor, progress: false };

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'osculate-fit-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('fitModel', () => {
  it('trains, predicts any number of rows, evaluates and keeps a history', async () => {
    const seen: number[] = [];
    const run = await fitModel(net(), {
      ...base,
      optimizer: kfac({ damping: 1 }),
      epochs: 15,
      validation: 0.2,
      onStep: ({ step }) => seen.push(step),
    });
    expect(seen).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
    expect(run.reason).toBe('epochs');
    expect(run.history.map(({ epoch }) => epoch)).toEqual(seen);
    expect(run.history.at(-1)!.loss).toBeLessThan(0.7 * run.history[0]!.loss);
    expect(Number.isFinite(run.history.at(-1)!.validation?.loss)).toBe(true);
    const one = await run.predict([data.x[0]!]);
    const many = await run.predict(data.x);
    expect(one.shape).toEqual([1, 2]);
    expect(many.shape).toEqual([120, 2]);
    expect(toNumbers(many).slice(0, 2)).toEqual(toNumbers(one));
    const { values } = await eigenpairs(hessian(run.objective, run.parameters), { count: 3 });
    expect(values).toHaveLength(3);
    await run.dispose();
  });

  it('predicts in pieces what it predicts at once', async () => {
    const run = await fitModel(net(), { ...base, epochs: 1 });
    const x = Array.from({ length: 2300 }, (_, i) => data.x[i % 120]!);
    const all = toNumbers(await run.predict(x));
    const piece = toNumbers(await run.predict(x.slice(1990, 2300)));
    expect(all.slice(2 * 1990)).toEqual(piece);
  });

  const optimizers: readonly Optimizer[] = [
    sgd({ learningRate: 0.1, batchSize: 30 }),
    adam({ batchSize: 32 }),
    lbfgs(),
    kfac({ damping: 1, batchSize: 50 }),
  ];
  it.each(optimizers.map((optimizer) => [optimizer.name, optimizer] as const))(
    'goes on from a checkpoint exactly: %s',
    async (_, optimizer) => {
      const layers = sequential([dense(2, 8), batchNorm(8), tanh(), dropout(0.2), dense(8, 2)]);
      const options = { ...base, optimizer, validation: 0.25, seed: 3 };
      const whole = await fitModel(layers, { ...options, steps: 14 });
      const part = await fitModel(layers, { ...options, steps: 9 });
      const path = join(folder, 'run.safetensors');
      await part.saveCheckpoint(path);
      const rest = await fitModel(layers, { ...options, steps: 14, resume: path });
      expect(rest.parameters).toEqual(whole.parameters);
      expect(rest.statistics).toEqual(whole.statistics);
      expect(rest.history.map(({ seconds, ...entry }) => entry)).toEqual(
        whole.history.map(({ seconds, ...entry }) => entry),
      );
    },
  );

  it('refuses a checkpoint of another optimizer', async () => {
    const run = await fitModel(net(), { ...base, optimizer: adam(), steps: 1 });
    const resume = run.checkpoint();
    await expect(fitModel(net(), { ...base, optimizer: sgd(), resume })).rejects.toThrow(/checkpoint is of .*Adam/);
  });

  it('stops early, at the best epoch', async () => {
    const run = await fitModel(net(), {
      ...base,
      optimizer: sgd({ learningRate: 30, batchSize: 120 }),
      epochs: 200,
      validation: 0.3,
      earlyStopping: { patience: 4 },
    });
    expect(run.reason).toBe('early stopping');
    const losses = run.history.map(({ validation }) => validation!.loss);
    expect(run.bestEpoch).toBe(1 + losses.indexOf(Math.min(...losses)));
    expect(run.history).toHaveLength(run.bestEpoch + 4);
  });

  it('evaluates with statistics of the training rows, and saves them', async () => {
    const layers = sequential([dense(2, 8), batchNorm(8), tanh(), dropout(0.3), dense(8, 2)]);
    const run = await fitModel(layers, { ...base, epochs: 5 });
    expect(Object.keys(run.statistics)).toEqual(['statistics.0.mean', 'statistics.0.variance']);
    const path = join(folder, 'net.onnx');
    await run.save(path);
    const model = importOnnx(await readFileBytes(path), { dimensions: { N: 2 } });
    const again = await fitModel(model, { ...base, steps: 1, optimizer: sgd({ learningRate: 0 }) });
    const [own, saved] = [toNumbers(await run.predict(data.x)), toNumbers(await again.predict(data.x))];
    for (const [i, value] of own.entries()) expect(saved[i]).toBeCloseTo(value, 5);
    const { accuracy } = await run.evaluate(data);
    const right = data.y.filter((label, i) => (own[2 * i + 1]! > own[2 * i]! ? 1 : 0) === label);
    expect(accuracy).toBeCloseTo(right.length / 120, 6);
    expect((await run.evaluate({ x: data.x.slice(0, 7), y: data.y.slice(0, 7) })).loss).toBeGreaterThan(0);
  });

  it('trains a part of a model', async () => {
    const run = await fitModel(net(), { ...base, epochs: 3, trainable: /^2\./, seed: 1 });
    const other = await fitModel(net(), { ...base, epochs: 1, trainable: /^2\./, seed: 1 });
    const weights = (r: typeof run) => new Map(leaves<NDArray>(r.parameters));
    expect(weights(run).get('0.weight')).toEqual(weights(other).get('0.weight'));
    expect(weights(run).get('2.weight')).not.toEqual(weights(other).get('2.weight'));
    await expect(fitModel(net(), { ...base, trainable: /head/ })).rejects.toThrow(/no parameter.*0\.weight/);
  });

  it('ends as diverged at finite parameters', async () => {
    const run = await fitModel(net(), {
      ...base,
      loss: squaredError(),
      y: data.x,
      optimizer: sgd({ learningRate: 1e30 }),
      epochs: 60,
    });
    expect(run.reason).toBe('diverged');
    expect(toNumbers(await run.predict(data.x)).every(Number.isFinite)).toBe(true);
  });

  it.each<[string, unknown, RegExp]>([
    ['no loss', { loss: undefined }, /loss is missing/],
    ['no x', { x: undefined }, /x is missing/],
    ['bigints', { x: [1n] }, /bigint/],
    ['another number of targets', { y: [1, 2] }, /120.*2|rows/],
    ['an optimizer that is none', { optimizer: {} }, /optimizer/],
    ['epochs of zero', { epochs: 0 }, /epochs/],
    ['a share of 1', { validation: 1 }, /validation is 1/],
  ])('refuses %s', async (_, change, message) => {
    await expect(fitModel(net(), { ...base, ...(change as object) })).rejects.toThrow(message);
  });
});
