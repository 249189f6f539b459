import { describe, expect, test } from 'vitest';
import type { ObservationResidual } from '../../../src/fit/blocks/observation-program.js';
import { type BlockProblem, blockLeastSquares, type LossName, leastSquares } from '../../../src/fit/index.js';
import { constant, DTypeError, generator, InputError, ShapeError, type Tensor } from '../../../src/tensor/index.js';
import { CAMERA, project, scene } from './scene.js';

const NOISE = 0.5;
const small = scene({ cameras: 5, points: 60, views: 5, noise: NOISE });
/** Position, rotation and scale of the whole. */
const GAUGE = 7;

type Indices = Record<'camera' | 'point' | 'data', number[]>;

/** ½Σ s²ρ(‖r‖²/s²) in plain numbers. */
function costAt(
  { observations }: BlockProblem,
  cameras: Float64Array,
  points: Float64Array,
  rho = (z: number): number => z,
  scale = 1,
): number {
  const { camera, point, data } = observations as Indices;
  return camera.reduce((sum, c, o) => {
    const [u, v] = project(
      cameras.subarray(c * CAMERA, (c + 1) * CAMERA),
      points.subarray(point[o]! * 3, point[o]! * 3 + 3),
    );
    return sum + (scale ** 2 / 2) * rho(((u - data[2 * o]!) ** 2 + (v - data[2 * o + 1]!) ** 2) / scale ** 2);
  }, 0);
}

const rhos: Readonly<Partial<Record<LossName, (z: number) => number>>> = {
  huber: (z) => (z <= 1 ? z : 2 * Math.sqrt(z) - 1),
  cauchy: (z) => Math.log1p(z),
};

describe('blockLeastSquares, bundle adjustment', () => {
  const fit = blockLeastSquares(small.problem);
  const n = 5 * CAMERA + 180;
  const m = 600;

  test('reaches the noise floor', () => {
    expect(fit.status).toMatch(/^converged/);
    expect(fit.warnings).toEqual([]);
    const freedom = m - n + GAUGE;
    // χ² of that many degrees of freedom: three standard deviations.
    expect(Math.abs((2 * fit.cost) / NOISE ** 2 - freedom)).toBeLessThan(3 * Math.sqrt(2 * freedom));
    expect(fit.cost).toBeCloseTo(costAt(small.problem, fit.cameras, fit.points), 9);
    expect(fit.cost).toBeLessThan(costAt(small.problem, small.truth.cameras, small.truth.points));
    expect(fit.rms).toBeCloseTo(Math.sqrt((2 * fit.cost) / m), 12);
  });

  test('residuals come in the order of the observations', () => {
    const { camera, point, data } = small.problem.observations as Indices;
    const order = generator(5).permutation(camera.length);
    const shuffled = (list: number[], width: number): number[] =>
      Array.from(order).flatMap((o) => list.slice(o * width, (o + 1) * width));
    const other = blockLeastSquares({
      ...small.problem,
      observations: { camera: shuffled(camera, 1), point: shuffled(point, 1), data: shuffled(data, 2) },
    });
    order.forEach((o, i) => {
      for (const k of [0, 1]) expect(other.residuals[2 * i + k]).toBeCloseTo(fit.residuals[2 * o + k]!, 6);
    });
  });

  test('conjugate gradients find the same minimum', () => {
    const other = blockLeastSquares(small.problem, { solver: 'conjugate-gradients' });
    expect(other.innerIterations).toBeGreaterThan(0);
    expect(other.cost / fit.cost).toBeCloseTo(1, 11);
  });

  test.each<LossName>(['linear', 'huber', 'cauchy'])(
    '%s: the gradient vanishes, by differences of the cost',
    (loss) => {
      const { cameras, points } = blockLeastSquares(small.problem, { loss, lossScale: NOISE });
      const rho = rhos[loss];
      for (const [which, index, h] of [
        ['camera', 6, 1e-2],
        ['camera', 12, 1e-4],
        ['point', 4, 1e-4],
        ['point', 100, 1e-4],
      ] as const) {
        const moved = (by: number): number => {
          const at = (x: Float64Array, of: string): Float64Array =>
            x.map((value, j) => (of === which && j === index ? value + by : value)) as Float64Array;
          return costAt(small.problem, at(cameras, 'camera'), at(points, 'point'), rho, NOISE);
        };
        const slope = (moved(h) - moved(-h)) / 2;
        const bend = moved(h) - 2 * moved(0) + moved(-h);
        // Newton's step of this coordinate, in units of h.
        expect(Math.abs(slope / bend)).toBeLessThan(1e-3);
      }
    },
  );

  test.each<LossName>(['huber', 'cauchy'])('%s: gross errors hardly matter', (loss) => {
    const { observations } = small.problem;
    const data = (observations.data as number[]).map((x, i) => (i % 34 === 0 ? x + 40 : x));
    const spoiled = { ...small.problem, observations: { ...observations, data } };
    const clean = (residuals: Float64Array): number => {
      const kept = residuals.filter((_, i) => Math.floor(i / 2) % 17 !== 0);
      return Math.sqrt(kept.reduce((sum, r) => sum + r * r, 0) / kept.length);
    };
    expect(clean(blockLeastSquares(spoiled).residuals)).toBeGreaterThan(3 * NOISE);
    expect(clean(blockLeastSquares(spoiled, { loss, lossScale: 2 * NOISE }).residuals)).toBeLessThan(1.2 * NOISE);
  });

  test('fixed blocks stay, and with two cameras fixed the scene comes back to where it was', () => {
    const cameras = Float64Array.from(small.problem.cameras);
    cameras.set(small.truth.cameras.subarray(0, 2 * CAMERA));
    const problem = { ...small.problem, cameras, fixedCameras: [0, 1], fixedPoints: [7] };
    const end = blockLeastSquares(problem);
    const fixed = (x: Float64Array): number[] => Array.from(x.subarray(0, 2 * CAMERA), (value) => value + 0);
    expect(fixed(end.cameras)).toEqual(fixed(small.truth.cameras));
    expect(end.points.subarray(21, 24)).toEqual(Float64Array.from(problem.points).subarray(21, 24));
    const errors = end.points.map((x, j) => (j >= 21 && j < 24 ? 0 : x - small.truth.points[j]!));
    expect(Math.hypot(...errors) / Math.sqrt(180)).toBeLessThan(0.02);
  });

  test('every trial is told of', () => {
    const costs: number[] = [];
    const end = blockLeastSquares(small.problem, {
      onIteration: ({ cost, taken }) => {
        if (taken) costs.push(cost);
      },
    });
    expect(costs).toHaveLength(end.iterations);
    expect(costs).toEqual([...costs].sort((a, b) => b - a));
    expect(costs[costs.length - 1]).toBe(end.cost);
  });

  test('a budget ends the run', () => {
    const end = blockLeastSquares(small.problem, { maxEvaluations: 2 });
    expect(end.status).toBe('max-evaluations');
    expect(end.evaluations.residuals).toBe(2);
  });
});

describe('blockLeastSquares, degenerate problems', () => {
  test('a point seen once and a camera that sees nothing: warned of, and the others are as without them', () => {
    const { camera, point, data } = small.problem.observations as Indices;
    const [u, v] = project(small.truth.cameras.subarray(0, CAMERA), [0.3, 0.2, 0.1]);
    const end = blockLeastSquares({
      ...small.problem,
      cameras: [...Array.from(small.problem.cameras), ...Array.from(small.problem.cameras).slice(0, CAMERA)],
      points: [...Array.from(small.problem.points), 0.2, 0.3, 0.1],
      observations: { camera: [...camera, 0], point: [...point, 60], data: [...data, u, v] },
    });
    expect(end.status).toMatch(/^converged/);
    expect(end.warnings).toEqual([
      expect.stringMatching(/^1 of 6 cameras \(5\) have fewer residuals/),
      expect.stringMatching(/^1 of 61 points \(60\) have fewer residuals/),
    ]);
    expect(end.cameras.subarray(5 * CAMERA)).toEqual(Float64Array.from(small.problem.cameras).subarray(0, CAMERA));
    expect(end.cost).toBeCloseTo(blockLeastSquares(small.problem).cost, 6);
    // Its two residuals can be met exactly.
    expect(Math.hypot(...end.residuals.subarray(600))).toBeLessThan(1e-5);
  });

  test('a projection that is not finite at the start is a status that names the observation', () => {
    const points = Float64Array.from(small.problem.points);
    // The rotation of a camera by no angle divides by zero.
    const cameras = Float64Array.from(small.problem.cameras);
    cameras.fill(0, 2 * CAMERA, 2 * CAMERA + 3);
    const end = blockLeastSquares({ ...small.problem, cameras });
    expect(end.status).toBe('non-finite-start');
    expect(end.message).toMatch(/observation \d+ \(camera 2, point 0\) gives NaN/);
    expect(end.points).toEqual(points);
    expect(end.iterations).toBe(0);
  });

  test('trial points where derivatives are not finite are stepped back from', () => {
    // The first residual pulls to −3; below 0 the second is 0, with a derivative of 0/0.
    const end = blockLeastSquares({
      residual: ([a], [b]) => [a!.add(3), a!.relu().sqrt(), b!],
      ...{ cameras: [1], cameraSize: 1, points: [0], pointSize: 1, observations: { camera: [0], point: [0] } },
    });
    const [x] = end.cameras as unknown as [number];
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(0.1);
    expect(end.cost).toBeCloseTo(0.5 * ((x + 3) ** 2 + x), 12);
    expect(end.gradientNorm).toBeCloseTo(x + 3.5, 6);
  });

  test('trial points where residuals are not finite are stepped back from', () => {
    // √(a·b) − y: the first steps from here lead to a < 0.
    const residual: ObservationResidual = ([a], [b], [y]) => [a!.mul(b!).sqrt().sub(y!)];
    const end = blockLeastSquares({
      ...{ residual, cameras: [9], cameraSize: 1, points: [9, 9], pointSize: 1 },
      observations: { camera: [0, 0], point: [0, 1], data: [0.01, 0.02] },
    });
    expect(end.status).toMatch(/^converged/);
    expect(end.rms).toBeLessThan(1e-6);
  });
});

describe('blockLeastSquares, other structures', () => {
  /** Logistic curves of subjects with a level and a slope each, and items with a place: y = level/(1 + exp(−slope·(x − place))). */
  const residual: ObservationResidual = ([level, slope], [place], [x, y]) => [
    level!.div(x!.sub(place!).mul(slope!).neg().exp().add(1)).sub(y!),
  ];
  const random = generator(9);
  const [subjects, items] = [4, 12];
  const [camera, point, data] = [[] as number[], [] as number[], [] as number[]];
  for (let s = 0; s < subjects; s++) {
    for (let i = 0; i < items; i++) {
      for (const x of [-1, 0.5, 2]) {
        camera.push(s);
        point.push(i);
        data.push(x, (1 + 0.2 * s) / (1 + Math.exp(-(1 + 0.1 * s) * (x - i / items))) + 0.02 * random.normal());
      }
    }
  }
  const problem: BlockProblem = {
    ...{ residual, cameras: new Array(2 * subjects).fill(1), cameraSize: 2, pointSize: 1 },
    points: new Array(items).fill(0.4),
    observations: { camera, point, data },
  };

  test.each<LossName>(['linear', 'cauchy'])('%s: the minimum of the dense method', (loss) => {
    const index = (list: readonly number[]): Tensor => constant(list as number[], 'i64');
    const column = (k: number): Tensor =>
      constant(
        data.filter((_, i) => i % 2 === k),
        'f64',
      );
    const whole = (p: Tensor): Tensor => {
      const [cameras, places] = [
        p.slice([0], [2 * subjects]).reshape([subjects, 2]),
        p.slice([2 * subjects], [2 * subjects + items]),
      ];
      const own = cameras.gather(index(camera));
      const [level, slope] = [0, 1].map((k) => own.slice([0, k], [camera.length, k + 1]).reshape([camera.length]));
      return residual([level!, slope!], [places.gather(index(point))], [column(0), column(1)])[0]!;
    };
    const options = { loss, lossScale: 0.03, gradientTolerance: 1e-13, stepTolerance: 1e-14, costTolerance: 1e-15 };
    const dense = leastSquares(whole, [...Array.from(problem.cameras), ...Array.from(problem.points)], options);
    const blocks = blockLeastSquares(problem, options);
    expect(blocks.status).toMatch(/^converged/);
    expect(blocks.cost / dense.cost).toBeCloseTo(1, 12);
    [...blocks.cameras, ...blocks.points].forEach((x, j) => {
      expect(Math.abs(x - dense.parameters[j]!)).toBeLessThan(1e-8);
    });
  });

  test.each<[string, Partial<BlockProblem>, RegExp, typeof InputError | typeof ShapeError | typeof DTypeError]>([
    ['a size that is none', { cameraSize: 0 }, /cameraSize is 0/, InputError],
    [
      'parameters that do not divide',
      { cameraSize: 3 },
      /8 camera parameters, not a multiple of cameraSize = 3/,
      ShapeError,
    ],
    [
      'a start that is not finite',
      { points: new Array(items).fill(Number.NaN) },
      /parameter 0 of point 0 starts at NaN/,
      InputError,
    ],
    ['no observations', { observations: { camera: [], point: [], data: [] } }, /no observations/, InputError],
    [
      'an index too many',
      { observations: { camera, point: point.slice(1), data } },
      /144 cameras and 143 points/,
      ShapeError,
    ],
    [
      'an index out of range',
      { observations: { camera: camera.map(() => 4), point, data } },
      /camera of observation 0 is 4, but there are 4/,
      InputError,
    ],
    ['a fixed block out of range', { fixedPoints: [12] }, /fixed point 0 is 12/, InputError],
    [
      'data that do not divide',
      { observations: { camera, point, data: data.slice(1) } },
      /287 numbers of data/,
      ShapeError,
    ],
    [
      'data that are not finite',
      { observations: { camera, point, data: data.map(() => Number.POSITIVE_INFINITY) } },
      /number 0 of observation 0 is Infinity/,
      InputError,
    ],
    ['a residual that is not a list', { residual: (([a]: Tensor[]) => a) as never }, /must return a list/, InputError],
    ['a residual that is not a scalar', { residual: ([a]) => [a!.reshape([1])] }, /residuals are scalars/, ShapeError],
    ['a residual in f32', { residual: ([a]) => [a!.cast('f32')] }, /fits are in f64/, DTypeError],
  ])('%s is refused', (_, change, message, type) => {
    const attempt = (): unknown => blockLeastSquares({ ...problem, ...change });
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(type);
  });

  test('options that make no sense are refused', () => {
    expect(() => blockLeastSquares(problem, { innerTolerance: 1 })).toThrow(/innerTolerance is 1/);
    expect(() => blockLeastSquares(problem, { loss: 'biweight' as LossName })).toThrow(/loss "biweight"/);
  });
});
