import { describe, expect, it } from 'vitest';
import { grad, jvp, vmap } from '../../src/autodiff/index.js';
import { generator, InputError, input, ShapeError, type Tensor } from '../../src/tensor/index.js';
import { valueAt, valuesAt } from '../support/values.js';
import { mlp, randomFeeds } from './models.js';

describe('vmap', () => {
  it('maps over the leading axis of every argument', () => {
    const a = input('a', 'f64', [2, 3]);
    const b = input('b', 'f64', [2]);
    const out = vmap((x: Tensor, s: Tensor) => x.mul(s).sum())(a, b);
    expect(out.shape).toEqual([2]);
    expect(valueAt(out, { a: [1, 2, 3, 4, 5, 6], b: [10, 100] })).toEqual([60, 1500]);
  });

  it('keeps nestings of arguments and results, and shares what it closes over', () => {
    const a = input('a', 'f64', [2, 3]);
    const shared = input('shared', 'f64', [3]);
    const out = vmap(({ x }: { x: Tensor }) => ({ y: [x.add(shared)], z: x.sum() }))({ x: a });
    const feeds = { a: [1, 2, 3, 4, 5, 6], shared: [1, 0, 1] };
    expect(valuesAt([out.y[0]!, out.z], feeds)).toEqual([
      [2, 2, 4, 5, 5, 7],
      [6, 15],
    ]);
  });

  it('repeats results that do not depend on the arguments', () => {
    const shared = input('shared', 'f64', [2]);
    const out = vmap((_: Tensor) => shared.mul(3))(input('a', 'f64', [3]));
    expect(out.shape).toEqual([3, 2]);
    expect(valueAt(out, { shared: [1, 2] })).toEqual([3, 6, 3, 6, 3, 6]);
  });

  it('nests: an outer sum of two vectors', () => {
    const a = input('a', 'f64', [2]);
    const b = input('b', 'f64', [3]);
    const out = vmap((x: Tensor) => vmap((y: Tensor) => x.add(y))(b))(a);
    expect(valueAt(out, { a: [10, 20], b: [1, 2, 3] })).toEqual([11, 12, 13, 21, 22, 23]);
  });

  it('takes an empty batch', () => {
    expect(vmap((x: Tensor) => x.mul(2).sum())(input('a', 'f64', [0, 3])).shape).toEqual([0]);
  });

  it('of a gradient gives per-example gradients: those of a loop', () => {
    const n = 4;
    const net = mlp([3, 5, 2], 1);
    const feeds = randomFeeds(net.parameters, generator(1));
    const xs = randomFeeds({ x: input('x', 'f64', [n, 1, 3]), y: input('y', 'f64', [n, 1, 2]) }, generator(2));
    const one = (x: Tensor, y: Tensor): Record<string, Tensor> => {
      const { w1, b1, w2, b2 } = net.parameters;
      const error = x.matmul(w1!).add(b1!).tanh().matmul(w2!).add(b2!).sub(y);
      return grad(error.mul(error).sum().mul(0.5), net.parameters);
    };
    const together = vmap(one)(input('x', 'f64', [n, 1, 3]), input('y', 'f64', [n, 1, 2]));
    const batched = valuesAt(Object.values(together), { ...feeds, ...xs });
    const single = Object.values(grad(net.loss, net.parameters));
    for (let i = 0; i < n; i++) {
      const at = { ...feeds, x: xs.x!.slice(3 * i, 3 * i + 3), y: xs.y!.slice(2 * i, 2 * i + 2) };
      valuesAt(single, at).forEach((wanted, k) => {
        wanted.forEach((w, j) => {
          expect(batched[k]![i * wanted.length + j]).toBeCloseTo(w, 12);
        });
      });
    }
  });

  it('commutes with differentiation', () => {
    const x = input('x', 'f64', [4]);
    const f = (s: Tensor): Tensor => s.tanh().mul(s);
    const outside = grad(vmap(f)(x).sum(), x);
    const inside = vmap((s: Tensor) => grad(f(s), s))(x);
    const forward = jvp(vmap(f)(x), x, x.mul(0).add(1));
    const feeds = { x: [-1, 0.5, 2, 0] };
    const [a, b, c] = valuesAt([outside, inside, forward], feeds);
    a!.forEach((v, i) => {
      expect(b![i]).toBeCloseTo(v, 14);
      expect(c![i]).toBeCloseTo(v, 14);
    });
  });

  it.each([
    ['nothing to map over', () => vmap(() => input('a', 'f64', []))(), InputError, 'there is nothing to map over'],
    ['scalar', () => vmap((x: Tensor) => x)(input('a', 'f64', [])), ShapeError, '"a" (f64 []) has no axis to map over'],
    [
      'different lengths',
      () => vmap((x: Tensor, y: Tensor) => x.add(y))(input('a', 'f64', [2]), input('b', 'f64', [3])),
      ShapeError,
      'the leading axes of "a" (f64 [2]) and "b" (f64 [3]) differ',
    ],
  ])('%s is an error', (_, f, type, message) => {
    expect(f).toThrow(type);
    expect(f).toThrow(message);
  });
});
