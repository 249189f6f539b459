import { afterAll, describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { constant, input, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.js';
import { valueAt, valuesAt } from '../support/values.js';
import { elementwiseCases } from './cases/elementwise.js';
import { Executors } from './executors.js';
import { opSuite } from './suite.js';

opSuite(elementwiseCases);

/** f′ at points, by the gradient of the sum. */
function slopes(f: (x: Tensor) => Tensor, at: readonly number[]): number[] {
  const x = input('x', 'f64', [at.length]);
  return valueAt(grad(f(x).sum(), x), { x: at });
}

/** Both partial derivatives of f at points. */
function partials(f: (x: Tensor, y: Tensor) => Tensor, x: readonly number[], y: readonly number[]): number[][] {
  const [a, b] = [input('a', 'f64', [x.length]), input('b', 'f64', [y.length])];
  return valuesAt(grad(f(a, b).sum(), [a, b]), { a: x, b: y });
}

describe('derivatives where there is a choice', () => {
  it('of abs is 0 at 0', () => expect(slopes((x) => x.abs(), [-1, 0, 1])).toEqual([-1, 0, 1]));
  it('of relu is 0 at 0', () => expect(slopes((x) => x.relu(), [-1, 0, 1])).toEqual([0, 0, 1]));
  it('of elu is α at 0', () => expect(slopes((x) => x.elu(0.5), [0, 1])).toEqual([0.5, 1]));
  it('of leakyRelu is the slope at 0', () => expect(slopes((x) => x.leakyRelu(0.5), [0, 1])).toEqual([0.5, 1]));
  it('of clip is 1 on its bounds', () => {
    expect(slopes((x) => x.clip(-1, 2), [-1.5, -1, 0, 2, 2.5])).toEqual([0, 1, 1, 1, 0]);
  });
  it('of maximum and minimum goes in halves to equal operands, infinite ones too', () => {
    const [x, y] = [
      [1, 2, 3, -Infinity],
      [2, 2, 2, -Infinity],
    ];
    expect(partials((a, b) => a.maximum(b), x, y)).toEqual([
      [0, 0.5, 1, 0.5],
      [1, 0.5, 0, 0.5],
    ]);
    expect(partials((a, b) => a.minimum(b), x, y)).toEqual([
      [1, 0.5, 0, 0.5],
      [0, 0.5, 1, 0.5],
    ]);
  });
  it('of pow at a base of 0 and below is finite wherever it exists', () => {
    const [x, y] = [
      [0, 0, 0, 0, -2, -2],
      [0, 1, 2, 3, 2, 3],
    ];
    const [dx, dy] = partials((a, b) => a.pow(b), x, y);
    expect(dx).toEqual([0, 1, 0, 0, -4, 12]);
    expect(dy!.map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
  });
  it('of a whole array to one exponent', () => {
    const x = input('x', 'f64', [3]);
    const threes = constant([3, 3, 3], 'f64');
    const first = grad(x.pow(threes).sum(), x);
    expect(valuesAt([first, grad(first.sum(), x)], { x: [0, -1, 2] })).toEqual([
      [0, 3, 12],
      [0, -6, 12],
    ]);
  });
  it('of pow by both operands commutes where the exponent is 0', () => {
    const [a, b] = [input('a', 'f64', []), input('b', 'f64', [])];
    const [da, db] = grad(a.pow(b), [a, b]);
    const mixed = [grad(da!, b), grad(db!, a)];
    for (const [value] of valuesAt(mixed, { a: [2], b: [0] })) expect(value).toBeCloseTo(0.5, 14);
  });
});

describe('simple powers', () => {
  const x = input('x', 'f32', [2]);
  it.each([
    [2, 'mul'],
    [0.5, 'sqrt'],
    [-0.5, 'rsqrt'],
    [-1, 'reciprocal'],
    [0, 'expand'],
    [3, 'pow'],
  ])('to %d is %s', (exponent, op) => expect(x.pow(exponent).node.op.name).toBe(op));
  it('to 1 is the tensor itself', () => expect(x.pow(1)).toBe(x));
  it('of integers has no root and no inverse', () => {
    expect(input('i', 'i32', [2]).pow(-1).node.op.name).toBe('pow');
  });
  it('to a constant has no logarithm in its derivatives', () => {
    const y = input('y', 'f64', [1]);
    const derivative = compile({ d: grad(grad(y.pow(2.5).sum(), y).sum(), y) });
    const names = new Set<string>();
    const visit = (t: Tensor): void => {
      names.add(t.node.op.name);
      t.node.inputs.forEach(visit);
    };
    visit(derivative.outputs.d!);
    expect(names).toContain('sqrt');
    expect(names).not.toContain('log');
    expect(names).not.toContain('pow');
  });
});

it('a cast to the same dtype is the tensor itself', () => {
  const x = input('x', 'f32', [2]);
  expect(x.cast('f32')).toBe(x);
});

it('a stopped gradient counts as a constant', () => {
  expect(slopes((x) => x.mul(x.stopGradient()), [3])).toEqual([3]);
});

/** x (exact in float32) and f(x), from mpmath at 40 digits. */
const spots: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  erf: [
    [1.000000013351432e-10, 1.1283791821609903e-10],
    [0.30000001192092896, 0.32862677175271543],
    [0.46875, 0.49261347321793797],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3.5, 0.9999992569016276],
    [5.5, 0.9999999999999927],
  ],
  log1p: [
    [-0.75, -1.3862943611198906],
    [-1.000000013351432e-10, -1.0000000134014319e-10],
    [9.999999682655225e-21, 9.999999682655225e-21],
    [1.0000000116860974e-7, 9.999999616860996e-8],
    [0.0003000000142492354, 0.0002999550232429374],
    [0.25, 0.22314355131420976],
    [1, Math.LN2],
    [100000000, 18.420680753952364],
  ],
  expm1: [
    [-30, -0.9999999999999064],
    [-1, -0.6321205588285577],
    [-1.000000013351432e-10, -1.000000013301432e-10],
    [9.999999682655225e-21, 9.999999682655225e-21],
    [1.0000000116860974e-7, 1.0000000616861003e-7],
    [0.0003000000142492354, 0.00030004501875384833],
    [0.5, 0.6487212707001282],
    [20, 485165194.4097903],
  ],
  tan: [
    [1.000000013351432e-10, 1.000000013351432e-10],
    [0.5, 0.5463024898437905],
    [1.5, 14.101419947171719],
    [-2, 2.185039863261519],
  ],
  atan: [
    [-1.000000013351432e-10, -1.000000013351432e-10],
    [0.5, 0.4636476090008061],
    [0.699999988079071, 0.6107259563885851],
    [2.4000000953674316, 1.1760052212027428],
    [2.5, 1.1902899496825317],
    [100000000, 1.5707963167948966],
  ],
  asin: [
    [1.000000013351432e-10, 1.000000013351432e-10],
    [0.5, 0.5235987755982989],
    [0.9998999834060669, 1.5566528999684577],
    [-0.8999999761581421, -1.119769460301664],
  ],
  acos: [
    [0.9998999834060669, 0.014143426826438996],
    [0.5, 1.0471975511965979],
    [-0.9998999834060669, 3.1274492267633542],
    [0.0010000000474974513, 1.5697963265807324],
  ],
  sinh: [
    [1.000000013351432e-10, 1.000000013351432e-10],
    [0.009999999776482582, 0.010000166443971408],
    [-2, -3.6268604078470186],
    [30, 5343237290762.231],
  ],
  cosh: [
    [1.000000013351432e-10, 1],
    [0.009999999776482582, 1.0000500004144328],
    [-2, 3.7621956910836314],
    [30, 5343237290762.231],
  ],
  softplus: [
    [-30, 9.357622968839737e-14],
    [-5, 0.006715348489118068],
    [0.5, 0.9740769841801067],
    [30, 30.000000000000092],
  ],
  sigmoid: [
    [-10, 4.5397868702434395e-5],
    [-0.5, 0.37754066879814546],
    [0, 0.5],
    [3, 0.9525741268224333],
  ],
};

/** atan2(y, x), from mpmath at 40 digits. */
const angles = [
  [1.000000013351432e-10, 1, 1.000000013351432e-10],
  [1.000000013351432e-10, -1, 3.141592653489793],
  [-1.000000013351432e-10, -1, -3.141592653489793],
  [1, 1.000000013351432e-10, 1.5707963266948965],
  [3, 4, 0.6435011087932844],
  [3, -4, 2.498091544796509],
  [-3, 4, -0.6435011087932844],
  [-3, -4, -2.498091544796509],
  [1.0000000200408773e20, 10000000000, 1.5707963266948965],
  [1.0000000031710769e-30, 3.0000000095132306e-30, 0.3217505543966422],
];

describe('accuracy', () => {
  const executors = new Executors();
  afterAll(() => executors.dispose());

  /** f at points, each of which ends with the value wanted there. */
  async function evaluate(
    kind: 'reference' | 'ort',
    dtype: 'f32' | 'f64',
    f: (...x: Tensor[]) => Tensor,
    points: readonly (readonly number[])[],
  ): Promise<number[]> {
    const columns = points[0]!.slice(1).map((_, k) =>
      ndarray(
        dtype,
        points.map((p) => p[k]!),
      ),
    );
    const x = columns.map((_, k) => input(`x${k}`, dtype, [points.length]));
    const executable = await (await executors.get(kind)).load(compile({ y: f(...x) }));
    const { y } = await executable.run(Object.fromEntries(columns.map((c, k) => [`x${k}`, c])));
    await executable.dispose();
    return toNumbers(y!);
  }

  /** The largest error relative to the value itself. */
  async function error(...[kind, dtype, f, points]: Parameters<typeof evaluate>): Promise<number> {
    const actual = await evaluate(kind, dtype, f, points);
    return Math.max(...points.map((p, i) => Math.abs(actual[i]! / p.at(-1)! - 1)));
  }

  const method = (name: string) => (x: Tensor) => (x as unknown as Record<string, () => Tensor>)[name]!();

  describe.each(Object.keys(spots))('of %s', (name) => {
    it('is that of float64 on the reference executor', async () => {
      expect(await error('reference', 'f64', method(name), spots[name]!)).toBeLessThan(5e-16);
    });
    it('is that of float64 on ONNX Runtime', async () => {
      expect(await error('ort', 'f64', method(name), spots[name]!)).toBeLessThan(1.5e-15);
    });
    if (name === 'sigmoid') return;
    it('is that of float32 on ONNX Runtime', async () => {
      expect(await error('ort', 'f32', method(name), spots[name]!)).toBeLessThan(5e-7);
    });
  });

  it('of sigmoid is that of float32 near 1 on ONNX Runtime', async () => {
    const actual = await evaluate('ort', 'f32', method('sigmoid'), spots.sigmoid!);
    spots.sigmoid!.forEach(([, wanted], i) => {
      expect(Math.abs(actual[i]! - wanted)).toBeLessThan(1e-7);
    });
  });

  it.each([
    ['reference', 'f64', 5e-16],
    ['ort', 'f64', 1e-15],
    ['ort', 'f32', 5e-7],
  ] as const)('of atan2 on %s in %s', async (kind, dtype, limit) => {
    expect(await error(kind, dtype, (y, x) => y!.atan2(x!), angles)).toBeLessThan(limit);
  });
});
