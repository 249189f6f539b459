import { expect, test } from 'vitest';
import { levenbergMarquardt } from '../../src/fit/compat/ml-levenberg-marquardt.js';
import * as expressions from '../../src/fit/expression.js';
import * as fits from '../../src/fit/index.js';
import { DTypeError, InputError, ShapeError, type Tensor } from '../../src/tensor/index.js';

const x = [0, 1, 2, 3];
const y = [4.1, 1.6, 0.8, 0.5];
const start = { a: 1, k: 1 };
const decay = (t: Tensor, { a, k }: Record<string, Tensor>) => a!.mul(t.mul(k!).neg().exp());
const numeric = { model: ([t]: Float64Array, { a, k }: Record<string, number>) => a! * Math.exp(-k! * t!) };
const fit = fits.curveFit(decay, { x, y }, { start });
const set = { model: decay, x, y };
const orthogonal = { x, y, sigmaX: 0.1, sigmaY: 0.1 };
const block = {
  residual: ([a]: readonly Tensor[], [b]: readonly Tensor[], [d]: readonly Tensor[]) => [a!.mul(b!).sub(d!)],
  ...{ cameras: [1, 1], cameraSize: 1, points: [1, 1, 1], pointSize: 1 },
  observations: { camera: [0, 0, 1, 1], point: [0, 1, 1, 2], data: [2, 4, 3, 6] },
};
const profile = {
  ...{ index: 0, parameters: [1], sumOfSquares: 1, standardError: 1, variance: 1, quantile: 2 },
  refit: (value: number) => ({ parameters: [value], sumOfSquares: 1 + (value - 1) ** 2 }),
};

/** Arguments that work, by exported function. */
const good: Readonly<Record<string, readonly unknown[]>> = {
  blockLeastSquares: [block, {}],
  curveFit: [
    decay,
    { x, y, sigma: [1, 1, 1, 1] },
    { start, fixed: { a: 1 }, bounds: { k: [0, 9] }, names: ['a', 'k'] },
  ],
  globalFit: [[set, set], { start: { a: [1, 2], k: 1 }, shared: ['k'], bounds: { k: [0, 9] }, fixed: {}, tied: {} }],
  largeLeastSquares: [(p: Tensor) => p.sub(2), [1, 1], { bounds: { lower: [0, 0], upper: [9, 9] } }],
  leastSquares: [
    (p: Tensor) => p.sub(2),
    [1, 1],
    { names: ['a', 'b'], bounds: { a: [0, 3] }, trustRegion: { damping: 1 } },
  ],
  multiStart: [
    (from: Record<string, number>) => fits.leastSquares((p) => p.sub(2), Object.values(from)),
    { box: { a: [0, 1] }, starts: 2, logarithmic: [] },
  ],
  orthogonalDistanceFit: [decay, orthogonal, { start, bounds: { k: [0, 9] } }],
  fitReport: [fit, { level: 0.9 }],
  fitBands: [fit, x, { sigma: 1 }],
  fitStatistics: [fit, { level: 0.9 }],
  globalStatistics: [fits.globalFit([set], { start, shared: [] }), {}],
  profileInterval: [profile],
  studentQuantile: [0.95, 3],
  variableProjection: [
    (t: Tensor, { k }: Record<string, Tensor>) => [t.mul(k!).neg().exp()],
    { x, y },
    { start: { k: 1 }, linearNames: ['a'], linearBounds: { a: [0, 9] }, bounds: { k: [0, 9] } },
  ],
  parseExpression: ['a*x', { names: ['a', 'x'] }],
  parseTies: [{ c: '2*a' }],
  expressionModel: ['a*x', { parameters: ['a'], variables: ['x'] }],
};
/** Stands in for a package of this name, and answers as that does. */
const standIns = [levenbergMarquardt];

const functions: Readonly<Record<string, unknown>> = { ...fits, ...expressions };

/** Every version of the value in which one part, at any depth, is something else. */
function* broken(value: unknown, path: string, depth = 0): Generator<[path: string, value: unknown]> {
  for (const bad of [null, 5n, 'text', Number.NaN, [], [5n], [null], {}, () => 1])
    yield [`${path} = ${String(bad)}`, bad];
  if (depth > 2 || typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const [key, part] of Object.entries(value)) {
    for (const [where, other] of broken(part, `${path}.${key}`, depth + 1)) {
      const copy: unknown = Array.isArray(value)
        ? value.map((own, i) => (String(i) === key ? other : own))
        : { ...value, [key]: other };
      yield [where, copy];
    }
    if (!Array.isArray(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      yield [`${path} without ${key}`, rest];
    }
  }
}

const typed = (error: unknown): boolean =>
  error instanceof InputError || error instanceof ShapeError || error instanceof DTypeError;

test('every exported function of fit has its row', () => {
  const exported = Object.entries(functions).filter(([, value]) => typeof value === 'function');
  expect(exported.map(([name]) => name).sort()).toEqual(Object.keys(good).sort());
  expect(standIns).toHaveLength(1);
});

test.each(Object.entries(good))('%s: whatever is wrong with an argument, no error comes from inside', (name, args) => {
  const call = functions[name] as (...given: readonly unknown[]) => unknown;
  call(...args);
  const astray: string[] = [];
  let refused = 0;
  args.forEach((arg, i) => {
    // What a fit returned is not written by hand: only exchanged as a whole.
    const versions = [...broken(arg, `argument ${i}`, arg === fit || name === 'globalStatistics' ? 9 : 0)];
    for (const [where, other] of versions) {
      try {
        call(...args.map((own, j) => (j === i ? other : own)));
      } catch (error) {
        if (typed(error)) refused++;
        else astray.push(`${where}: ${String(error)}`);
      }
    }
  });
  expect(astray).toEqual([]);
  expect(refused).toBeGreaterThan(0);
});

test('functions of plain numbers that return something else', () => {
  const attempts = [null, 5n, 'text', undefined, {}].flatMap((bad) => {
    const give = (): never => bad as never;
    return [
      () => fits.curveFit({ model: give }, { x, y }, { start }),
      () => fits.curveFit({ ...numeric, gradient: give }, { x, y }, { start }),
      () => fits.curveFit(give, { x, y }, { start }),
      () => fits.orthogonalDistanceFit({ model: give }, orthogonal, { start }),
      () => fits.orthogonalDistanceFit(give, orthogonal, { start }),
      () => fits.leastSquares({ residuals: give }, [1]),
      () => fits.leastSquares({ residuals: () => [1, 2], jacobian: give }, [1]),
      () => fits.leastSquares(give, [1]),
      () => fits.largeLeastSquares(give, [1]),
      () => fits.variableProjection(give, { x, y }, { start }),
      () => fits.blockLeastSquares({ ...block, residual: give }),
    ];
  });
  for (const attempt of attempts) {
    try {
      attempt();
    } catch (error) {
      expect(typed(error), String(error)).toBe(true);
    }
  }
});

test.each<[string, () => unknown, string]>([
  [
    'a parameter that the start lacks',
    () => fits.curveFit(decay, { x, y }, { start: { a: 1 } as never }),
    'it was given x and the parameters a',
  ],
  [
    'null in y',
    () => fits.curveFit(decay, { x, y: [1, null, 2, 3] as never }, { start }),
    'curveFit: y is null at place 1',
  ],
  [
    'a bigint in x',
    () => fits.curveFit(decay, { x: [0, 1, 2, 3n] as never, y }, { start }),
    'curveFit: x is the bigint 3n at place 3',
  ],
  ['no y', () => fits.curveFit(decay, { x } as never, { start }), 'curveFit: y is undefined; give a list of numbers'],
  ['an empty start', () => fits.curveFit(decay, { x, y }, { start: {} as never }), 'the start names no parameters'],
  [
    'no start',
    () => fits.curveFit<typeof start>(decay, { x, y }, {} as never),
    'curveFit: the start is undefined; give one number a parameter',
  ],
  [
    'no options',
    () => fits.curveFit<typeof start>(decay, { x, y }, undefined as never),
    'curveFit: the options is undefined; give',
  ],
  [
    'a null row',
    () => fits.curveFit(decay, { x: [[1], null] as never, y: [1, 2] }, { start }),
    'curveFit: x, row 1, is null',
  ],
  ['predictions elsewhere', () => fit.predict([[1, 2]]), 'predict: x is rows of 2, but the fit had a plain list'],
])('says what is wrong with %s', (_, run, message) => {
  expect(run).toThrow(message);
});
