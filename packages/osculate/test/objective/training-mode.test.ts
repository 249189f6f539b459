import { describe, expect, it } from 'vitest';
import { curvatureOperator } from '../../src/curvature/index.js';
import { type AnyLayer, batchNorm, dense, dropout, sequential, squaredError, tanh } from '../../src/nn/index.js';
import { allRows, hessianMatrix, type Objective, supervisedObjective, type Vector } from '../../src/objective/index.js';
import {
  adam,
  diagonalGgn,
  hessianFree,
  kfac,
  lbfgs,
  newtonCg,
  type Optimizer,
  type OptimizerState,
  sgd,
  type TrainSnapshot,
  train,
} from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator } from '../../src/tensor/index.js';
import { random } from '../nn/apply.js';

const rows = 24;
const x = random([rows, 3], 1);
const y = random([rows, 2], 2);
const all = allRows(rows);

function objectiveOf(layers: readonly AnyLayer[], options: { chunk?: number; mode?: 'inference' } = {}) {
  const net = sequential(layers);
  const parameters = net.init(generator(3), 'f64');
  const common = { executor: referenceExecutor(), loss: squaredError(), parameters, x, y };
  const objective = supervisedObjective({ ...common, model: net.apply, ...options });
  return { objective, start: objective.layout.flat(parameters) };
}

const dropoutLayers = [dense(3, 8), tanh(), dropout(0.4), dense(8, 2)];
const normalizedLayers = [dense(3, 6), batchNorm(6), tanh(), dense(6, 2)];

async function expectSlopes(objective: Objective, start: Vector, places: readonly number[]): Promise<void> {
  const { gradient } = await objective.valueAndGradient(start, all);
  const step = 1e-6;
  for (const i of places) {
    const at = (h: number): Promise<number> => {
      const moved = start.slice();
      moved[i]! += h;
      return objective.value(moved, all);
    };
    expect(((await at(step)) - (await at(-step))) / (2 * step)).toBeCloseTo(gradient[i]!, 7);
  }
}

/** The losses of a run, its end, and where it was after `half` steps. */
async function runOf<S extends OptimizerState>(
  layers: readonly AnyLayer[],
  optimizer: Optimizer<S>,
  resume?: TrainSnapshot<S>,
) {
  const { objective, start } = objectiveOf(layers);
  const losses: number[] = [];
  let half: TrainSnapshot<S> | undefined;
  let last: Vector = start;
  const options = { objective, optimizer, parameters: start, seed: 4, steps: 20, ...(resume && { resume }) };
  for await (const step of train(options)) {
    losses.push(step.event.loss);
    if (step.event.step === 10) half = step.snapshot();
    last = step.event.parameters;
  }
  return { losses, half, last };
}

const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

describe('an objective in training mode', () => {
  it('has one mask a row and draw: values and derivatives agree, whatever the chunks and the order', async () => {
    const [whole, pieces] = [objectiveOf(dropoutLayers), objectiveOf(dropoutLayers, { chunk: 5 })];
    for (const { objective } of [whole, pieces]) objective.draw?.(() => 7);
    const { objective, start } = whole;
    const value = await objective.value(start, all);
    expect(await pieces.objective.value(start, Uint32Array.from(all).reverse())).toBeCloseTo(value, 13);
    await expectSlopes(objective, start, [0, 5, 30, 40]);
    objective.draw?.(() => 8);
    expect(await objective.value(start, all)).not.toBe(value);
    objective.draw?.(() => 7);
    expect(await objective.value(start, all)).toBe(value);
  });

  it('keeps the masks of a point that was made before a draw', async () => {
    const { objective, start } = objectiveOf(dropoutLayers);
    objective.draw?.(() => 1);
    const operator = curvatureOperator(objective.at(start), hessianMatrix);
    const v = Float64Array.from(start, (_, i) => Math.sin(i));
    const before = await operator.apply(v);
    objective.draw?.(() => 2);
    for (let k = 0; k < 4; k++) expect(await operator.apply(v)).toEqual(before);
    expect(await curvatureOperator(objective.at(start), hessianMatrix).apply(v)).not.toEqual(before);
  });

  it('asks for no number where nothing is drawn, and says what is held', () => {
    const { objective } = objectiveOf(normalizedLayers);
    objective.draw?.(() => {
      throw new Error('asked');
    });
    expect(objective.notes().join()).toMatch('batch normalisation');
    expect(objectiveOf(dropoutLayers).objective.notes().join()).toMatch('dropout');
    expect(objectiveOf([dense(3, 2)]).objective.notes()).toEqual([]);
  });

  it('differentiates through the statistics of the batch', async () => {
    const { objective, start } = objectiveOf(normalizedLayers);
    await expectSlopes(objective, start, [0, 10, 25, 34]);
  });

  it('reports the statistics, which feed the same model in inference', async () => {
    const { objective, start } = objectiveOf(normalizedLayers);
    const found = await objective.at(start).mean('statistics', ({ statistics }) => ({ statistics }));
    expect(Object.keys(found)).toEqual(['statistics.0.mean', 'statistics.0.variance']);
    const { objective: evaluated } = objectiveOf(normalizedLayers, { mode: 'inference' });
    const { loss } = await evaluated.at(start).mean('loss', (batch) => ({ loss: batch.loss }), { feeds: found });
    // All rows are one batch, so that its statistics are those of the training.
    expect(loss![0]).toBeCloseTo(await objective.value(start, all), 12);
    await expect(evaluated.value(start, all)).rejects.toThrow(/statistics\.0/);
  });

  const optimizers: readonly Optimizer[] = [
    sgd({ learningRate: 0.1 }),
    adam({ learningRate: 0.01 }),
    kfac({ damping: 1 }),
    lbfgs(),
    newtonCg(),
  ];
  const rowMethods: readonly Optimizer[] = [hessianFree(), diagonalGgn()];
  it.each(rowMethods)('steps with masks by $name', async (optimizer) => {
    const { losses } = await runOf(dropoutLayers, optimizer);
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 2)));
  });

  const networks = { dropout: dropoutLayers, batchNorm: normalizedLayers };
  const cases = Object.entries(networks).flatMap(([name, layers]) =>
    optimizers.map((optimizer) => ({ name, layers, optimizer, method: optimizer.name })),
  );
  it.each(cases)('trains a network with $name by $method, and goes on exactly', async ({ layers, optimizer }) => {
    const { losses, half, last } = await runOf(layers, optimizer);
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 2)));
    const again = await runOf(layers, optimizer, half);
    expect(again.losses).toEqual(losses.slice(10));
    expect(again.last).toEqual(last);
  });
});
