import { describe, expect, it } from 'vitest';
import { ggnvp, grad, hessian, hvp, jacobian, vmap } from '../../src/autodiff/index.js';
import { compile, costOf } from '../../src/compile/index.js';
import { constant, DerivativeError, generator, input, ShapeError, type Tensor } from '../../src/tensor/index.js';
import { valueAt, valuesAt } from '../support/values.js';
import { directionsLike, mlp, randomFeeds, rosenbrock } from './models.js';

const flops = (outputs: Readonly<Record<string, Tensor>>): number => costOf(compile(outputs).outputs).flops;

function distance(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  const scale = Math.max(...b.map(Math.abs));
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!))) / scale;
}

describe('hvp', () => {
  it("is the product with Rosenbrock's Hessian", () => {
    const p = input('p', 'f64', [2]);
    const v = input('v', 'f64', [2]);
    const [x, y] = [0.3, -0.4];
    const h = [2 + 1200 * x * x - 400 * y, -400 * x, 200];
    const wanted = [h[0]! * 3 + h[1]! * 5, h[1]! * 3 + h[2]! * 5];
    expect(distance(valueAt(hvp(rosenbrock(p), p, v), { p: [x, y], v: [3, 5] }), wanted)).toBeLessThan(1e-14);
  });

  it('is zero for a linear loss, and for parameters on which the gradient does not depend', () => {
    const a = input('a', 'f64', [2]);
    const b = input('b', 'f64', [2]);
    const product = hvp(a.sum().add(b.mul(b).sum()), { a, b }, { a: a, b: b });
    expect(valuesAt([product.a, product.b], { a: [1, 2], b: [3, 4] })).toEqual([
      [0, 0],
      [6, 8],
    ]);
  });

  it('is symmetric on a network', () => {
    const net = mlp([3, 4, 2], 5);
    const v = directionsLike(net.parameters, 'v.');
    const w = directionsLike(net.parameters, 'w.');
    const dot = (a: Readonly<Record<string, Tensor>>, b: Readonly<Record<string, Tensor>>): Tensor =>
      Object.keys(a)
        .map((k) => a[k]!.mul(b[k]!).sum())
        .reduce((s, t) => s.add(t));
    const left = dot(w, hvp(net.loss, net.parameters, v));
    const right = dot(v, hvp(net.loss, net.parameters, w));
    const random = generator(3);
    const named = (tree: Readonly<Record<string, Tensor>>, prefix: string) =>
      randomFeeds(Object.fromEntries(Object.entries(tree).map(([k, t]) => [prefix + k, t])), random);
    const feeds = {
      ...randomFeeds({ ...net.parameters, x: net.x, y: net.y }, random),
      ...named(v, 'v.'),
      ...named(w, 'w.'),
    };
    const [[a], [b]] = valuesAt([left, right], feeds) as [number[], number[]];
    expect(Math.abs(a! - b!)).toBeLessThan(1e-12 * Math.abs(a!));
  });

  it('names a vector that does not fit', () => {
    const a = input('a', 'f64', [2]);
    expect(() => hvp(a.mul(a).sum(), a, input('v', 'f64', [3]))).toThrow(ShapeError);
    expect(() => hvp(a.mul(a).sum(), a, input('v', 'f64', [3]))).toThrow('"v" (f64 [3]) does not match "a" (f64 [2])');
    expect(() => hvp(a.mul(a).sum(), a, [a, a])).toThrow('hvp: got 2 tensors for 1');
  });

  it('goes through a chain of 20,000 nodes', () => {
    const s = input('s', 'f64', []);
    let f = s.mul(s);
    for (let i = 0; i < 20_000; i++) f = f.add(s);
    expect(valueAt(hvp(f, s, constant(1, 'f64')), { s: [3] })).toEqual([2]);
  });
});

describe('ggnvp', () => {
  it('is the Hessian-vector product of a linear model with a squared error', () => {
    const net = mlp([3, 2], 4);
    const v = directionsLike(net.parameters, 'v.');
    const random = generator(4);
    const names = Object.fromEntries(Object.entries(v).map(([k, t]) => [`v.${k}`, t]));
    const feeds = randomFeeds({ ...net.parameters, ...names, x: net.x, y: net.y }, random);
    const a = Object.values(ggnvp(net.loss, net.outputs, net.parameters, v));
    const b = Object.values(hvp(net.loss, net.parameters, v));
    expect(distance(valuesAt(a, feeds).flat(), valuesAt(b, feeds).flat())).toBeLessThan(1e-13);
  });

  it('is Jᵀ·H_L·J·v with dense factors', () => {
    const net = mlp([2, 3, 2], 3);
    const v = directionsLike(net.parameters, 'v.');
    const random = generator(5);
    const names = Object.fromEntries(Object.entries(v).map(([k, t]) => [`v.${k}`, t]));
    const feeds = randomFeeds({ ...net.parameters, ...names, x: net.x, y: net.y }, random);
    const products = valuesAt(Object.values(ggnvp(net.loss, net.outputs, net.parameters, v)), feeds).flat();
    const [j, h] = valuesAt([jacobian(net.outputs, net.parameters), hessian(net.loss, net.outputs)], feeds);
    const direction = Object.keys(v).flatMap((k) => feeds[`v.${k}`]!);
    const [n, m] = [direction.length, net.outputs.size];
    const times = (a: number[], rows: number, x: number[]): number[] =>
      Array.from({ length: rows }, (_, i) => x.reduce((s, xj, k) => s + a[i * x.length + k]! * xj, 0));
    const hjv = times(h!, m, times(j!, m, direction));
    const wanted = Array.from({ length: n }, (_, k) => hjv.reduce((s, z, i) => s + j![i * n + k]! * z, 0));
    expect(distance(products, wanted)).toBeLessThan(1e-13);
  });

  it('holds everything but the outputs fixed in the loss', () => {
    const a = input('a', 'f64', []);
    const z = a.mul(2);
    // The penalty a² is no part of the curvature of the loss in z.
    const loss = z.mul(z).add(a.mul(a));
    expect(valueAt(ggnvp(loss, z, a, constant(1, 'f64')), {})).toEqual([8]);
  });

  it('with several vectors shares the forward pass: only what a vector needs is paid for again', () => {
    const net = mlp([6, 5, 4], 8);
    const cost = (k: number): number => {
      const vs = Object.fromEntries(
        Object.entries(net.parameters).map(([name, t]) => [name, input(`v.${name}`, 'f64', [k, ...t.shape])]),
      );
      return flops(vmap((v: Record<string, Tensor>) => ggnvp(net.loss, net.outputs, net.parameters, v))(vs));
    };
    const each = (cost(5) - cost(2)) / 3;
    const shared = cost(2) - 2 * each;
    // The squared error's curvature needs no outputs, so that the last layer's product is not made.
    expect(shared).toBeGreaterThanOrEqual(2 * 8 * 6 * 5);
    // Products for a vector: tangents 1 and 2, weights 2, backward 1; the rest is elementwise and small.
    expect(each).toBeLessThan(1.3 * 2 * 8 * (2 * 6 * 5 + 4 * 5 * 4));
  });

  it.each([
    [
      'loss that does not use the outputs',
      (a: Tensor, z: Tensor) => ggnvp(a.mul(a), z, a, a),
      DerivativeError,
      'does not depend on',
    ],
    [
      'outputs that do not use a parameter',
      (a: Tensor, z: Tensor) => ggnvp(z.mul(z), z, { b: input('b', 'f64', []) }, { b: a }),
      DerivativeError,
      'does not depend on "b" (f64 [])',
    ],
    [
      'one of several parameters that is not used',
      (a: Tensor, z: Tensor) => ggnvp(z.mul(z), z, { a, b: input('b', 'f64', []) }, { a, b: a }),
      DerivativeError,
      'does not depend on "b" (f64 [])',
    ],
    [
      'vector of another shape',
      (a: Tensor, z: Tensor) => ggnvp(z.mul(z), z, a, input('v', 'f64', [1])),
      ShapeError,
      '"v" (f64 [1])',
    ],
  ])('%s is an error', (_, f, type, message) => {
    const a = input('a', 'f64', []);
    const z = a.mul(2);
    expect(() => f(a, z)).toThrow(type);
    expect(() => f(a, z)).toThrow(message);
  });

  it('is zero for a parameter that is not used when asked', () => {
    const a = input('a', 'f64', []);
    const b = input('b', 'f64', []);
    const z = a.mul(2);
    const product = ggnvp(z.mul(z), z, { a, b }, { a, b: a }, { unreachable: 'zero' });
    expect(valuesAt([product.a, product.b], { a: [3] })).toEqual([[24], [0]]);
  });
});

describe('cost', () => {
  it('of a gradient is three products a layer, less that of the data', () => {
    const net = mlp([64, 32, 16, 8], 16);
    const products = 2 * 16 * (2 * 64 * 32 + 3 * 32 * 16 + 3 * 16 * 8);
    expect(flops({ loss: net.loss, ...grad(net.loss, net.parameters) })).toBeLessThan(1.05 * products);
  });

  it('of a Hessian-vector product is at most 2.2 gradients on a network with a wide input', () => {
    const net = mlp([784, 256, 128, 10], 32);
    const v = directionsLike(net.parameters, 'v.');
    const product = flops(hvp(net.loss, net.parameters, v));
    expect(product / flops(grad(net.loss, net.parameters))).toBeLessThan(2.2);
    // Eight products for each weight (forward 1, its tangent 2, backward 1, its tangent 2, weights 2), three for the first.
    const products = 2 * 32 * (3 * 784 * 256 + 8 * (256 * 128 + 128 * 10));
    expect(product).toBeLessThan(1.05 * products);
  });

  it('of a Gauss-Newton product is less than that of a Hessian-vector product', () => {
    const net = mlp([16, 32, 32, 32, 8], 16);
    const v = directionsLike(net.parameters, 'v.');
    const product = flops(ggnvp(net.loss, net.outputs, net.parameters, v));
    expect(product).toBeLessThan(0.7 * flops(hvp(net.loss, net.parameters, v)));
  });
});
