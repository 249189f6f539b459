import { describe, expect, it } from 'vitest';
import { allRows } from '../../src/objective/index.js';
import { lion, type Optimizer, scheduleFreeAdamW, stateBytes } from '../../src/optim/index.js';
import { generator } from '../../src/tensor/index.js';
import { relativeError, smallProblem } from '../objective/support.js';
import { firstOrderMethods } from './methods.js';

const names = Object.keys(firstOrderMethods);
const make = (name: string, options = {}) => firstOrderMethods[name]!.make({ batchSize: 1000, ...options });

async function steps(optimizer: Optimizer, count: number, problem = smallProblem()) {
  let state = optimizer.init(problem.objective, problem.start);
  const path = [state];
  for (let k = 0; k < count; k++) {
    ({ state } = await optimizer.step(state, { objective: problem.objective, generator: generator(k) }));
    path.push(state);
  }
  return { path, state };
}

describe.each(names)('%s', (name) => {
  it('lowers the loss of a small net to a third in 60 steps', async () => {
    const { objective, start } = smallProblem();
    const { state } = await steps(make(name, { learningRate: firstOrderMethods[name]!.rate }), 60);
    const loss = await objective.value(state.parameters, allRows(24));
    expect(loss).toBeLessThan((await objective.value(start, allRows(24))) / 3);
  });

  it('takes the memory that its description says', () => {
    const { objective, start } = smallProblem();
    const state = make(name).init(objective, start);
    expect(stateBytes({ ...state, parameters: start.slice() })).toBe(
      (1 + firstOrderMethods[name]!.vectors) * 8 * start.length,
    );
  });

  it('leaves the state that it was given as it was', async () => {
    const { objective, start } = smallProblem();
    const optimizer = make(name, { average: 0.9 });
    const { state } = await optimizer.step(optimizer.init(objective, start), { objective, generator: generator(0) });
    const copy = structuredClone(state);
    await optimizer.step(state, { objective, generator: generator(0) });
    expect(state).toEqual(copy);
  });

  it('never steps on a gradient that is not finite, and forgets that step', async () => {
    const bad = smallProblem({ poison: Number.NaN }).objective;
    const { objective, start } = smallProblem();
    const optimizer = make(name);
    const before = optimizer.init(objective, start);
    const { state, report } = await optimizer.step(before, { objective: bad, generator: generator(0) });
    expect(report.accepted).toBe(false);
    expect(state).toEqual({ ...before, step: 1 });
    const after = await optimizer.step(state, { objective, generator: generator(0) });
    const straight = await optimizer.step(before, { objective, generator: generator(0) });
    expect(after.state.parameters).toEqual(straight.state.parameters);
  });

  it('rejects a step to parameters that are not finite', async () => {
    const { objective, start } = smallProblem();
    const optimizer = make(name, { learningRate: Number.MAX_VALUE, weightDecay: 100 });
    const { state, report } = await optimizer.step(optimizer.init(objective, start), {
      objective,
      generator: generator(0),
    });
    expect(report.accepted).toBe(false);
    expect(state.parameters).toEqual(start);
  });

  it('moves by its weight decay alone when the gradient is zero', async () => {
    const { objective, start } = smallProblem();
    const flat = { ...objective, valueAndGradient: async () => ({ value: 1, gradient: objective.layout.zeros() }) };
    const optimizer = make(name, { learningRate: 0.1, weightDecay: 0.5 });
    const { state } = await optimizer.step(optimizer.init(objective, start), {
      objective: flat,
      generator: generator(0),
    });
    start.forEach((p, i) => {
      expect(Math.sign(state.parameters[i]! - p)).toBe(-Math.sign(p) + 0);
    });
    const decoupled = ['adamW', 'lion', 'scheduleFreeAdamW', 'sgd'].includes(name);
    if (decoupled)
      expect(
        relativeError(
          state.parameters,
          start.map((p) => 0.95 * p),
        ),
      ).toBeLessThan(1e-14);
  });
});

/** Plain restatements, element by element, on given gradients taken at given points. */
describe('recursions without a counterpart in PyTorch 1', () => {
  it('lion', async () => {
    const problem = smallProblem();
    const optimizer = lion({ learningRate: 0.01, betas: [0.7, 0.9], weightDecay: 0.3, batchSize: 1000 });
    const { path } = await steps(optimizer, 6, problem);
    let theta = Array.from(problem.start);
    let m = theta.map(() => 0);
    for (const { parameters } of path.slice(1)) {
      const { gradient } = await problem.objective.valueAndGradient(Float64Array.from(theta), allRows(24));
      const g = Array.from(gradient);
      theta = theta.map((p, i) => p - 0.01 * (Math.sign(0.7 * m[i]! + 0.3 * g[i]!) + 0.3 * p));
      m = m.map((v, i) => 0.9 * v + 0.1 * g[i]!);
      expect(relativeError(parameters, theta)).toBeLessThan(1e-13);
    }
  });

  it('schedule-free AdamW, whose average is weighted by the squared learning rate', async () => {
    const problem = smallProblem();
    const factors = [0.25, 0.5, 1, 0.5, 1, 1];
    const schedule = { name: 'list', factor: (step: number) => factors[step - 1]! };
    const options = { learningRate: 0.02, betas: [0.8, 0.9] as const, weightDecay: 0.1, schedule, batchSize: 1000 };
    const { path } = await steps(scheduleFreeAdamW(options), 6, problem);
    const zs = [Array.from(problem.start)];
    let x = zs[0]!;
    let v = x.map(() => 0);
    for (const [k, factor] of factors.entries()) {
      const z = zs.at(-1)!;
      const y = z.map((zi, i) => 0.2 * zi + 0.8 * x[i]!);
      const { gradient } = await problem.objective.valueAndGradient(Float64Array.from(y), allRows(24));
      v = v.map((vi, i) => 0.9 * vi + 0.1 * gradient[i]! ** 2);
      const rate = 0.02 * factor;
      zs.push(
        z.map((zi, i) => zi - rate * (gradient[i]! / (Math.sqrt(v[i]! / (1 - 0.9 ** (k + 1))) + 1e-8) + 0.1 * y[i]!)),
      );
      const weights = factors.slice(0, k + 1).map((f) => f * f);
      const total = weights.reduce((a, b) => a + b);
      x = x.map((_, i) => weights.reduce((sum, w, j) => sum + (w / total) * zs[j + 1]![i]!, 0));
      expect(relativeError(path[k + 1]!.parameters, x)).toBeLessThan(1e-13);
    }
  });
});
