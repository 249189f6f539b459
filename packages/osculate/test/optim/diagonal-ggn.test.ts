import { describe, expect, it } from 'vitest';
import { ggn } from '../../src/autodiff/index.js';
import { type Loss, sigmoidCrossEntropy, squaredError } from '../../src/nn/index.js';
import { allRows, type Objective } from '../../src/objective/index.js';
import { type DiagonalGgnOptions, sampledSquares } from '../../src/optim/diagonal/diagonal-ggn.js';
import { diagonalGgn, stateBytes } from '../../src/optim/index.js';
import { generator, InputError, leaves } from '../../src/tensor/index.js';
import { relativeError, type SmallProblem, smallProblem } from '../objective/support.js';

/** The diagonal of the dense Gauss-Newton matrix over all rows. */
async function diagonal({ objective, start }: SmallProblem): Promise<Float64Array> {
  const { m } = await objective.run(
    'dense',
    (batch) => ({
      m: ggn(
        batch.loss,
        batch.outputs,
        leaves(batch.weights).map(([, t]) => t),
      ),
    }),
    start,
    allRows(objective.rows),
  );
  return Float64Array.from(start, (_, i) => Number(m!.data[i * (start.length + 1)]));
}

describe('squares of single examples’ gradients for sampled labels', () => {
  it.each<[string, Loss]>([
    ['squared error', squaredError()],
    ['squared error of a row', squaredError({ reduction: 'examples' })],
    ['sigmoid cross-entropy', sigmoidCrossEntropy()],
    ['sigmoid cross-entropy of a row', sigmoidCrossEntropy({ reduction: 'examples' })],
  ])('have the diagonal of the Gauss-Newton matrix as their mean: %s', async (_, loss) => {
    const problem = smallProblem({ loss, chunk: 9 });
    const truth = await diagonal(smallProblem({ loss }));
    const random = generator(8);
    const [count, rows] = [300, allRows(24)];
    const all: ArrayLike<number>[] = [];
    for (let k = 0; k < count; k++) {
      all.push((await sampledSquares(problem.objective, problem.start, rows, random))!);
    }
    truth.forEach((value, i) => {
      const mean = all.reduce((sum, v) => sum + v[i]!, 0) / count;
      const error = Math.sqrt(all.reduce((sum, v) => sum + (v[i]! - mean) ** 2, 0) / (count - 1) / count);
      expect(Math.abs(mean - value)).toBeLessThan(5 * error + 1e-12);
      expect(error).toBeLessThan(0.05 * value + 1e-12);
    });
  });

  it('are undefined where the outputs are not finite', async () => {
    const problem = smallProblem({ poison: Number.NaN });
    expect(await sampledSquares(problem.objective, problem.start, [0, 1], generator(1))).toBeUndefined();
  });
});

describe('diagonal GGN', () => {
  it('makes the preconditioned step with both averages corrected, the curvature every second update', async () => {
    const problem = smallProblem({ weightDecay: 0.01 });
    const { objective } = problem;
    const rates = { learningRate: 0.2, weightDecay: 0.1, damping: 0.05, interval: 2 };
    const optimizer = diagonalGgn({ ...rates, betas: [0.8, 0.7] });
    let state = optimizer.init(problem.objective, problem.start);
    let theta = problem.start;
    const [m, h] = [theta.map(() => 0), theta.map(() => 0)];
    for (let t = 1; t <= 5; t++) {
      const random = generator(t);
      if (t % 2 === 1) {
        const estimate = (await sampledSquares(objective, theta, allRows(24), random))!;
        h.forEach((v, i) => {
          h[i] = 0.7 * v + 0.3 * estimate[i]!;
        });
      }
      const estimates = Math.ceil(t / 2);
      const { gradient } = await objective.valueAndGradient(theta, allRows(24));
      theta = theta.map((p, i) => {
        m[i] = 0.8 * m[i]! + 0.2 * gradient[i]!;
        const curvature = h[i]! / (1 - 0.7 ** estimates) + 0.01 + 0.05;
        return p - 0.2 * (m[i]! / (1 - 0.8 ** t) / curvature + 0.1 * p);
      });
      ({ state } = await optimizer.step(state, { objective, generator: generator(t) }));
      expect(relativeError(state.parameters, theta)).toBeLessThan(1e-12);
    }
  });

  it('on mini-batches lowers the loss of all rows to a third', async () => {
    const { objective, start } = smallProblem({ rows: 240 });
    const optimizer = diagonalGgn({ batchSize: 40 });
    let state = optimizer.init(objective, start);
    const random = generator(2);
    for (let k = 0; k < 60; k++) ({ state } = await optimizer.step(state, { objective, generator: random }));
    const rows = allRows(240);
    expect(await objective.value(state.parameters, rows)).toBeLessThan((await objective.value(start, rows)) / 3);
  });

  it('rejects a step whose curvature is not finite', async () => {
    const { objective, start } = smallProblem();
    const run: Objective['run'] = async (name, ...rest) => {
      const results = await objective.run(name, ...rest);
      if (!name.startsWith('squares')) return results;
      return Object.fromEntries(
        Object.entries(results).map(([k, v]) => [k, { ...v, data: new Float64Array(v.data.length).fill(1e200) }]),
      );
    };
    const optimizer = diagonalGgn();
    const context = { objective: { ...objective, run }, generator: generator(0) };
    const { state, report } = await optimizer.step(optimizer.init(objective, start), context);
    expect([report.accepted, state.parameters]).toEqual([false, start]);
  });

  it('keeps two vectors beside the parameters', () => {
    const { objective, start } = smallProblem();
    expect(stateBytes(diagonalGgn().init(objective, start))).toBe(3 * start.byteLength);
  });

  it.each<[Partial<DiagonalGgnOptions>, RegExp]>([
    [{ damping: 0 }, /damping must be a number > 0/],
    [{ interval: 0 }, /interval must be an integer ≥ 1/],
    [{ betas: [1, 0.9] }, /beta1 must be a number from 0 to below 1/],
    [{ betas: [0.9, -1] }, /beta2 must be a number from 0 to below 1/],
  ])('refuses %o', (options, message) => {
    expect(() => diagonalGgn(options)).toThrow(InputError);
    expect(() => diagonalGgn(options)).toThrow(message);
  });
});
