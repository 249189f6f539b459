import { describe, expect, it } from 'vitest';
import { ekfac, kfac, type Optimizer } from '../../src/optim/index.js';
import type { KfacState } from '../../src/optim/kronecker/options.js';
import { generator } from '../../src/tensor/index.js';
import { denseSolve, dot, relativeError, smallProblem } from '../objective/support.js';

const ROWS = 24;
const all = Uint32Array.from({ length: ROWS }, (_, i) => i);
const methods = { kfac, ekfac } as const;
const names = Object.keys(methods) as (keyof typeof methods)[];

describe.each(names)('the factors of %s', (name) => {
  it.each([
    [0.95, 1],
    [0.5, 1],
    [0.9, 2],
    [0, 1],
  ])(
    'are averaged with the share min(1 − 1/k, decay^factorEvery) of the old: %d, every %d',
    async (decay, factorEvery) => {
      const { objective, start } = smallProblem();
      const rows = { batchSize: 12, factorRows: 12, modelRows: 12, estimate: 'exact' } as const;
      const optimizer: Optimizer<KfacState> = methods[name]({ ...rows, damping: 1, decay, factorEvery });
      // What this batch measures: the average of nothing else.
      const alone: Optimizer<KfacState> = methods[name]({ ...rows, damping: 1, decay: 0 });
      let state = optimizer.init(objective, start);
      let expected = Array.from(state.factors);
      let updates = 0;
      for (let k = 0; k < 7; k++) {
        if (updates < 3 || k % factorEvery === 0) {
          const fresh = { ...alone.init(objective, start), ...state, averaged: 0 };
          const measured = await alone.step(fresh, { objective, generator: generator(k) });
          const keep = Math.min(1 - 1 / ++updates, decay ** factorEvery);
          expected = expected.map((v, i) => keep * v + (1 - keep) * measured.state.factors[i]!);
        }
        ({ state } = await optimizer.step(state, { objective, generator: generator(k) }));
        expect(relativeError(state.factors, expected)).toBeLessThan(1e-12);
      }
    },
  );
});

describe.each(names)('the length of a step of %s', (name) => {
  it.each([
    [0, 1e-3],
    [0.3, 1e-3],
    [3, 0.1],
  ])(
    'minimises the quadratic model, with the weight decay %d and λ = %d, over the span of both vectors',
    async (weightDecay, damping) => {
      // A linear layer with squared errors: the objective is its own quadratic model.
      const { objective, start } = smallProblem({ linear: true, weightDecay });
      const optimizer: Optimizer<KfacState> = methods[name]({
        ...{ batchSize: ROWS, factorRows: ROWS, modelRows: ROWS, estimate: 'exact' },
        ...{ damping, dampingEvery: 0 },
      });
      const at = async (theta: typeof start) => (await objective.valueAndGradient(theta, all)).gradient;
      const zero = await at(start.map(() => 0) as typeof start);
      // Column by column: the gradient is H·θ + ∇f(0).
      const hessian = await Promise.all(
        Array.from(start, async (_, j) => {
          const g = await at(start.map((__, i) => (i === j ? 1 : 0)) as typeof start);
          return Array.from(g, (v, i) => v - zero[i]!);
        }),
      );
      const times = (v: ArrayLike<number>) => hessian.map((row, i) => dot(row, v) + damping * v[i]!);
      let state = optimizer.init(objective, start);
      for (let k = 0; k < 3; k++) {
        const before = state;
        const gradient = await at(before.parameters);
        const context = { objective, generator: generator(k) };
        const { state: next, report } = await optimizer.step(before, context);
        const { alpha, mu } = report.details;
        const step = next.parameters.map((v, i) => v - before.parameters[i]!);
        const direction = Array.from(step, (v, i) => (mu! * before.previous[i]! - v) / alpha!);
        const vectors = k === 0 ? [direction] : [direction, Array.from(before.previous)];
        const system = vectors.flatMap((a) => vectors.map((b) => dot(a, times(b))));
        const [a, b = 0] = denseSolve(
          system,
          vectors.map((v) => -dot(gradient, v)),
        );
        expect(alpha).toBeCloseTo(-a!, 7);
        expect(mu).toBeCloseTo(b, 7);
        expect(next.promised).toBeCloseTo(0.5 * dot(step, times(step)) + dot(gradient, step), 9);
        state = next;
      }
    },
  );
});
