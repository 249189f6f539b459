import { describe, expect, it } from 'vitest';
import { flatten, unflatten } from '../../src/autodiff/dense.js';
import { ggn, grad, hessian, jacobian } from '../../src/autodiff/index.js';
import { constant, generator, InputError, input } from '../../src/tensor/index.js';
import { valueAt } from '../support/values.js';
import { mlp, randomFeeds, rosenbrock } from './models.js';

const close = (actual: readonly number[], wanted: readonly number[], tolerance = 1e-12): void => {
  expect(actual).toHaveLength(wanted.length);
  wanted.forEach((w, i) => {
    expect(Math.abs(actual[i]! - w)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(w)));
  });
};

/** Eigenvalues of a symmetric 2 × 2 matrix, larger first. */
function eigenvalues([a, b, , d]: readonly number[]): [number, number] {
  const [mean, radius] = [(a! + d!) / 2, Math.hypot((a! - d!) / 2, b!)];
  return [mean + radius, (a! * d! - b! * b!) / (mean + radius)];
}

describe('jacobian', () => {
  const a = constant(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    'f64',
  );

  it('of A·x is A, whether rows or columns are fewer', () => {
    const x = input('x', 'f64', [3]);
    const u = input('u', 'f64', [2]);
    const tall = jacobian(u.matmul(a), u);
    const wide = jacobian(a.matmul(x), x);
    expect([tall.shape, wide.shape]).toEqual([
      [3, 2],
      [2, 3],
    ]);
    expect(valueAt(wide, {})).toEqual([1, 2, 3, 4, 5, 6]);
    expect(valueAt(tall, {})).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('has the shapes of both tensors', () => {
    const x = input('x', 'f64', [2, 3]);
    const j = jacobian(x.mul(x).sum(0), x);
    expect(j.shape).toEqual([3, 2, 3]);
    const values = valueAt(j, { x: [1, 2, 3, 4, 5, 6] });
    close(values, [2, 0, 0, 8, 0, 0, 0, 4, 0, 0, 10, 0, 0, 0, 6, 0, 0, 12]);
    expect(jacobian(x.sum(), x).shape).toEqual([2, 3]);
  });

  it('has one axis over all elements of a tree', () => {
    const s = input('s', 'f64', []);
    const t = input('t', 'f64', [2]);
    const j = jacobian(s.mul(t), { s, t });
    expect(j.shape).toEqual([2, 3]);
    expect(valueAt(j, { s: [5], t: [7, 8] })).toEqual([7, 5, 0, 8, 0, 5]);
    expect(jacobian(t, [t]).shape).toEqual([2, 2]);
  });

  it('has zeros for what does not depend', () => {
    const t = input('t', 'f64', [2]);
    const s = input('s', 'f64', []);
    expect(valueAt(jacobian(t.mul(2), { s, t }), {})).toEqual([0, 2, 0, 0, 0, 2]);
  });

  it('refuses a matrix that would not fit', () => {
    const big = input('big', 'f64', [10_000]);
    expect(() => jacobian(big.mul(2), big)).toThrow(InputError);
    expect(() => jacobian(big.mul(2), big)).toThrow('jacobian of result of mul (f64 [10000]): a dense 10000 x 10000');
    expect(() => hessian(big.mul(2).sum(), big)).toThrow('use products (jvp, vjp, hvp, ggnvp) instead');
    expect(() => ggn(big.sum(), big, big)).toThrow('ggn: a dense 10000 x 10000 matrix is too large');
  });
});

describe('hessian', () => {
  it("of Rosenbrock's function at its minimum has eigenvalues 1001.60064 and 0.39936077", () => {
    const p = input('p', 'f64', [2]);
    const h = valueAt(hessian(rosenbrock(p), p), { p: [1, 1] });
    close(h, [802, -400, -400, 200]);
    const [large, small] = eigenvalues(h);
    expect(large).toBeCloseTo(1001.60064, 5);
    expect(small).toBeCloseTo(0.39936076749, 10);
  });

  it('of a logistic regression is Xᵀ·diag(σ(1 − σ))·X/n', () => {
    const random = generator(6);
    const [n, d] = [6, 3];
    const data = Array.from({ length: n * d }, () => random.normal());
    const w = input('w', 'f64', [d]);
    const z = input('data', 'f64', [n, d]).matmul(w);
    const loss = z
      .exp()
      .add(1)
      .log()
      .sum()
      .mul(1 / n);
    const at = [0.5, 0.1, -0.4];
    const wanted = new Array<number>(d * d).fill(0);
    for (let i = 0; i < n; i++) {
      const score = at.reduce((sum, wj, j) => sum + wj * data[i * d + j]!, 0);
      const p = 1 / (1 + Math.exp(-score));
      for (let j = 0; j < d; j++)
        for (let k = 0; k < d; k++) wanted[j * d + k]! += (p * (1 - p) * data[i * d + j]! * data[i * d + k]!) / n;
    }
    close(valueAt(hessian(loss, w), { w: at, data }), wanted);
  });

  it('equals the Jacobian of the gradient and is symmetric, over a tree', () => {
    const net = mlp([2, 3, 1], 4);
    const feeds = randomFeeds({ ...net.parameters, x: net.x, y: net.y }, generator(7));
    const h = valueAt(hessian(net.loss, net.parameters), feeds);
    const gradient = flatten(Object.values(grad(net.loss, net.parameters)));
    close(h, valueAt(jacobian(gradient, net.parameters), feeds));
    const n = gradient.size;
    close(
      h,
      h.map((_, i) => h[(i % n) * n + Math.floor(i / n)]!),
    );
  });
});

describe('ggn', () => {
  it('of a linear model with a squared error is the Hessian', () => {
    const net = mlp([3, 2], 4);
    const feeds = randomFeeds({ ...net.parameters, x: net.x, y: net.y }, generator(8));
    close(
      valueAt(ggn(net.loss, net.outputs, net.parameters), feeds),
      valueAt(hessian(net.loss, net.parameters), feeds),
    );
  });

  it('is positive semi-definite for a convex loss', () => {
    const net = mlp([2, 3, 2], 3);
    const random = generator(9);
    const feeds = randomFeeds({ ...net.parameters, x: net.x, y: net.y }, random);
    const g = valueAt(ggn(net.loss, net.outputs, net.parameters), feeds);
    const n = Math.sqrt(g.length);
    for (let trial = 0; trial < 50; trial++) {
      const v = Array.from({ length: n }, () => random.normal());
      const form = g.reduce((sum, gij, i) => sum + gij * v[i % n]! * v[Math.floor(i / n)]!, 0);
      expect(form).toBeGreaterThan(-1e-12);
    }
  });
});

it('unflatten undoes flatten', () => {
  const tensors = [input('a', 'f64', [2, 2]), input('b', 'f64', []), input('c', 'f64', [0, 3]), input('d', 'f64', [1])];
  const feeds = { a: [1, 2, 3, 4], b: [5], c: [], d: [6] };
  const flat = flatten(tensors);
  expect(valueAt(flat, feeds)).toEqual([1, 2, 3, 4, 5, 6]);
  const pieces = unflatten(flat, tensors);
  expect(pieces.map((t) => t.shape)).toEqual([[2, 2], [], [0, 3], [1]]);
  expect(pieces.map((t) => valueAt(t, feeds))).toEqual([[1, 2, 3, 4], [5], [], [6]]);
});
