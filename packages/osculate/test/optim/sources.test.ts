import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RowSource, writeNpy } from '../../src/data/index.js';
import { fileSource } from '../../src/data/node.js';
import { type Named, supervisedObjective } from '../../src/objective/index.js';
import {
  adaHessian,
  adam,
  diagonalGgn,
  ekfac,
  hessianFree,
  kfac,
  lbfgs,
  multiBatchLbfgs,
  naturalGradient,
  newtonCg,
  type Optimizer,
  sophiaG,
  sophiaH,
  train,
} from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import type { Tensor, Tree } from '../../src/tensor/index.js';
import { delayed } from '../objective/delayed.js';
import { type SmallOptions, type SmallProblem, smallProblem } from '../objective/support.js';

/** The objective of a small problem on rows from elsewhere. */
function onSource({ loss, parameters, model }: SmallProblem, data: RowSource, options: SmallOptions) {
  return supervisedObjective({
    ...{ executor: referenceExecutor(), loss, parameters, data, ...options },
    model: (weights: Tree<Tensor>, fields: Named<Tensor>) => model(weights, fields.x!),
  });
}

async function follow(objective: SmallProblem['objective'], start: SmallProblem['start'], optimizer: Optimizer) {
  const losses: number[] = [];
  const run = train({ objective, optimizer, parameters: start, seed: 4, steps: 8 });
  for (;;) {
    const { done, value } = await run.next();
    if (done) return { losses, state: value.snapshot.state, generator: value.snapshot.generator };
    losses.push(value.event.loss);
  }
}

/** Rows in files of their own, as long as `use` needs them. */
async function inFiles<T>({ x, y }: SmallProblem, use: (source: RowSource) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'osculate-training-'));
  const files = { x: join(folder, 'x.npy'), y: join(folder, 'y.npy') };
  await writeFile(files.x, writeNpy(x));
  await writeFile(files.y, writeNpy(y));
  const source = await fileSource(files);
  try {
    return await use(source);
  } finally {
    await source.dispose();
    await rm(folder, { recursive: true });
  }
}

const sources: Readonly<Record<string, typeof inFiles>> = {
  'that answers later': (problem, use) => use(delayed({ x: problem.x, y: problem.y }).source),
  'of files': inFiles,
};

const makers: Readonly<Record<string, () => Optimizer>> = {
  adam: () => adam({ batchSize: 10, learningRate: 0.05 }),
  'K-FAC': () => kfac({ batchSize: 12, factorRows: 8, modelRows: 6, damping: 1 }),
  'L-BFGS': () => lbfgs(),
  'multi-batch L-BFGS': () => multiBatchLbfgs({ batchSize: 12, overlap: 0.25 }),
  'Newton-CG': () => newtonCg(),
  'Newton-CG on batches': () => newtonCg({ batchSize: 12 }),
};

describe.each(Object.keys(sources))('an objective on a source %s', (kind) => {
  it.each(Object.keys(makers))('has the steps of one in memory, bit for bit: %s', async (name) => {
    const options = { weightDecay: 0.02, chunk: 7 };
    const problem = smallProblem(options);
    const inMemory = await follow(problem.objective, problem.start, makers[name]!());
    await sources[kind]!(problem, async (source) => {
      expect(await follow(onSource(problem, source, options), problem.start, makers[name]!())).toEqual(inMemory);
    });
    expect(inMemory.losses.at(-1)).toBeLessThan(inMemory.losses[0]!);
  });
});

describe('a source is told what a step reads while the one before is made', () => {
  const batchSize = 6;
  const methods: Readonly<Record<string, () => Optimizer>> = {
    adam: makers.adam!,
    'K-FAC': () => kfac({ batchSize, factorRows: 4, modelRows: 3, damping: 1 }),
    'K-FAC that learns in every third step': () => kfac({ batchSize, damping: 1, factorEvery: 3, inverseEvery: 3 }),
    'K-FAC whose batches grow to the whole data': () => kfac({ batchSize, damping: 1, wholeDataAt: 6 }),
    EKFAC: () => ekfac({ batchSize, damping: 1 }),
    AdaHessian: () => adaHessian({ batchSize }),
    'diagonal Gauss-Newton': () => diagonalGgn({ batchSize }),
    'Sophia-G': () => sophiaG({ batchSize, interval: 2 }),
    'Sophia-H': () => sophiaH({ batchSize, interval: 2 }),
    'natural gradient': () => naturalGradient({ batchSize, fisher: 'sampled', curvatureRows: 6 }),
    'Newton-CG': () => newtonCg({ batchSize }),
  };
  const watched = async (optimizer: Optimizer, chunk: number) => {
    const problem = smallProblem();
    const { source, ...seen } = delayed({ x: problem.x, y: problem.y });
    await follow(onSource(problem, source, { chunk }), problem.start, optimizer);
    return seen;
  };

  // A method that does not draw in every step is foretold wrongly where that changes.
  it.each(Object.keys(methods))('%s: but for the first rows of all, and perhaps one step more', async (name) => {
    const { read, untold, told } = await watched(methods[name]!(), 24);
    // Batches that have grown to the whole data are read once.
    expect(read.length).toBeGreaterThanOrEqual(6);
    expect(untold[0]).toEqual(read[0]);
    expect(untold.length).toBeLessThanOrEqual(2);
    expect(told.length).toBeLessThanOrEqual(5);
  });

  it('piece by piece where a batch is more than a chunk', async () => {
    const { read, untold, told } = await watched(adam({ batchSize: 10 }), 4);
    expect(read).toHaveLength(24);
    expect(untold).toEqual(read.slice(0, 1));
    expect(told).toHaveLength(1);
  });

  it('what each draw of a step makes of the next: Hessian-free', async () => {
    const { read, untold } = await watched(hessianFree({ gradientRows: 12, curvatureRows: 6 }), 24);
    const drawn = read.filter((rows, i) => read.findIndex((other) => String(other) === String(rows)) === i);
    expect(drawn).toHaveLength(16);
    // Rows that a step comes back to are not foretold.
    expect(untold.filter((rows) => drawn.includes(rows))).toEqual(read.slice(0, 1));
  });

  it('the parts of a batch that shares rows with the next: multi-batch L-BFGS', async () => {
    const { read, untold } = await watched(multiBatchLbfgs({ batchSize: 8, overlap: 0.25 }), 24);
    // Untold: two parts of the first batch, and where a step has ended, the rows that it shares with the next.
    expect(read).toHaveLength(8 * 4 + 1);
    expect(untold).toHaveLength(8 + 2);
  });
});
