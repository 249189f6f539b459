import { describe, expect, it } from 'vitest';
import { grad, hessian, hvp, jacobian, jvp, valueAndGrad, vjp, vmap } from '../../src/autodiff/index.js';
import { fn, vectorFn } from '../../src/objective/index.js';
import { InputError, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.js';

const element = (x: Tensor, i: number): Tensor => x.slice([i], [i + 1]).reshape([]);
const rosenbrock = fn((x) =>
  element(x, 1).sub(element(x, 0).square()).square().mul(100).add(element(x, 0).sub(1).square()),
);
const residuals = vectorFn((x) => x.square().mul(x.slice([0], [1])));

describe('fn', () => {
  it('is called with numbers and gives a number', async () => {
    const value: number = await rosenbrock([-1.2, 1]);
    expect(value).toBeCloseTo(24.2, 12);
    expect(await rosenbrock(Float64Array.of(-1.2, 1))).toBeCloseTo(24.2, 12);
    expect(await rosenbrock(ndarray('f64', [-1.2, 1]))).toBeCloseTo(24.2, 12);
  });

  it('has derivatives in the kind of its argument', async () => {
    const slope: number[] = await grad(rosenbrock)([-1.2, 1]);
    expect(slope.map((v) => Number(v.toFixed(9)))).toEqual([-215.6, -88]);
    const typed: Float64Array = await grad(rosenbrock)(Float64Array.of(-1.2, 1));
    expect(Array.from(typed)).toEqual(slope);
    const product: number[] = await hvp(rosenbrock)([-1.2, 1], [1, 0]);
    expect(product[0]).toBeCloseTo(1330, 9);
    expect(product[1]).toBeCloseTo(480, 9);
    const { shape, data } = await hessian(rosenbrock)([-1.2, 1]);
    expect(shape).toEqual([2, 2]);
    expect(Array.from(data, Number).map((v) => Number(v.toFixed(9)))).toEqual([1330, 480, 480, 200]);
    const both = await valueAndGrad(rosenbrock)([-1.2, 1]);
    expect(both.value).toBeCloseTo(24.2, 12);
    expect(both.gradient).toEqual(slope);
  });

  it('composes: the gradient of a gradient, and a derivative with respect to one number', async () => {
    const cube = fn((x) => x.mul(x).mul(x));
    const first = grad(cube);
    expect(await first(2)).toBe(12);
    const second = grad(fn((x) => first.trace(x)));
    const value: number = await second(2);
    expect(value).toBe(12);
  });

  it('takes trees, and further arguments', async () => {
    const loss = fn((p: { readonly a: Tensor; readonly b: { readonly p: Tensor; readonly q: Tensor } }, x: Tensor) =>
      x.mul(p.a).add(p.b.p).sub(p.b.q).square().sum(),
    );
    const point = { a: 2, b: { p: [1, 1], q: [0.5, 0] } };
    expect(await loss(point, [3, 4])).toBeCloseTo(6.5 ** 2 + 81, 12);
    const gradient = await grad(loss)(point, [3, 4]);
    expect(gradient).toEqual({ a: 2 * (6.5 * 3 + 9 * 4), b: { p: [13, 18], q: [-13, -18] } });
  });

  it('maps over arguments: gradients of single examples', async () => {
    const loss = fn((w, x, y) => w.mul(x).sum().sub(y).square());
    const w = [1, -1, 2];
    const [xs, ys] = [
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
        [1, 1, 1],
      ],
      [0, 0, 0, 0],
    ];
    const gradients = await vmap(grad(loss), [null, 0, 0])(w, xs, ys);
    expect(gradients.shape).toEqual([4, 3]);
    expect(toNumbers(gradients).map((v) => v + 0)).toEqual([2, 0, 0, 0, -2, 0, 0, 0, 4, 4, 4, 4]);
  });

  it('has Jacobians and products with them', async () => {
    const x = [2, 3];
    const dense = await jacobian(residuals)(x);
    expect(Array.from(dense.data, Number)).toEqual([12, 0, 9, 12]);
    expect(Array.from((await jvp(residuals)(x, [1, 2])).data, Number)).toEqual([12, 33]);
    const back: number[] = await vjp(residuals)(x, [1, 2]);
    expect(back).toEqual([30, 24]);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a result that is not a scalar', () => fn((x) => x)([1, 2]), /\[2\].*vectorFn/],
    ['null', () => rosenbrock(null as never), /argument 1 is null/],
    ['a bigint', () => rosenbrock(1n as never), /the bigint 1/],
    ['a string in a list', () => rosenbrock(['a'] as never), /argument 1\[0\] is the text/],
    ['ragged lists', () => rosenbrock([[1], [1, 2]]), /ragged/],
    ['no tensor', () => fn(() => 3 as never)(1), /number/],
    ['no function', async () => fn(3 as never), /3 is not a function/],
  ])('refuses %s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
    await expect(call()).rejects.not.toBeInstanceOf(TypeError);
  });

  it('tells errors by type', async () => {
    await expect(fn((x) => x)([1, 2])).rejects.toBeInstanceOf(InputError);
  });
});
