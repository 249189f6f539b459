import { describe, expect, it } from 'vitest';
import { kroneckerBlocks } from '../../src/curvature/index.js';
import {
  dampedInverses,
  factorInputs,
  factorLayout,
  factorViews,
  precondition,
} from '../../src/curvature/kronecker/inverses.js';
import { dense, sequential, squaredError, tanh } from '../../src/nn/index.js';
import { fromCheckpoint, type KfacOptions, kfac, toCheckpoint, train } from '../../src/optim/index.js';
import { averagedIterate } from '../../src/optim/kronecker/move.js';
import { batchSizeAt, type KfacState } from '../../src/optim/kronecker/options.js';
import { innerProducts, stepSize } from '../../src/optim/kronecker/programs.js';
import { generator, InputError, input, type Tensor } from '../../src/tensor/index.js';
import { evaluate, makeCase } from '../curvature/support.js';
import { denseSolve, dot, type SmallOptions, smallProblem } from '../objective/support.js';

function make(options: Partial<KfacOptions> = {}, small: SmallOptions = {}) {
  const problem = smallProblem(small);
  return { ...problem, optimizer: kfac({ batchSize: 24, factorRows: 24, modelRows: 24, ...options }) };
}

describe('K-FAC', () => {
  it('is Newton on a linear layer: one step reaches the least-squares solution', async () => {
    const { objective, start, optimizer } = make(
      { damping: 1e-10, estimate: 'exact', dampingEvery: 0 },
      { linear: true },
    );
    const rows = [...Array(objective.rows).keys()];
    const { state, report } = await optimizer.step(optimizer.init(objective, start), {
      objective,
      generator: generator(1),
    });
    const { gradient } = await objective.valueAndGradient(start, rows);
    const after = await objective.valueAndGradient(state.parameters, rows);
    expect(report.accepted).toBe(true);
    expect(report.details.alpha).toBeCloseTo(1, 4);
    expect(Math.sqrt(dot(after.gradient, after.gradient) / dot(gradient, gradient))).toBeLessThan(1e-4);
  });

  it('preconditions by the inverse of the damped Kronecker product', async () => {
    const problem = makeCase(sequential([dense(2, 3), tanh(), dense(3, 1, { bias: false })]), {
      x: [4, 2],
      loss: squaredError(),
    });
    const blocks = kroneckerBlocks(problem);
    const layout = factorLayout(blocks);
    const random = generator(4);
    const factors = new Float64Array(layout.size);
    for (const { offset, order } of layout.slots) {
      const root = Array.from({ length: order * order }, () => random.normal());
      for (let i = 0; i < order * order; i++) {
        const [r, c] = [Math.floor(i / order), i % order];
        for (let k = 0; k < order; k++) factors[offset + i]! += root[r * order + k]! * root[c * order + k]!;
      }
    }
    const gamma = 0.3;
    const inverses = dampedInverses(layout, factors, gamma)!;
    const names = ['0.weight', '0.bias', '2.weight'];
    const shapes = [[3, 2], [3], [1, 3]];
    const gradient = Object.fromEntries(names.map((name, i) => [name, input(`g.${name}`, 'f64', shapes[i]!)]));
    const values = Object.fromEntries(
      names.map((name, i) => {
        const data = Float64Array.from({ length: shapes[i]!.reduce((a, b) => a * b) }, () => random.normal());
        return [`g.${name}`, { dtype: 'f64' as const, shape: shapes[i]!, data }];
      }),
    );
    const u = precondition(blocks, gradient, factorInputs(layout, 'inverse.', 'f64'));
    const tree = Object.fromEntries(names.map((name, i) => [`u${i}`, u[name] as Tensor]));
    const found = await evaluate(tree, { ...values, ...factorViews(layout, inverses, 'inverse.') });
    const [a, g] = layout.slots.map(({ offset, length }) => factors.subarray(offset, offset + length));
    const trace = (m: ArrayLike<number>, n: number) =>
      Array.from({ length: n }, (_, i) => m[i * n + i]!).reduce((x, y) => x + y);
    const pi = Math.sqrt(trace(a!, 3) / 3 / (trace(g!, 3) / 3));
    const matrix = new Float64Array(81);
    for (let p = 0; p < 9; p++) {
      for (let q = 0; q < 9; q++) {
        const [o, i, o2, i2] = [Math.floor(p / 3), p % 3, Math.floor(q / 3), q % 3];
        const left = g![o * 3 + o2]! + (o === o2 ? gamma / pi : 0);
        matrix[p * 9 + q] = left * (a![i * 3 + i2]! + (i === i2 ? gamma * pi : 0));
      }
    }
    const [w, b] = [values['g.0.weight']!.data, values['g.0.bias']!.data];
    const joined = [0, 1, 2].flatMap((o) => [w[2 * o]!, w[2 * o + 1]!, b[o]!]);
    const solution = denseSolve(matrix, joined);
    const [uw, ub] = [found.u0!.data, found.u1!.data];
    const mine = [0, 1, 2].flatMap((o) => [Number(uw[2 * o]), Number(uw[2 * o + 1]), Number(ub[o])]);
    mine.forEach((v, i) => void expect(v).toBeCloseTo(solution[i]!, 9));
  });

  it('inverts the diagonal blocks of a factor with a long side', () => {
    const slot = {
      name: 'output_0',
      block: 0,
      role: 'output',
      order: 5,
      parts: 1,
      width: 5,
      diagonal: false,
      offset: 0,
      length: 25,
    } as const;
    const layout = { slots: [slot], size: 25 };
    const full = Float64Array.from({ length: 25 }, (_, k) => (k % 6 === 0 ? 6 : 1 / (1 + k + 5 * (k % 5))));
    for (let i = 0; i < 5; i++) for (let j = 0; j < i; j++) full[i * 5 + j] = full[j * 5 + i]!;
    // Sides of at most 2 of 5 are three blocks, of 2, 2 and 1.
    const apart = full.map((v, k) => (Math.floor(k / 5 / 2) === Math.floor((k % 5) / 2) ? v : 0));
    const found = dampedInverses(layout, full, 0.5, 2)!;
    const expected = dampedInverses(layout, apart, 0.5)!;
    found.forEach((v, k) => void expect(v).toBeCloseTo(expected[k]!, 12));
    expect(dampedInverses(layout, full, 0.5, 5)).toEqual(dampedInverses(layout, full, 0.5));
  });

  it('gives up on factors that are not positive definite', () => {
    const problem = makeCase(dense(2, 2), { x: [4, 2], loss: squaredError() });
    const layout = factorLayout(kroneckerBlocks(problem));
    expect(dampedInverses(layout, new Float64Array(layout.size).fill(Number.NaN), 1)).toBeNull();
    expect(dampedInverses(layout, new Float64Array(layout.size).fill(-5), 1)).toBeNull();
    const slot = {
      name: 'output_0',
      block: 0,
      role: 'output',
      order: 2,
      parts: 1,
      width: 1,
      diagonal: true,
      offset: 0,
      length: 2,
    } as const;
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, -1, -2]) {
      expect(dampedInverses({ slots: [slot], size: 2 }, Float64Array.of(1, bad), 1)).toBeNull();
    }
    expect(dampedInverses({ slots: [slot], size: 2 }, Float64Array.of(1, 3), 1)).toEqual(Float64Array.of(0.5, 0.25));
  });

  it('forgets averages that are not finite when it starts them again', async () => {
    const { objective, start, optimizer } = make({ damping: 1 });
    const fresh = optimizer.init(objective, start);
    const state = { ...fresh, factors: fresh.factors.map(() => Number.NaN) as typeof fresh.factors };
    const context = () => ({ objective, generator: generator(1) });
    const after = await optimizer.step(state, context());
    expect(after.report.accepted).toBe(true);
    expect(after.state.factors).toEqual((await optimizer.step(fresh, context())).state.factors);
  });

  it.each([
    [{ batchSize: 0 }, 'kfac: batchSize must be an integer ≥ 1, got 0'],
    [{ factorRows: 2.5 }, 'factorRows'],
    [{ modelRows: -1 }, 'modelRows'],
    [{ factorEvery: 0 }, 'factorEvery'],
    [{ inverseEvery: Number.NaN }, 'inverseEvery'],
    [{ dampingEvery: -5 }, 'dampingEvery must be an integer ≥ 0, got -5'],
    [{ damping: 0 }, 'damping must be a number > 0, got 0'],
    [{ decay: 2 }, 'decay'],
  ])('says what is wrong with %o', (options, message) => {
    expect(() => make(options)).toThrow(InputError);
    expect(() => make(options)).toThrow(message);
  });

  it('chooses step and momentum by the quadratic model', () => {
    const [f, gradient, u, previous] = [
      [3, 1, 2],
      Float64Array.of(1, -2),
      Float64Array.of(0.5, 1),
      Float64Array.of(-1, 0.3),
    ];
    const quadratic = (x: number, y: number) =>
      0.5 * (f[0]! * x * x + 2 * f[1]! * x * y + f[2]! * y * y) + 0.05 * (x * x + y * y);
    const product = (a: Float64Array, b: Float64Array) =>
      f[0]! * a[0]! * b[0]! + f[1]! * (a[0]! * b[1]! + a[1]! * b[0]!) + f[2]! * a[1]! * b[1]!;
    const pieces = [0, 1].map((offset) => ({ offset, data: u.subarray(offset, offset + 1) }));
    const minus = u.map((v) => -v);
    const curvature = [product(u, u), product(u, previous), product(previous, previous)] as const;
    const found = stepSize(curvature, innerProducts(gradient, pieces, previous), 0.1)!;
    const model = (alpha: number, mu: number) => {
      const d = [0, 1].map((i) => alpha * minus[i]! + mu * previous[i]!) as [number, number];
      return quadratic(...d) + gradient[0]! * d[0] + gradient[1]! * d[1];
    };
    const { alpha, mu, change } = found;
    expect(model(alpha, mu)).toBeCloseTo(change, 12);
    for (const [da, dm] of [
      [1e-3, 0],
      [-1e-3, 0],
      [0, 1e-3],
      [0, -1e-3],
    ] as const) {
      expect(model(alpha + da, mu + dm)).toBeGreaterThan(change);
    }
    const alone = stepSize([curvature[0], 0, 0], innerProducts(gradient, pieces, new Float64Array(2)), 0.1)!;
    expect(alone.mu).toBe(0);
    expect(model(alone.alpha, 0)).toBeCloseTo(alone.change, 12);
    expect(stepSize([Number.NaN, 0, 0], innerProducts(gradient, pieces, previous), 0.1)).toBeNull();
  });

  it('trains: the loss falls by far, λ follows the reduction ratio, states are not changed', async () => {
    const { objective, start, optimizer } = make({ damping: 1, inverseEvery: 5 }, { weightDecay: 1e-4 });
    const random = generator(2);
    let state = optimizer.init(objective, start);
    const losses: number[] = [];
    for (let i = 0; i < 40; i++) {
      const before = structuredClone(state);
      const { state: next, report } = await optimizer.step(state, { objective, generator: random });
      expect(state).toEqual(before);
      const { rho } = report.details;
      const factor = rho === undefined || (rho >= 0.25 && rho <= 0.75) ? 1 : rho > 0.75 ? 0.95 ** 5 : 0.95 ** -5;
      expect(next.damping).toBeCloseTo(Math.max(before.damping * factor, 1e-8), 12);
      expect(rho !== undefined).toBe((i + 1) % 5 === 0);
      losses.push(report.loss);
      state = next;
    }
    expect(losses.at(-1)!).toBeLessThan(0.1 * losses[0]!);
  });

  it('rejects what is not finite, takes the last step back and raises λ', async () => {
    const good = make({ damping: 1 });
    const context = { objective: good.objective, generator: generator(1) };
    const { state } = await good.optimizer.step(good.optimizer.init(good.objective, good.start), context);
    const bad = make({ damping: 1 }, { poison: Number.NaN });
    const refused = await bad.optimizer.step(state, { objective: bad.objective, generator: generator(1) });
    expect(refused.report.accepted).toBe(false);
    refused.state.parameters.forEach((v, i) => void expect(v).toBeCloseTo(good.start[i]!, 12));
    expect(refused.state.damping).toBeCloseTo(4 * state.damping, 12);
    const again = await bad.optimizer.step(refused.state, { objective: bad.objective, generator: generator(1) });
    expect(again.report.accepted).toBe(false);
    expect(again.state.parameters).toEqual(refused.state.parameters);
  });

  it('goes on from a checkpoint as if it had not been interrupted', async () => {
    const { objective, start, optimizer } = make({ damping: 1, batchSize: 12, factorRows: 6, modelRows: 8 });
    const run = async (options: object, steps: number) => {
      const stream = train<KfacState>({ objective, optimizer, parameters: start, seed: 3, steps, ...options });
      for (;;) {
        const { done, value } = await stream.next();
        if (done) return value.snapshot;
      }
    };
    const whole = await run({}, 8);
    const half = await run({}, 4);
    const resume = fromCheckpoint(toCheckpoint(half), optimizer.init(objective, start));
    expect((await run({ resume }, 8)).state).toEqual(whole.state);
  });

  describe('γ', () => {
    const options = { damping: 1, dampingEvery: 0, inverseEvery: 4, factorEvery: 4, estimate: 'exact' } as const;

    it('starts at √(λ + weight decay) and is the best of three by the quadratic model', async () => {
      const { objective, start, optimizer } = make({ ...options, gammaEvery: 4 }, { linear: true });
      let state = optimizer.init(objective, start);
      const context = () => ({ objective, generator: generator(2) });
      for (let k = 0; k < 4; k++) ({ state } = await optimizer.step(state, context()));
      expect(state.gamma).toBe(1);
      const chosen = await optimizer.step(state, context());
      // On a linear layer with squared errors and all rows the model is the loss itself.
      const rows = [...Array(objective.rows).keys()];
      const fixed = make({ ...options, gammaEvery: 400 }, { linear: true });
      const omega = Math.sqrt(0.95) ** 4;
      const tried = await Promise.all(
        [omega, 1, 1 / omega].map(async (gamma) => {
          const { state: s } = await fixed.optimizer.step(
            { ...state, gamma },
            { ...context(), objective: fixed.objective },
          );
          const step = s.parameters.map((v, i) => v - state.parameters[i]!);
          return {
            gamma,
            s,
            model: (await objective.value(s.parameters, rows)) + 0.5 * state.damping * dot(step, step),
          };
        }),
      );
      expect(new Set(tried.map(({ model }) => model)).size).toBe(3);
      const best = tried.reduce((a, b) => (b.model < a.model ? b : a));
      expect(chosen.state.gamma).toBeCloseTo(best.gamma, 12);
      chosen.state.parameters.forEach((v, i) => void expect(v).toBeCloseTo(best.s.parameters[i]!, 12));
    });

    it('moves away from where it started, only in the steps that adapt it', async () => {
      const { objective, start, optimizer } = make({ ...options, gammaEvery: 4 });
      let state = optimizer.init(objective, start);
      const random = generator(2);
      const gammas: number[] = [];
      for (let k = 0; k < 17; k++) {
        ({ state } = await optimizer.step(state, { objective, generator: random }));
        gammas.push(state.gamma);
      }
      gammas.forEach((gamma, k) => {
        const ratio = Math.log(gamma / (gammas[k - 1] ?? 1)) / Math.log(Math.sqrt(0.95) ** 4);
        expect([-1, 0, 1]).toContain(Math.round(ratio * 1e9) / 1e9 + 0);
        if (k === 0 || k % 4 !== 0) expect(ratio).toBeCloseTo(0, 12);
      });
      expect(gammas.at(-1)).not.toBe(1);
    });

    it('can only be adapted where inverses are renewed', () => {
      expect(() => make({ inverseEvery: 20, gammaEvery: 30 })).toThrow(InputError);
      expect(() => make({ inverseEvery: 20, gammaEvery: 30 })).toThrow('a multiple of inverseEvery (20)');
    });
  });

  it('averages its iterates: their mean at first, then with the share that was asked for', async () => {
    const { objective, start, optimizer } = make({ damping: 1, average: 0.6 });
    const random = generator(2);
    let state = optimizer.init(objective, start);
    const iterates: ArrayLike<number>[] = [];
    for (let k = 1; k <= 5; k++) {
      ({ state } = await optimizer.step(state, { objective, generator: random }));
      iterates.push(state.parameters);
      // ξ = 0, 1/2, 0.6, 0.6, 0.6.
      const weights = [[1], [0.5, 0.5], [0.3, 0.3, 0.4], [0.18, 0.18, 0.24, 0.4], [0.108, 0.108, 0.144, 0.24, 0.4]][
        k - 1
      ]!;
      state.average!.forEach((v, i) => {
        expect(v).toBeCloseTo(
          dot(
            weights,
            iterates.map((x) => x[i]!),
          ),
          12,
        );
      });
    }
    expect(averagedIterate(Float64Array.of(1), Float64Array.of(2), 1000, 0.99)[0]).toBeCloseTo(1.01, 12);
    expect(make().optimizer.init(objective, start).average).toBeUndefined();
    expect(() => make({ average: 1 })).toThrow(InputError);
  });

  it('grows its batch to the whole data', async () => {
    expect([1, 2, 100, 250, 499, 500, 900].map((k) => batchSizeAt(k, 1000, 60000, 500))).toEqual([
      1000, 1000, 2000, 7000, 59000, 60000, 60000,
    ]);
    expect(batchSizeAt(300, 1000, 60000, 0)).toBe(1000);
    const { objective, start, optimizer } = make({
      damping: 1,
      batchSize: 6,
      factorRows: 6,
      modelRows: 6,
      wholeDataAt: 5,
    });
    const sizes: number[] = [];
    const spy = Object.create(objective) as typeof objective;
    spy.valueAndGradient = (theta, rows) => {
      sizes.push(rows.length);
      return objective.valueAndGradient(theta, rows);
    };
    const random = generator(2);
    let state = optimizer.init(objective, start);
    for (let k = 0; k < 6; k++) ({ state } = await optimizer.step(state, { objective: spy, generator: random }));
    // 6·4^((k − 1)/4), down to a multiple of 6.
    // The last step has asked for the gradient of the next one, which is also of the whole data.
    expect(sizes).toEqual([6, 6, 12, 12, 24, 24, 24]);
    expect(() => make({ wholeDataAt: 1 })).toThrow(InputError);
  });
});
