import { describe, expect, it } from 'vitest';
import { inverseRoot } from '../../src/linalg/dense/inverse-root.js';
import { matrix, matrixFromRows } from '../../src/linalg/matrix.js';
import { adam, shampoo, stateBytes } from '../../src/optim/index.js';
import { shampooRoot, twoEigensolvers } from '../../src/optim/matrix/shampoo.js';
import { generator, InputError } from '../../src/tensor/index.js';
import { relativeError } from '../objective/support.js';
import { draws, follow, planted, type Shapes, times, transposed } from './planted.js';

/** A^(−1/p) by a coupled Newton iteration, which uses no eigenvalues. */
function newtonRoot(a: Float64Array, n: number, p: number, ridge: number): Float64Array {
  const result = inverseRoot(matrix(n, n, a), p, { ridge, method: 'newton' });
  if (result.status !== 'converged') throw new Error(result.status);
  return result.root.data;
}

const frobenius = (v: ArrayLike<number>) => Math.sqrt(Array.from(v).reduce((s, x) => s + x * x, 0));

describe('the inverse root', () => {
  it('of a known matrix', () => {
    const a = matrixFromRows([
      [1195, -944, -224],
      [-944, 746, 177],
      [-224, 177, 42],
    ]);
    const root = shampooRoot(a, 2, 0)!;
    [1, 1, 1, 1, 2, -3, 1, -3, 18].forEach((v, i) => {
      expect(root.data[i]).toBeCloseTo(v, 6);
    });
  });

  it('shifts eigenvalues that rounding made negative to ε', () => {
    expect(shampooRoot(matrix(2, 2, Float64Array.of(16, 0, 0, -1e-9)), 4, 1e-4)!.data[3]).toBeCloseTo(10, 10);
  });

  it('is undefined where both eigensolvers fail', () => {
    const bad = matrix(1, 1, Float64Array.of(Number.NaN));
    expect([twoEigensolvers(bad), shampooRoot(bad, 2, 1)]).toEqual([undefined, undefined]);
  });
});

describe('shampoo', () => {
  const shapes = { w: [3, 2] };

  it.each([
    ['sums', 1],
    ['moving averages', 0.9],
  ])('steps by L^(−1/4)·m̂·R^(−1/4) with factors that are %s', async (_, keep) => {
    const gradients = draws(5, 6, 1);
    const start = draws(1, 6, 2)[0]!;
    const options = { betas: [0.8, keep] as const, epsilon: 1e-3, interval: 1, grafting: 'none' as const };
    const states = await follow(shampoo({ ...options, weightDecay: 0.3, learningRate: 0.1 }), shapes, gradients, start);
    let [l, r, m, theta] = [new Float64Array(9), new Float64Array(4), new Float64Array(6), start];
    gradients.forEach((g, k) => {
      const gt = transposed(g, 3, 2);
      const share = keep === 1 ? 1 : 1 - keep;
      l = times(g, gt, 3, 2, 3).map((v, i) => keep * l[i]! + share * v);
      r = times(gt, g, 2, 3, 2).map((v, i) => keep * r[i]! + share * v);
      m = m.map((v, i) => 0.8 * v + 0.2 * g[i]!);
      const unbiased = (v: Float64Array) => (keep === 1 ? v : v.map((x) => x / (1 - keep ** (k + 1))));
      const half = times(newtonRoot(unbiased(l), 3, 4, 1e-3), m, 3, 3, 2);
      const step = times(half, newtonRoot(unbiased(r), 2, 4, 1e-3), 3, 2, 2);
      theta = theta.map((p, i) => 0.97 * p - (0.1 * step[i]!) / (1 - 0.8 ** (k + 1)));
      expect(relativeError(states[k + 1]!.parameters, theta)).toBeLessThan(1e-9);
    });
  });

  it('gives vectors one factor with the exponent 1/2', async () => {
    const gradients = draws(4, 3, 1);
    const options = { betas: [0, 1] as const, epsilon: 1e-1, interval: 1 };
    const states = await follow(shampoo({ ...options, grafting: 'none', learningRate: 1 }), { b: [3] }, gradients);
    const sum = new Float64Array(9);
    for (const g of gradients)
      times(g, g, 3, 1, 3).forEach((v, i) => {
        sum[i]! += v;
      });
    const step = times(newtonRoot(sum, 3, 2, 1e-1), gradients[3]!, 3, 3, 1);
    const move = states[4]!.parameters.map((p, i) => states[3]!.parameters[i]! - p);
    expect(relativeError(move, step)).toBeLessThan(1e-9);
  });

  it('takes the direction from the factors and the length from AdaGrad, and AdaGrad’s step before the first roots', async () => {
    const gradients = draws(3, 6, 1);
    const options = { betas: [0, 1] as const, interval: 3, learningRate: 1 };
    const grafted = await follow(shampoo(options), shapes, gradients);
    const bare = await follow(shampoo({ ...options, grafting: 'none' }), shapes, gradients);
    const move = (states: typeof bare, k: number) =>
      states[k]!.parameters.map((p, i) => p - states[k - 1]!.parameters[i]!);
    const sum = new Float64Array(6);
    const adagrad = gradients.map((g) =>
      g.map((v, i) => {
        sum[i]! += v * v;
        return -v / Math.sqrt(sum[i]!);
      }),
    );
    expect(relativeError(move(grafted, 1), adagrad[0]!)).toBeLessThan(1e-9);
    expect(relativeError(move(grafted, 2), adagrad[1]!)).toBeLessThan(1e-9);
    const scale = frobenius(adagrad[2]!) / frobenius(move(bare, 3));
    expect(
      relativeError(
        move(grafted, 3),
        move(bare, 3).map((v) => scale * v),
      ),
    ).toBeLessThan(1e-9);
    const sgd = await follow(shampoo({ ...options, grafting: 'sgd' }), shapes, gradients);
    expect(frobenius(move(sgd, 3))).toBeCloseTo(frobenius(gradients[2]!), 9);
  });

  it('takes Adam’s step before the first roots by default, and its length after', async () => {
    const gradients = draws(4, 6, 1);
    const options = { learningRate: 0.1, betas: [0.9, 0.95] as const };
    const states = await follow(shampoo({ ...options, interval: 4 }), shapes, gradients);
    const reference = await follow(adam(options), shapes, gradients);
    const move = (of: readonly { parameters: ArrayLike<number> }[], k: number) =>
      Float64Array.from(of[k]!.parameters, (p, i) => p - of[k - 1]!.parameters[i]!);
    for (const k of [1, 2, 3]) expect(relativeError(move(states, k), move(reference, k))).toBeLessThan(1e-12);
    expect(frobenius(move(states, 4))).toBeCloseTo(frobenius(move(reference, 4)), 12);
    expect(relativeError(move(states, 4), move(reference, 4))).toBeGreaterThan(0.01);
    expect(() => shampoo({ betas: [0.9, 1], grafting: 'adam' })).toThrow(InputError);
  });

  it('treats blocks as if they were matrices of their own', async () => {
    const gradients = draws(4, 15, 1);
    const corner = (v: ArrayLike<number>) => [0, 1, 2].flatMap((i) => [3, 4].map((j) => v[i * 5 + j]!));
    const options = { interval: 2, learningRate: 0.1 };
    const whole = shampoo({ ...options, blockSize: 3 });
    const states = await follow(whole, { w: [3, 5] }, gradients);
    const alone = await follow(shampoo(options), shapes, gradients.map(corner));
    expect(relativeError(corner(states.at(-1)!.parameters), alone.at(-1)!.parameters)).toBeLessThan(1e-12);
    expect(whole.describe(planted({ w: [3, 5] }, []))[0]!.reason).toMatch(/exponent 1\/4, in 2 blocks of at most 3/);
  });

  it('keeps the old root when the eigensolver fails, and gives up after 3 failures in a row', async () => {
    let [calls, failing] = [0, false];
    const eigensolver: typeof twoEigensolvers = (a) => {
      calls++;
      return failing ? undefined : twoEigensolvers(a);
    };
    const optimizer = shampoo({ interval: 1, eigensolver });
    const objective = planted(shapes, draws(9, 6, 1));
    const context = { objective, generator: generator(0) };
    const { state: first } = await optimizer.step(optimizer.init(objective, objective.layout.zeros()), context);
    failing = true;
    const { state: second } = await optimizer.step(first, context);
    expect(calls).toBe(4);
    expect([second.roots, Array.from(second.failures)]).toEqual([first.roots, [1, 1]]);
    const { state: third } = await optimizer.step(second, context);
    await expect(optimizer.step(third, context)).rejects.toThrow(InputError);
    await expect(optimizer.step(third, context)).rejects.toThrow(
      /left factor \(3 x 3\) of "w" failed 3 times in a row/,
    );
    failing = false;
    const { state: healed } = await optimizer.step(third, context);
    expect(Array.from(healed.failures)).toEqual([0, 0]);
  });

  it('takes the memory that its description says', () => {
    const objective = planted(shapes, []);
    expect(stateBytes(shampoo().init(objective, objective.layout.zeros()))).toBe(8 * (3 * 6 + 2 * (9 + 4) + 2));
  });

  it('serves objectives of different layouts in turn', async () => {
    const problems: readonly Shapes[] = [shapes, { v: [2, 2], b: [2] }];
    const shared = shampoo({ interval: 1 });
    for (const own of [...problems, ...problems]) {
      const gradients = draws(3, 6, 5);
      expect(await follow(shared, own, gradients)).toEqual(await follow(shampoo({ interval: 1 }), own, gradients));
    }
  });
});
