import { describe, expect, it } from 'vitest';
import { functionObjective } from '../../src/objective/index.js';
import {
  adaptiveCubic,
  adaptiveCubicLanczos,
  plainNewton,
  saddleFreeKrylov,
  saddleFreeNewton,
  trustRegion,
  trustRegionNewtonCg,
} from '../../src/optim/index.js';
import { constant, generator, type Tensor } from '../../src/tensor/index.js';
import { quadratic } from '../objective/functions.js';
import { scalars } from './mgh/build.js';
import { path } from './path.js';

const escaping = [
  saddleFreeNewton(),
  trustRegion(),
  adaptiveCubic(),
  saddleFreeKrylov(),
  trustRegionNewtonCg(),
  adaptiveCubicLanczos(),
];

/** x³ − 3xy², made bounded below far out by a quartic. */
const monkey = () =>
  functionObjective((x) => {
    const [a, b] = scalars(x) as [Tensor, Tensor];
    const square = a.mul(a).add(b.mul(b));
    return a.mul(a).mul(a).sub(a.mul(b).mul(b).mul(3)).add(square.mul(square).mul(0.1));
  }, new Float64Array(2));

/** ‖W₂·W₁ − I‖² with 2 x 2 matrices: a strict saddle at 0. */
const twoLayers = () =>
  functionObjective((x) => {
    const [first, second] = [x.slice([0], [4]).reshape([2, 2]), x.slice([4], [8]).reshape([2, 2])];
    const unit = constant(
      [
        [1, 0],
        [0, 1],
      ],
      'f64',
    );
    return second.matmul(first).sub(unit).pow(2).sum();
  }, new Float64Array(8));

/** (w₁·w₂·w₃ − 1)²: a saddle at 0 whose gradient and Hessian both vanish. */
const threeLayers = () =>
  functionObjective((x) => {
    const [a, b, c] = scalars(x) as [Tensor, Tensor, Tensor];
    return a.mul(b).mul(c).sub(1).pow(2);
  }, new Float64Array(3));

/** A random quadratic of order n with `index` negative eigenvalues, in a random orthogonal basis (a product of reflections). */
function indefinite(n: number, index: number, seed: number): { a: number[][]; stable: Float64Array } {
  const random = generator(seed);
  const values = Array.from({ length: n }, (_, i) => (i < index ? -1 : 1) * (0.5 + random.uniform()));
  const a = values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
  // A point of the stable manifold: coordinates along positive eigenvalues only.
  const stable = Float64Array.from(values, (value) => (value > 0 ? random.normal() : 0));
  for (let k = 0; k < 3; k++) {
    const u = Array.from({ length: n }, () => random.normal());
    const length = Math.hypot(...u);
    const unit = u.map((x) => x / length);
    const reflect = (row: { [i: number]: number; readonly length: number }) => {
      let inner = 0;
      for (let i = 0; i < n; i++) inner += unit[i]! * row[i]!;
      for (let i = 0; i < n; i++) row[i]! -= 2 * inner * unit[i]!;
    };
    for (const row of a) reflect(row);
    for (let j = 0; j < n; j++) {
      const column = a.map((row) => row[j]!);
      reflect(column);
      column.forEach((x, i) => {
        a[i]![j] = x;
      });
    }
    reflect(stable);
  }
  return { a: a.map((row, i) => row.map((x, j) => 0.5 * (x + a[j]![i]!))), stable };
}

describe.each(escaping)('$name', (method) => {
  it('leaves the monkey saddle', async () => {
    const objective = monkey();
    // On x < 0, y = 0 gradient descent falls; from the stable side x > 0 it creeps to 0.
    const { points } = await path(method, objective, Float64Array.of(1, 1e-8), 60, -1);
    expect(await objective.value(points.at(-1)!, [0])).toBeLessThan(-1);
  });

  it('leaves the saddle at 0 of deep linear nets', async () => {
    const random = generator(4);
    const near = new Float64Array(8).map(() => 1e-8 * random.normal());
    const two = await path(method, twoLayers(), near, 200, 1e-8);
    expect(await twoLayers().value(two.points.at(-1)!, [0])).toBeLessThan(1e-8);
    // The line w₁ = −w₂ = w₃ > 0 leads gradient descent to 0.
    const three = await path(method, threeLayers(), Float64Array.of(0.01 + 1e-8, -0.01, 0.01), 300, 1e-8);
    expect(await threeLayers().value(three.points.at(-1)!, [0])).toBeLessThan(1e-8);
  });

  it('leaves quadratics in 100 dimensions of index 1, 10, 50, 99 from the stable manifold + 1e-8', async () => {
    for (const index of [1, 10, 50, 99]) {
      const { a, stable } = indefinite(100, index, index);
      const objective = quadratic(a);
      const random = generator(index);
      const start = stable.map((x) => x + 1e-8 * random.normal());
      const { points } = await path(method, objective, start, 40, -1);
      expect(await objective.value(points.at(-1)!, [0])).toBeLessThan(-1);
    }
  });
});

describe.each([saddleFreeNewton(), trustRegion(), adaptiveCubic()])('$name', (method) => {
  it('gets below saddles of every index from 1 to 99 in 100 dimensions from the stable manifold + 1e-8', async () => {
    for (let index = 1; index < 100; index++) {
      const { a, stable } = indefinite(100, index, index);
      const objective = quadratic(a);
      const random = generator(index);
      const start = stable.map((x) => x + 1e-8 * random.normal());
      expect(await objective.value(start, [0])).toBeGreaterThan(0);
      // The saddle is at height 0: a method that descends never comes back from below.
      const { points } = await path(method, objective, start, 30, -1e-8);
      expect([index, (await objective.value(points.at(-1)!, [0])) < -1e-8]).toEqual([index, true]);
    }
  });
});

describe('plain Newton', () => {
  it('is attracted by saddles', async () => {
    for (const index of [1, 10, 50, 99]) {
      const { a, stable } = indefinite(100, index, index);
      const objective = quadratic(a);
      const { points, reports } = await path(
        plainNewton(),
        objective,
        stable.map((x) => x + 1e-8),
        2,
      );
      expect(Math.hypot(...points.at(-1)!)).toBeLessThan(1e-10);
      expect(reports[0]!.indefinite).toBe(true);
    }
    const monkeyPath = await path(plainNewton(), monkey(), Float64Array.of(0.5, 1e-8), 40);
    expect(Math.hypot(...monkeyPath.points.at(-1)!)).toBeLessThan(1e-8);
  });
});
