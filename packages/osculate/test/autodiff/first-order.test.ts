import { describe, expect, it } from 'vitest';
import { grad, jvp, linearize, valueAndGrad, vjp } from '../../src/autodiff/index.js';
import { topological } from '../../src/tensor/graph.js';
import {
  constant,
  DerivativeError,
  DTypeError,
  generator,
  input,
  ShapeError,
  type Tensor,
} from '../../src/tensor/index.js';
import { valueAt, valuesAt } from '../support/values.js';
import { mlp, randomFeeds, rosenbrock } from './models.js';

const x = input('x', 'f64', [3]);
const close = (actual: readonly number[], wanted: readonly number[]): void => {
  expect(actual).toHaveLength(wanted.length);
  wanted.forEach((w, i) => {
    expect(Math.abs(actual[i]! - w)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(w)));
  });
};

describe('grad', () => {
  it('of ½ xᵀAx − bᵀx is Ax − b for symmetric A', () => {
    const a = constant(
      [
        [4, 1, 0],
        [1, 3, -1],
        [0, -1, 2],
      ],
      'f64',
    );
    const b = constant([1, 2, 3], 'f64');
    const loss = x.mul(a.matmul(x)).sum().mul(0.5).sub(b.mul(x).sum());
    close(valueAt(grad(loss, x), { x: [1, -2, 5] }), [4 - 2 - 1, 1 - 6 - 5 - 2, 2 + 10 - 3]);
  });

  it("of Rosenbrock's function", () => {
    const p = input('p', 'f64', [2]);
    const { value, gradient } = valueAndGrad(rosenbrock(p), p);
    close(valueAt(value, { p: [-1.2, 1] }), [24.2]);
    close(valueAt(gradient, { p: [-1.2, 1] }), [-215.6, -88]);
    close(valueAt(gradient, { p: [1, 1] }), [0, 0]);
  });

  it('of a logistic regression is Xᵀ(σ(Xw) − y)/n', () => {
    const random = generator(1);
    const [n, d] = [7, 3];
    const data = Array.from({ length: n * d }, () => random.normal());
    const labels = Array.from({ length: n }, () => random.integer(2));
    const w = input('w', 'f64', [d]);
    const z = input('data', 'f64', [n, d]).matmul(w);
    const loss = z
      .exp()
      .add(1)
      .log()
      .sub(z.mul(input('labels', 'f64', [n])))
      .sum()
      .mul(1 / n);
    const at = [0.3, -0.7, 0.2];
    const wanted = new Array<number>(d).fill(0);
    for (let i = 0; i < n; i++) {
      const score = at.reduce((sum, wj, j) => sum + wj * data[i * d + j]!, 0);
      for (let j = 0; j < d; j++) wanted[j]! += ((1 / (1 + Math.exp(-score)) - labels[i]!) * data[i * d + j]!) / n;
    }
    close(valueAt(grad(loss, w), { w: at, data, labels }), wanted);
  });

  it('keeps the nesting of the parameters', () => {
    const a = input('a', 'f64', []);
    const b = input('b', 'f64', [2]);
    const tree = { layers: [{ a }, { b }] } as const;
    const g = grad(a.mul(b).sum(), tree);
    close(valueAt(g.layers[0].a, { a: [2], b: [3, 4] }), [7]);
    close(valueAt(g.layers[1].b, { a: [2], b: [3, 4] }), [2, 2]);
  });

  it('with respect to an intermediate tensor holds it apart from what it was computed from', () => {
    const z = x.mul(x);
    close(valueAt(grad(z.mul(x).sum(), z), { x: [1, 2, 3] }), [1, 2, 3]);
    close(valueAt(grad(z.mul(x).sum(), [z, x])[1]!, { x: [1, 2, 3] }), [1, 4, 9]);
  });

  it('sums over all uses of a parameter', () => {
    close(valueAt(grad(x.add(x).add(x.mul(x)).sum(), x), { x: [1, 2, 3] }), [4, 6, 8]);
  });

  it('of a parameter by itself is one', () => {
    const s = input('s', 'f64', []);
    close(valueAt(grad(s, s), {}), [1]);
  });

  it('composes to any order: the derivatives of x⁵', () => {
    const s = input('s', 'f64', []);
    let f = s.mul(s).mul(s).mul(s).mul(s);
    for (const wanted of [5 * 2 ** 4, 20 * 2 ** 3, 60 * 2 ** 2, 120 * 2, 120]) {
      f = grad(f, s);
      close(valueAt(f, { s: [2] }), [wanted]);
    }
  });

  it('gives the fourth derivative of tanh in every order of modes', () => {
    const s = input('s', 'f64', []);
    const forward = (f: Tensor): Tensor => jvp(f, s, constant(1, 'f64'));
    const reverse = (f: Tensor): Tensor => grad(f, s);
    const t = Math.tanh(0.4);
    // With u = 1 − t²: t' = u, t'' = −2tu, t''' = −2u(1 − 3t²), t'''' = 8tu(2 − 3t²).
    const wanted = 8 * t * (1 - t * t) * (2 - 3 * t * t);
    for (let modes = 0; modes < 16; modes++) {
      let f = s.tanh();
      for (let k = 0; k < 4; k++) f = (modes & (1 << k) ? forward : reverse)(f);
      close(valueAt(f, { s: [0.4] }), [wanted]);
    }
  });

  it('goes through a chain of 20,000 nodes', () => {
    const s = input('s', 'f64', []);
    let f = s;
    for (let i = 0; i < 20_000; i++) f = f.mul(1.0001);
    close(valueAt(grad(f, s), { s: [1] }), [1.0001 ** 20_000]);
  });
});

describe('jvp and vjp', () => {
  const { parameters, outputs, x: data } = mlp([3, 4, 2], 5);
  const feeds = randomFeeds({ ...parameters, x: data }, generator(2));

  it('are adjoint: ⟨u, Jv⟩ = ⟨Jᵀu, v⟩', () => {
    const v = Object.fromEntries(Object.entries(parameters).map(([k, t]) => [k, t.mul(0.5).add(1)]));
    const u = outputs.mul(outputs);
    const moved = jvp(outputs, parameters, v);
    const pulled = vjp(outputs, parameters, u);
    const left = u.mul(moved).sum();
    const right = Object.keys(v)
      .map((k) => v[k]!.mul(pulled[k]!).sum())
      .reduce((a, b) => a.add(b));
    const [[a], [b]] = valuesAt([left, right], feeds) as [number[], number[]];
    expect(Math.abs(a! - b!)).toBeLessThan(1e-12 * Math.abs(a!));
  });

  it('jvp gives zeros for outputs that do not move', () => {
    const [moves, rests] = jvp([x.mul(2), input('other', 'f64', [2])], x, x);
    expect(valuesAt([moves!, rests!], { x: [1, 2, 3] })).toEqual([
      [2, 4, 6],
      [0, 0],
    ]);
  });

  it('linearize gives J·v and Jᵀ·u on the nodes of the original graph', () => {
    const y = x.tanh();
    const map = linearize([y], [x]);
    const [jv] = map.apply([x]);
    const [jtu] = map.transpose([y]);
    const t = Math.tanh(2);
    close(valueAt(jv!, { x: [2, 2, 2] }), new Array(3).fill(2 * (1 - t * t)));
    close(valueAt(jtu!, { x: [2, 2, 2] }), new Array(3).fill(t * (1 - t * t)));
    const count = (op: string, tensors: Tensor[]): number =>
      topological(tensors).filter((n) => n.op.name === op).length;
    expect(count('tanh', [y, jv!, jtu!])).toBe(1);
    expect(map.apply([null]).map((z) => valueAt(z!, { x: [2, 2, 2] }))).toEqual([[0, 0, 0]]);
    expect(map.transpose([null])).toEqual([null]);
  });
});

describe('what has no derivative', () => {
  const s = input('s', 'f64', []);
  const unused = input('unused', 'f64', [2]);
  const index = input('index', 'i64', [3]);

  it.each([
    [
      'loss that is not a scalar',
      () => grad(x.mul(2), x),
      ShapeError,
      'result of mul (f64 [3]); reduce it with mean()',
    ],
    ['integer loss', () => grad(index.sum(), x), DTypeError, 'grad: needs f32 or f64, got result of sum (i64 [])'],
    ['integer parameter', () => grad(s, index), DTypeError, '"index" (i64 [3])'],
    ['integer parameter of jvp', () => jvp(s, index, index), DTypeError, 'jvp: needs f32 or f64, got "index"'],
    [
      'unused parameter',
      () => grad(s.mul(s), { s, unused }),
      DerivativeError,
      `grad: result of mul (f64 []) does not depend on "unused" (f64 [2]); remove it from the parameters, or pass { unreachable: 'zero' }`,
    ],
    ['stopGradient', () => grad(x.stopGradient().sum(), x), DerivativeError, 'only through stopGradient, which'],
    [
      'argmax',
      () => grad(x.argmax(0).cast('f64').mul(s), x),
      DerivativeError,
      'only through argmax, which has no derivative',
    ],
    [
      'comparison',
      () => grad(x.greater(0).cast('f64').sum(), x),
      DerivativeError,
      'only through greater, which has no derivative',
    ],
    [
      'tangent of another shape',
      () => jvp(x, x, unused),
      ShapeError,
      '"unused" (f64 [2]) does not match "x" (f64 [3])',
    ],
    [
      'tangent of another dtype',
      () => jvp(x, x, input('v', 'f32', [3])),
      ShapeError,
      '"v" (f32 [3]) does not match "x" (f64 [3])',
    ],
    ['too many tangents', () => jvp(x, x, [x, x]), ShapeError, 'jvp: got 2 tensors for 1 ("x" (f64 [3]))'],
    ['too few cotangents', () => vjp([x, s], x, [x]), ShapeError, 'vjp: got 1 tensors for 2'],
    [
      'linearize: too many tangents',
      () => linearize([x], [x]).apply([x, x]),
      ShapeError,
      'linearize: got 2 tensors for 1',
    ],
    ['linearize: too few cotangents', () => linearize([x], [x]).transpose([]), ShapeError, 'got 0 tensors for 1 ("x"'],
    [
      'linearize: tangent of another shape',
      () => linearize([x], [x]).apply([unused]),
      ShapeError,
      '"unused" (f64 [2])',
    ],
    ['cotangent of another shape', () => vjp(x.mul(2), x, unused), ShapeError, '"unused" (f64 [2])'],
  ])('%s is an error that names it', (_, f, type, message) => {
    expect(f).toThrow(type);
    expect(f).toThrow(message);
  });

  it('is zero when asked', () => {
    const options = { unreachable: 'zero' } as const;
    const g = grad(s.mul(s).add(x.stopGradient().sum()), { s, unused, x }, options);
    expect(valuesAt([g.s, g.unused, g.x], { s: [3], x: [1, 2, 3] })).toEqual([[6], [0, 0], [0, 0, 0]]);
  });

  it('counts only the paths with a derivative', () => {
    close(valueAt(grad(x.mul(x.stopGradient()).sum(), x), { x: [1, 2, 3] }), [1, 2, 3]);
  });
});
