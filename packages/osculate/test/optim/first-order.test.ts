import { describe, expect, it } from 'vitest';
import { adam, allRows, nesterov, type Optimizer, type OptimizerState } from '../../src/optim/index.js';
import { generator } from '../../src/tensor/index.js';
import { relativeError, smallProblem } from './support.js';

/** Plain restatements of the papers' recursions, on full batches. */
const recursions = {
  adam: (g: readonly number[][]) => {
    const [m, v] = [g[0]!.map(() => 0), g[0]!.map(() => 0)];
    return g.map((gradient, k) =>
      gradient.map((gi, i) => {
        m[i] = 0.9 * m[i]! + 0.1 * gi;
        v[i] = 0.999 * v[i]! + 0.001 * gi * gi;
        return (-0.01 * (m[i]! / (1 - 0.9 ** (k + 1)))) / (Math.sqrt(v[i]! / (1 - 0.999 ** (k + 1))) + 1e-8);
      }),
    );
  },
  nesterov: (g: readonly number[][]) => {
    const b = g[0]!.map(() => 0);
    return g.map((gradient) =>
      gradient.map((gi, i) => {
        b[i] = 0.8 * b[i]! + gi;
        return -0.05 * (gi + 0.8 * b[i]!);
      }),
    );
  },
};

const optimizers: Record<keyof typeof recursions, () => Optimizer> = {
  adam: () => adam({ learningRate: 0.01, batchSize: 1000 }) as Optimizer,
  nesterov: () => nesterov({ learningRate: 0.05, momentum: 0.8, batchSize: 1000 }) as Optimizer,
};

describe.each(Object.keys(optimizers) as (keyof typeof recursions)[])('%s', (name) => {
  it('makes the steps of its recursion', async () => {
    const { objective, start } = smallProblem();
    const optimizer = optimizers[name]();
    let state: OptimizerState = optimizer.init(start);
    const gradients: number[][] = [];
    const moves: number[][] = [];
    for (let k = 0; k < 6; k++) {
      const { gradient } = await objective.valueAndGradient(state.parameters, allRows(24));
      gradients.push(Array.from(gradient));
      const { state: next, report } = await optimizer.step(state, { objective, generator: generator(0) });
      expect(report.accepted).toBe(true);
      moves.push(Array.from(next.parameters, (p, i) => p - state.parameters[i]!));
      state = next;
    }
    const expected = recursions[name](gradients);
    moves.forEach((move, k) => {
      expect(relativeError(move, expected[k]!)).toBeLessThan(1e-10);
    });
  });

  it('leaves the state that it was given as it was', async () => {
    const { objective, start } = smallProblem();
    const optimizer = optimizers[name]();
    const { state } = await optimizer.step(optimizer.init(start), { objective, generator: generator(0) });
    const copy = structuredClone(state);
    await optimizer.step(state, { objective, generator: generator(0) });
    expect(state).toEqual(copy);
  });

  it('never steps on a gradient that is not finite', async () => {
    const { objective, start } = smallProblem({ poison: Number.NaN });
    const optimizer = optimizers[name]();
    const before = optimizer.init(start);
    const { state, report } = await optimizer.step(before, { objective, generator: generator(0) });
    expect(report.accepted).toBe(false);
    expect(state.parameters).toEqual(before.parameters);
  });
});
