import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jacobian as graphJacobian } from '../../src/autodiff/index.js';
import { type AnyLayer, dense, relu, sequential, sigmoid, squaredError, tanh } from '../../src/nn/index.js';
import {
  allRows,
  type Batch,
  functionObjective,
  type Objective,
  supervisedObjective,
  type Vector,
} from '../../src/objective/index.js';
import { residualJacobian } from '../../src/objective/residuals.js';
import { batchNorm } from '../../src/ops/normalization.js';
import { levenbergMarquardt, minimize } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, leaves, ShapeError, type Tensor } from '../../src/tensor/index.js';
import { type NDArray, ndarray } from '../../src/tensor/ndarray.js';
import { dot, relativeError, smallProblem } from './support.js';

function normal(shape: readonly number[], seed: number): NDArray {
  const random = generator(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return ndarray(
    'f64',
    Float64Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

/** The objective, and the names of the programs that are run from here on. */
function watched(objective: Objective): { objective: Objective; names: string[] } {
  const names: string[] = [];
  const run: Objective['run'] = (name, ...rest) => {
    names.push(name);
    return objective.run(name, ...rest);
  };
  return { objective: { ...objective, run }, names };
}

/** J of all residuals by all parameters as one graph over all rows, without a weight decay. */
async function wholeJacobian(objective: Objective, at: Vector): Promise<Float64Array> {
  const build = (batch: Batch) => ({
    all: graphJacobian(
      batch.residuals!.reshape([batch.residuals!.size]),
      leaves<Tensor>(batch.weights).map(([, t]) => t),
    ),
  });
  const rows = Array.from({ length: objective.rows }, (_, i) => i);
  return (await objective.run('whole', build, at, rows)).all!.data as Float64Array;
}

describe('residualJacobian, row by row', () => {
  it.each(['elements', 'examples'] as const)('is the Jacobian of the whole batch: mean over %s', async (reduction) => {
    const problem = smallProblem({ loss: squaredError({ reduction }) });
    const { objective, names } = watched(problem.objective);
    const { jacobian } = await residualJacobian(objective, problem.start);
    expect(names).toContain('residual jacobian by rows');
    expect(names).not.toContain('residual jacobian');
    expect([jacobian.rows, jacobian.columns]).toEqual([48, problem.start.length]);
    expect(relativeError(jacobian.data, await wholeJacobian(objective, problem.start))).toBeLessThan(1e-14);
  });

  it.each(['elements', 'examples'] as const)(
    'residuals of the squared error over %s sum to the objective',
    async (reduction) => {
      const { objective, start } = smallProblem({ weightDecay: 0.3, chunk: 7, loss: squaredError({ reduction }) });
      const { value, gradient, residuals } = await residualJacobian(objective, start);
      const known = await objective.valueAndGradient(start, allRows(24));
      expect(value).toBeCloseTo(known.value, 12);
      expect(dot(residuals, residuals)).toBeCloseTo(known.value, 12);
      expect(relativeError(gradient, known.gradient)).toBeLessThan(1e-13);
    },
  );

  it('is what central differences of the residuals give, the weight decay included', async () => {
    const { objective, start } = smallProblem({ weightDecay: 0.3, chunk: 7 });
    const { jacobian } = await residualJacobian(objective, start);
    const n = start.length;
    for (let j = 0; j < n; j++) {
      const moved = (by: number) => start.map((v, i) => (i === j ? v + by : v)) as Float64Array;
      const ahead = (await residualJacobian(objective, moved(1e-5))).residuals;
      const behind = (await residualJacobian(objective, moved(-1e-5))).residuals;
      const difference = ahead.map((r, i) => (r - behind[i]!) / 2e-5);
      const column = difference.map((_, i) => jacobian.data[i * n + j]!);
      expect(relativeError(column, difference)).toBeLessThan(1e-8);
    }
  });

  it('property: equal to the whole for random networks, batches and points', async () => {
    const layers = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(tanh, relu, sigmoid)), {
      maxLength: 3,
    });
    const cases = fc.record({
      layers,
      inputs: fc.integer({ min: 1, max: 3 }),
      outputs: fc.integer({ min: 1, max: 3 }),
      rows: fc.integer({ min: 2, max: 6 }),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ layers: hidden, inputs, outputs, rows, seed }) => {
        const widths = [inputs, ...hidden.map(([width]) => width)];
        const layer = sequential([
          ...hidden.flatMap(([width, activation], i): AnyLayer[] => [dense(widths[i]!, width), activation()]),
          dense(widths.at(-1)!, outputs),
        ]);
        const random = generator(seed);
        const parameters = layer.init(random, 'f64');
        const given = supervisedObjective({
          executor: referenceExecutor(),
          model: layer.apply,
          loss: squaredError(),
          parameters,
          x: normal([rows, inputs], seed),
          y: normal([rows, outputs], seed + 1),
        });
        const { objective, names } = watched(given);
        const at = objective.layout.flat(parameters);
        const { jacobian } = await residualJacobian(objective, at);
        expect(names).not.toContain('residual jacobian');
        const whole = await wholeJacobian(objective, at);
        const size = Math.max(1e-300, ...whole.map(Math.abs));
        jacobian.data.forEach((value, i) => {
          expect(Math.abs(value - whole[i]!)).toBeLessThanOrEqual(1e-13 * size);
        });
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  it('a function of one row has its Jacobian as a whole', async () => {
    const plain = functionObjective((x) => x.mul(x), Float64Array.of(3, 4), { residuals: true });
    const { objective, names } = watched(plain);
    const { jacobian } = await residualJacobian(objective, Float64Array.of(3, 4));
    expect(names).toEqual(['residual jacobian']);
    expect(jacobian.data).toEqual(Float64Array.of(6, 0, 0, 8));
  });
});

type Weights = { readonly w: Tensor; readonly gate: Tensor };

/** An objective of models w, gate ↦ outputs [5, 2] of x [5, 3]. */
function ofModel(model: (weights: Weights, x: Tensor) => Tensor, gate: number) {
  const parameters = {
    w: normal([3, 2], 3),
    gate: ndarray('f64', [gate], []),
  };
  const [x, y] = [normal([5, 3], 1), normal([5, 2], 2)];
  const loss = squaredError();
  const given = supervisedObjective({
    executor: referenceExecutor(),
    model,
    loss,
    parameters,
    x,
    y,
  });
  const start = given.layout.flat(parameters);
  return { ...watched(given), start };
}

const mixing: Readonly<Record<string, (weights: Weights, x: Tensor) => Tensor>> = {
  'rows less their mean': ({ w, gate }, x) =>
    x
      .sub(x.mean([0], true))
      .matmul(w)
      .mul(gate),
  'batch normalisation': ({ w, gate }, x) => {
    const h = x.matmul(w);
    return batchNorm(h, { gain: gate.expand([2]), bias: gate.expand([2]), epsilon: 1e-5 }).output;
  },
  'rows in cumulative sums': ({ w, gate }, x) => x.matmul(w).cumsum(0).add(gate),
  'the number of rows as a number': ({ w, gate }, x) => x.matmul(w).mul(x.shape[0]!).add(gate),
  'attention over the rows': ({ w, gate }, x) => x.matmul(x.transpose()).softmax(1).matmul(x.matmul(w)).mul(gate),
};

describe('residualJacobian, models whose rows enter each other', () => {
  it.each(Object.entries(mixing))('%s: the Jacobian of the whole batch', async (_, model) => {
    const { objective, start, names } = ofModel(model, 0.7);
    const { jacobian, residuals } = await residualJacobian(objective, start);
    const whole = await wholeJacobian(objective, start);
    expect(relativeError(jacobian.data, whole)).toBeLessThan(1e-13);
    expect(residuals.length).toBe(10);
    expect(names).toContain('residual jacobian');
    // Tried once.
    names.length = 0;
    await residualJacobian(objective, start);
    expect(names).toEqual(['residual jacobian']);
  });

  it('a model that takes no single row', async () => {
    const model = ({ w, gate }: Weights, x: Tensor): Tensor => {
      if (x.shape[0] === 1) throw new ShapeError('at least two rows');
      return x.matmul(w).add(gate);
    };
    const { objective, start, names } = ofModel(model, 0.7);
    const { jacobian } = await residualJacobian(objective, start);
    expect(names).toContain('residual jacobian');
    expect(relativeError(jacobian.data, await wholeJacobian(objective, start))).toBeLessThan(1e-13);
  });

  it('a mixture that begins with a weight of zero and slope zero is seen as soon as it is there', async () => {
    const model = ({ w, gate }: Weights, x: Tensor): Tensor => {
      const h = x.matmul(w);
      return h.add(h.mean([0], true).mul(gate.mul(gate)));
    };
    const { objective, start, names } = ofModel(model, 0);
    const first = await residualJacobian(objective, start);
    expect(names).not.toContain('residual jacobian');
    expect(relativeError(first.jacobian.data, await wholeJacobian(objective, start))).toBeLessThan(1e-13);
    const later = start.map((v) => v + 0.5) as Float64Array;
    const second = await residualJacobian(objective, later);
    expect(names).toContain('residual jacobian');
    expect(relativeError(second.jacobian.data, await wholeJacobian(objective, later))).toBeLessThan(1e-13);
  });

  it('points where nothing is finite decide nothing', async () => {
    const { objective, start, names } = ofModel(({ w, gate }, x) => x.matmul(w).add(gate.log()), -1);
    const { residuals } = await residualJacobian(objective, start);
    expect(residuals.every(Number.isNaN)).toBe(true);
    names.length = 0;
    const finite = start.map((v) => Math.abs(v)) as Float64Array;
    const { jacobian } = await residualJacobian(objective, finite);
    expect(names).not.toContain('residual jacobian');
    expect(relativeError(jacobian.data, await wholeJacobian(objective, finite))).toBeLessThan(1e-13);
  });

  it('Levenberg-Marquardt comes to a minimum of such a model', async () => {
    const { objective, start } = ofModel(mixing['attention over the rows']!, 0.7);
    const { x, status } = await minimize(objective, start, { method: levenbergMarquardt(), tolerance: 1e-6 });
    const { gradient } = await objective.valueAndGradient(x, [0, 1, 2, 3, 4]);
    expect(status).toBe('converged');
    for (const g of gradient) expect(Math.abs(g)).toBeLessThan(1e-6);
  });
});
