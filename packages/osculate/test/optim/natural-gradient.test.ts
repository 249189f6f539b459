import { describe, expect, it } from 'vitest';
import { ggn } from '../../src/autodiff/index.js';
import { type Loss, sigmoidCrossEntropy, squaredError } from '../../src/nn/index.js';
import {
  allRows,
  type Batch,
  functionObjective,
  type Objective,
  sampledFisherMatrix,
  supervisedObjective,
} from '../../src/objective/index.js';
import { gaussNewtonCg, hessianFree, naturalGradient } from '../../src/optim/index.js';
import { curvatureShare, dampedSolve } from '../../src/optim/newton/damped-solve.js';
import type { NaturalGradientOptions } from '../../src/optim/newton/natural-gradient.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, InputError, leaves, type NDArray } from '../../src/tensor/index.js';
import { denseSolve, dot, relativeError, type SmallProblem, smallProblem } from '../objective/support.js';
import { path } from './path.js';
import { smallNetwork } from './small-networks.js';

const exact = { maxIterations: 80, tolerance: 1e-14 } as const;

/** The dense Gauss-Newton matrix over all rows, without weight decay. */
async function denseGgn(objective: Objective, at: SmallProblem['start']): Promise<Float64Array> {
  const build = (batch: Batch) => ({
    m: ggn(
      batch.loss,
      batch.outputs,
      leaves(batch.weights).map(([, t]) => t),
    ),
  });
  const { m } = await objective.run('dense', build, at, allRows(objective.rows));
  return m!.data as Float64Array;
}

/** The solution of (matrix + shift·I)·x = b by elimination. */
function damped(matrix: Float64Array, shift: number, b: ArrayLike<number>): number[] {
  const n = b.length;
  return denseSolve(
    matrix.map((x, k) => x + (k % (n + 1) === 0 ? shift : 0)),
    b,
  );
}

/** F·v = Σ cᵢᵢ·gᵢ·(gᵢᵀv) from the gradients of single rows for the labels that a generator draws. */
async function outerProducts(problem: SmallProblem, loss: Loss, seed: number): Promise<Float64Array> {
  const { objective, start, model, parameters, x } = problem;
  const rows = allRows(objective.rows);
  const { outputs } = await objective.run('outputs', (batch) => ({ outputs: batch.outputs }), start, rows);
  const y = loss.sample(outputs as NDArray<'f64'>, generator(seed));
  const drawn = supervisedObjective({ executor: referenceExecutor(), model, loss, parameters, x, y });
  const n = start.length;
  const fisher = new Float64Array(n * n);
  // Two outputs a row: the loss of one row is the sum of its parts divided by 2 where parts are averaged.
  const perRow = loss.name === 'squared error' ? 2 : 1;
  for (const row of rows) {
    const { gradient } = await drawn.valueAndGradient(start, [row]);
    for (let k = 0; k < n * n; k++) {
      fisher[k]! += (perRow / objective.rows) * gradient[Math.floor(k / n)]! * gradient[k % n]!;
    }
  }
  return fisher;
}

describe('sampled Fisher matrix', () => {
  it.each<[string, Loss]>([
    ['squared error', squaredError()],
    ['sigmoid cross-entropy of a row', sigmoidCrossEntropy({ reduction: 'examples' })],
  ])('is the sum of outer products of the rows’ gradients for drawn labels: %s', async (_, loss) => {
    const problem = smallProblem({ loss });
    const { objective, start } = problem;
    const rows = allRows(objective.rows);
    const fisher = await outerProducts(problem, loss, 9);
    const { outputs } = await objective.run('outputs', (batch) => ({ outputs: batch.outputs }), start, rows);
    const targets = objective.sample(outputs!, generator(9));
    const random = generator(2);
    const b = start.map(() => random.normal());
    const system = { parameters: start, rows, b, damping: 0.1, inverse: start.map(() => 1), start: start.map(() => 0) };
    const { iterates, modelValue } = await dampedSolve(
      objective,
      { ...system, curvature: sampledFisherMatrix, targets },
      exact,
    );
    const expected = damped(fisher, 0.1, b);
    expect(relativeError(iterates.at(-1)!.x, expected)).toBeLessThan(1e-8);
    expect(modelValue).toBeCloseTo(-0.5 * dot(b, expected), 9);
  });

  it('has the Gauss-Newton matrix as its mean', async () => {
    const problem = smallProblem({ rows: 6 });
    const truth = await denseGgn(problem.objective, problem.start);
    const draws = 400;
    const all: Float64Array[] = [];
    for (let k = 0; k < draws; k++) all.push(await outerProducts(problem, problem.loss, k));
    truth.forEach((value, i) => {
      const mean = all.reduce((sum, f) => sum + f[i]!, 0) / draws;
      const variance = all.reduce((sum, f) => sum + (f[i]! - mean) ** 2, 0) / (draws - 1);
      expect(Math.abs(mean - value)).toBeLessThan(5 * Math.sqrt(variance / draws) + 1e-12);
    });
  });
});

describe('what is measured where it is not given', () => {
  it('λ starts as the curvature along the gradient', async () => {
    const { objective, start } = smallProblem({ weightDecay: 0.05, loss: sigmoidCrossEntropy() });
    const { gradient } = await objective.valueAndGradient(start, allRows(24));
    const g = Array.from(gradient);
    const matrix = await denseGgn(objective, start);
    const product = g.map((_, i) => g.reduce((sum, v, j) => sum + matrix[i * g.length + j]! * v, 0));
    const expected = dot(g, product) / dot(g, g) + 0.05;
    const context = { objective, generator: generator(0) };
    const natural = naturalGradient();
    const { report } = await natural.step(natural.init(objective, start), context);
    expect(report.details.damping).toBeCloseTo(expected * 4 ** (report.details.trials! - 1), 12);
    const free = hessianFree();
    const { details } = (await free.step(free.init(objective, start), context)).report;
    const factor = details.rho! < 0.25 ? 1.5 : details.rho! > 0.75 ? 2 / 3 : 1;
    expect(details.damping).toBeCloseTo(expected * factor, 12);
  });

  it('the rows of the curvature are an eighth, at least 64 and at most a chunk', () => {
    const { objective } = smallProblem({ chunk: 500 });
    const rows = [24, 100, 1000, 8000].map((count) => curvatureShare(undefined, count, objective));
    expect([...rows, curvatureShare(7, 1000, objective)]).toEqual([24, 64, 125, 500, 7]);
  });
});

describe('natural gradient', () => {
  it.each([1, 0.5])('makes the damped step of the dense Fisher matrix, learning rate %f', async (learningRate) => {
    const { objective, start } = smallProblem({ weightDecay: 0.05, loss: sigmoidCrossEntropy() });
    const optimizer = naturalGradient({ ...exact, learningRate, damping: 0.3 });
    const { state } = await optimizer.step(optimizer.init(objective, start), { objective, generator: generator(0) });
    const { gradient } = await objective.valueAndGradient(start, allRows(24));
    const solution = damped(await denseGgn(objective, start), 0.35, gradient);
    expect(
      relativeError(
        state.parameters,
        start.map((x, i) => x - learningRate * solution[i]!),
      ),
    ).toBeLessThan(1e-9);
  });

  it.each([1, 0.5])('predicts the decrease of a quadratic exactly, learning rate %f', async (learningRate) => {
    const { objective, start } = smallProblem({ linear: true, weightDecay: 0.1 });
    const optimizer = naturalGradient({ ...exact, learningRate, damping: 0.2 });
    const { report } = await optimizer.step(optimizer.init(objective, start), { objective, generator: generator(0) });
    expect(report.accepted).toBe(true);
    expect(report.details.rho).toBeCloseTo(1, 8);
  });

  it('raises the damping until the loss of the rows falls', async () => {
    const { objective, start } = smallProblem();
    const optimizer = naturalGradient({ learningRate: 50, damping: 1e-4 });
    const { state, report } = await optimizer.step(optimizer.init(objective, start), {
      objective,
      generator: generator(0),
    });
    expect(report.details.trials).toBeGreaterThan(1);
    expect(await objective.value(state.parameters, allRows(24))).toBeLessThan(report.loss);
  });

  it('on a quadratic with small damping is at the minimum after one step, as Gauss-Newton is', async () => {
    const { objective, start } = smallProblem({ linear: true });
    const { points } = await path(naturalGradient({ ...exact, damping: 1e-10 }), objective, start as Float64Array, 1);
    const { gradient } = await objective.valueAndGradient(points[1]!, allRows(24));
    expect(Math.sqrt(dot(gradient, gradient))).toBeLessThan(1e-8);
    const other = await path(gaussNewtonCg(), objective, start as Float64Array, 12);
    expect(relativeError(points[1]!, other.points.at(-1)!)).toBeLessThan(1e-5);
  });

  it.each<[string, NaturalGradientOptions]>([
    ['exact', { batchSize: 48, curvatureRows: 32 }],
    ['sampled', { batchSize: 48, fisher: 'sampled' }],
  ])('on mini-batches lowers the loss of all rows of a classifier to a third: %s', async (_, options) => {
    const { objective, start } = smallNetwork('perceptron', referenceExecutor());
    const optimizer = naturalGradient(options);
    let state = optimizer.init(objective, start);
    for (let k = 0; k < 30; k++) ({ state } = await optimizer.step(state, { objective, generator: generator(k) }));
    const rows = allRows(objective.rows);
    expect(await objective.value(state.parameters, rows)).toBeLessThan((await objective.value(start, rows)) / 3);
  });

  it('stops as diverged where only the drawn outputs are not finite', async () => {
    const { objective, start } = smallProblem();
    const run: Objective['run'] = async (name, ...rest) => {
      const results = await objective.run(name, ...rest);
      return name === 'outputs' ? { outputs: { ...results.outputs!, data: Float64Array.of(Number.NaN) } } : results;
    };
    const optimizer = naturalGradient({ fisher: 'sampled' });
    const context = { objective: { ...objective, run }, generator: generator(0) };
    const { report } = await optimizer.step(optimizer.init(objective, start), context);
    expect(report).toMatchObject({ accepted: false, stop: 'diverged' });
  });

  it.each<[NaturalGradientOptions, RegExp]>([
    [{ damping: 0 }, /naturalGradient: damping must be a finite number > 0, got 0/],
    [{ learningRate: -1 }, /naturalGradient: learningRate must be a finite number > 0, got -1/],
    [{ curvatureRows: 0 }, /curvatureRows must be an integer ≥ 1, got 0/],
    [{ maxIterations: 1.5 }, /maxIterations must be an integer ≥ 1/],
    [{ batchSize: 0 }, /batchSize must be an integer ≥ 1/],
  ])('refuses %o', (options, message) => {
    expect(() => naturalGradient(options)).toThrow(InputError);
    expect(() => naturalGradient(options)).toThrow(message);
  });

  it('refuses a plain function', async () => {
    const objective = functionObjective((x) => x.mul(x).sum(), Float64Array.of(1, 2));
    const optimizer = naturalGradient();
    const context = { objective, generator: generator(0) };
    await expect(optimizer.step(optimizer.init(objective, Float64Array.of(1, 2)), context)).rejects.toThrow(InputError);
  });
});
