import { describe, expect, it } from 'vitest';
import type { Objective } from '../../src/objective/index.js';
import { ekfac, kfac, type Optimizer } from '../../src/optim/index.js';
import { largestLoss, noLosses, withLoss } from '../../src/optim/kronecker/losses.js';
import type { KfacState } from '../../src/optim/kronecker/options.js';
import { kfacPrograms } from '../../src/optim/kronecker/programs.js';
import { generator } from '../../src/tensor/index.js';
import { dot, type SmallOptions, smallProblem } from '../objective/support.js';

const ROWS = 24;
const allRows = Uint32Array.from({ length: ROWS }, (_, i) => i);
const options = { batchSize: ROWS, factorRows: ROWS, modelRows: 8 };
const methods = { kfac, ekfac } as const;
const names = Object.keys(methods) as (keyof typeof methods)[];

const make = (name: keyof typeof methods, more: object): Optimizer<KfacState> => methods[name]({ ...options, ...more });

/** The problem with other data. */
function withData(small: SmallOptions, change: (x: number[], y: number[], row: number) => [number[], number[]]) {
  const problem = smallProblem(small);
  const [x, y] = [problem.x.data as Float64Array, problem.y.data as Float64Array];
  for (let row = 0; row < ROWS; row++) {
    const [inputs, targets] = change([...x.slice(3 * row, 3 * row + 3)], [...y.slice(2 * row, 2 * row + 2)], row);
    x.set(inputs, 3 * row);
    y.set(targets, 2 * row);
  }
  return problem;
}

/** How many rows each run of the program of the direction took. */
function watched(objective: Objective): { objective: Objective; sizes: number[] } {
  const sizes: number[] = [];
  const spy = Object.create(objective) as Objective;
  spy.run = (name, build, theta, rows, feeds) => {
    if (name.endsWith('direction')) sizes.push(rows.length);
    return objective.run(name, build, theta, rows, feeds);
  };
  return { objective: spy, sizes };
}

describe.each(names)('rows of the quadratic model of %s', (name) => {
  it('are the whole batch where a sample shows neither its slope nor its curvature', async () => {
    // The first eight rows say nothing of the weights, and are fitted by the biases: what is to be learnt is in the others.
    const problem = withData({ linear: true }, (x, y, row) =>
      row < 8
        ? [
            [0, 0, 0],
            [0, 0],
          ]
        : [x, y],
    );
    const { objective, sizes } = watched(problem.objective);
    const optimizer = make(name, { damping: 1e-10, estimate: 'exact', dampingEvery: 0 });
    const { state, report } = await optimizer.step(optimizer.init(problem.objective, problem.start), {
      objective,
      generator: generator(1),
    });
    expect(sizes).toEqual([8, ROWS]);
    // On a linear layer with squared errors the step of the whole batch is Newton's.
    expect(report.details.alpha).toBeCloseTo(1, 4);
    const before = await objective.valueAndGradient(problem.start, allRows);
    const after = await objective.valueAndGradient(state.parameters, allRows);
    expect(dot(after.gradient, after.gradient)).toBeLessThan(1e-8 * dot(before.gradient, before.gradient));
  });

  it.each([0, 0.1])('are the sample where it stands for the batch, with a weight decay of %d', async (weightDecay) => {
    // Three times the same eight rows.
    const first: [number[], number[]][] = [];
    const problem = withData({ weightDecay }, (x, y, row) => {
      first.push([x, y]);
      return first[row % 8]!;
    });
    const { objective, sizes } = watched(problem.objective);
    const optimizer = make(name, { damping: 0.1, estimate: 'exact' });
    let state = optimizer.init(problem.objective, problem.start);
    for (let k = 0; k < 6; k++) ({ state } = await optimizer.step(state, { objective, generator: generator(1) }));
    expect(sizes).toEqual([8, 8, 8, 8, 8, 8]);
  });
});

describe.each([0, 0.3])('what the program of the direction measures, with a weight decay of %d', (weightDecay) => {
  it.each([ROWS, 7])(
    'are the slopes along both vectors and their products with the Gauss-Newton matrix, %d rows at a time',
    async (chunk) => {
      const problem = smallProblem({ weightDecay, chunk, linear: true });
      const { objective, start } = problem;
      const random = generator(8);
      const [gradient, previous] = [start.map(() => random.normal()), start.map(() => random.normal())];
      const programs = kfacPrograms(objective, 'K-FAC', { estimate: 'exact', sharing: 'expand' }, ROWS);
      const at = { theta: start, rows: allRows };
      const found = await programs.direction(at, { gradient, previous, feeds: {} }, (_, g) => g);
      const { gradient: exact } = await objective.valueAndGradient(start, allRows);
      expect(found.slopes[0]).toBeCloseTo(dot(exact, gradient), 10);
      expect(found.slopes[1]).toBeCloseTo(dot(exact, previous), 10);
      // The objective is quadratic: its gradient changes by (G + weight decay)·v along v.
      const product = async (v: ArrayLike<number>): Promise<number[]> => {
        const moved = start.map((t, i) => t + v[i]!);
        const there = await objective.valueAndGradient(moved, allRows);
        return Array.from(v, (x, i) => there.gradient[i]! - exact[i]! - weightDecay * x);
      };
      const [gu, gs] = [await product(gradient), await product(previous)];
      [dot(gradient, gu), dot(gradient, gs), dot(previous, gs)].forEach((v, i) => {
        expect(found.curvature[i]).toBeCloseTo(v, 9);
      });
      const joined = found.direction.flatMap(({ data }) => [...data]);
      expect(joined).toEqual([...gradient]);
    },
  );
});

describe.each(names)('a step of %s that did harm', (name) => {
  const setting = { damping: 1, modelRows: ROWS };

  /** After three good steps, one of this length more in the last direction that promised as much. */
  async function moved(scale: number, promised: number) {
    const problem = smallProblem();
    const optimizer = make(name, setting);
    const context = { objective: problem.objective, generator: generator(1) };
    let state = optimizer.init(problem.objective, problem.start);
    for (let k = 0; k < 3; k++) ({ state } = await optimizer.step(state, context));
    const previous = state.previous.map((v) => scale * v) as typeof state.previous;
    const parameters = state.parameters.map((v, i) => v + previous[i]!) as typeof state.parameters;
    return { good: state, bad: { ...state, parameters, previous, promised }, optimizer, context, problem };
  }

  it('is taken back, with λ raised and without momentum', async () => {
    const { good, bad, optimizer, context, problem } = await moved(50, -0.1);
    const rise =
      (await problem.objective.value(bad.parameters, allRows)) -
      (await problem.objective.value(good.parameters, allRows));
    expect(rise).toBeGreaterThan(0.1);
    const { state, report } = await optimizer.step(bad, context);
    expect(report.accepted).toBe(false);
    state.parameters.forEach((v, i) => void expect(v).toBeCloseTo(good.parameters[i]!, 12));
    expect(state.damping).toBeCloseTo((20 / 19) * good.damping, 12);
    expect(state.previous.every((v) => v === 0)).toBe(true);
    expect(state.losses).toEqual(good.losses);
    const next = await optimizer.step(state, context);
    expect(next.report.accepted).toBe(true);
    expect(await problem.objective.value(next.state.parameters, allRows)).toBeLessThan(next.report.loss);
  });

  it('is let stand where the loss has risen by less than it was to fall', async () => {
    const { bad, optimizer, context } = await moved(50, -1e6);
    expect((await optimizer.step(bad, context)).report.accepted).toBe(true);
  });

  it('is not blamed for a mini-batch with a larger loss than those before', async () => {
    const { good, optimizer, context } = await moved(0, 0);
    expect(good.promised).toBeLessThan(0);
    const harder = { ...good, losses: good.losses.map(() => 0) };
    expect((await optimizer.step(harder, context)).report.accepted).toBe(true);
  });
});

describe('the last losses', () => {
  it('are ten, the oldest forgotten first', () => {
    let losses = noLosses();
    expect(largestLoss(losses)).toBe(Number.NEGATIVE_INFINITY);
    [9, ...Array(9).fill(1)].forEach((loss, step) => {
      losses = withLoss(losses, step, loss);
    });
    expect(largestLoss(losses)).toBe(9);
    expect(largestLoss(withLoss(losses, 10, 2))).toBe(2);
    expect(largestLoss(losses)).toBe(9);
  });
});
