import { describe, expect, test } from 'vitest';
import { curveFit, fitReport, fitStatistics, type SeparableModel, variableProjection } from '../../src/fit/index.js';
import type { BasisFunctions, VariableProjectionOptions } from '../../src/fit/variable-projection.js';
import { full, InputError, ShapeError, type Tensor } from '../../src/tensor/index.js';
import { correctDigits, type NistProblem, nistProblems } from './nist.js';

const one = (): Tensor => full(1, 'f64');
const decay = (x: Tensor, k: Tensor): Tensor => k.mul(x).neg().exp();
const bell = (x: Tensor, centre: Tensor, width: Tensor): Tensor => {
  const z = x.sub(centre).div(width);
  return z.mul(z).neg().exp();
};
const waves = (x: Tensor, period: Tensor | number): Tensor[] => {
  const angle = x.mul(2 * Math.PI).div(period);
  return [angle.cos(), angle.sin()];
};
const exponentials: BasisFunctions = (x, k) => k.map((rate) => decay(x, rate));
const peaks: BasisFunctions = (x, [k, c, w, d, v]) => [decay(x, k!), bell(x, c!, w!), bell(x, d!, v!)];

/** A NIST model as a basis, and where the nonlinear and the linear parameters stand in NIST's order. */
interface Separable {
  readonly basis: BasisFunctions;
  readonly nonlinear: readonly number[];
  readonly linear: readonly number[];
  /** Another order of [nonlinear, linear] that is the same model: nothing but rounding decides which one a fit from afar ends in. */
  readonly twin?: readonly number[];
}

const lanczos: Separable = { basis: exponentials, nonlinear: [1, 3, 5], linear: [0, 2, 4] };
const gauss: Separable = { basis: peaks, nonlinear: [1, 3, 4, 6, 7], linear: [0, 2, 5] };
const separable: Readonly<Record<string, Separable>> = {
  Lanczos1: lanczos,
  Lanczos2: lanczos,
  Lanczos3: lanczos,
  Gauss1: gauss,
  Gauss2: gauss,
  Gauss3: gauss,
  ENSO: {
    basis: (x, [a, b]) => [one(), ...waves(x, 12), ...waves(x, a!), ...waves(x, b!)],
    nonlinear: [3, 6],
    linear: [0, 1, 2, 4, 5, 7, 8],
  },
  Misra1a: { basis: (x, [k]) => [one().sub(decay(x, k!))], nonlinear: [1], linear: [0] },
  Misra1b: {
    basis: (x, [b]) => [one().sub(b!.mul(x).div(2).add(1).pow(-2))],
    nonlinear: [1],
    linear: [0],
  },
  Misra1c: {
    basis: (x, [b]) => [one().sub(b!.mul(x).mul(2).add(1).pow(-0.5))],
    nonlinear: [1],
    linear: [0],
  },
  Misra1d: { basis: (x, [b]) => [b!.mul(x).div(b!.mul(x).add(1))], nonlinear: [1], linear: [0] },
  BoxBOD: { basis: (x, [k]) => [one().sub(decay(x, k!))], nonlinear: [1], linear: [0] },
  MGH17: {
    basis: (x, [k, l]) => [one(), decay(x, k!), decay(x, l!)],
    nonlinear: [3, 4],
    linear: [0, 1, 2],
    twin: [4, 3, 0, 2, 1],
  },
  DanWood: { basis: (x, [k]) => [x.pow(k!)], nonlinear: [1], linear: [0] },
  Rat42: {
    basis: (x, [b, k]) => [b!.sub(k!.mul(x)).exp().add(1).reciprocal()],
    nonlinear: [1, 2],
    linear: [0],
  },
  Eckerle4: {
    basis: (x, [width, centre]) => {
      const z = x.sub(centre!).div(width!);
      return [z.mul(z).mul(-0.5).exp().div(width!)];
    },
    nonlinear: [1, 2],
    linear: [0],
  },
  MGH09: {
    basis: (x, [b, c, d]) => [x.mul(x.add(b!)).div(x.mul(x.add(c!)).add(d!))],
    nonlinear: [1, 2, 3],
    linear: [0],
  },
  Thurber: {
    basis: (x, [a, b, c]) => {
      const below = c!.mul(x).add(b!).mul(x).add(a!).mul(x).add(1);
      return [0, 1, 2, 3].map((power) => x.pow(power).div(below));
    },
    nonlinear: [4, 5, 6],
    linear: [0, 1, 2, 3],
  },
};

const problems = nistProblems().filter(({ name }) => separable[name]);
const pick = (values: ArrayLike<number>, indices: readonly number[]): number[] => indices.map((i) => values[i]!);
const plainX = (problem: NistProblem): number[] => problem.x.map((row) => row[0]!);

function fitNist(
  problem: NistProblem,
  start: readonly number[],
  options: Omit<VariableProjectionOptions, 'start'> = {},
) {
  const { basis, nonlinear, linear, twin } = separable[problem.name]!;
  const data = { x: plainX(problem), y: problem.y };
  const fit = variableProjection(basis, data, { start: pick(start, nonlinear), ...options });
  const given = [...nonlinear, ...linear];
  const digits = (order: readonly number[]) => correctDigits(fit.parameters, pick(problem.certified, order));
  const order = twin && digits(twin) > digits(given) ? twin : given;
  return { fit, certified: pick(problem.certified, order), deviations: pick(problem.deviations, order) };
}

describe('variableProjection on the separable NIST problems', () => {
  const cases = problems.flatMap((problem) =>
    problem.starts.map((start, i) => ({ problem, start, label: `${problem.name} ${i + 1}` })),
  );

  test.each(cases)('$label: 9 certified digits from the nonlinear start alone', ({ problem, start }) => {
    const { fit, certified, deviations } = fitNist(problem, start);
    expect(correctDigits(fit.parameters, certified)).toBeGreaterThanOrEqual(9);
    expect(fit.status).toMatch(/^(converged-.*|relative-offset)$/);
    expect(fit.rank).toBe(certified.length);
    const { parameters } = fitStatistics(fit);
    if (problem.name === 'Lanczos1') return;
    parameters.forEach(({ standardError }, j) => {
      expect(Math.abs(standardError / deviations[j]! - 1)).toBeLessThan(1e-6);
    });
  });
});

/** Two decays and a constant with noise, unequal weights and a term without a coefficient. */
const x = Array.from({ length: 40 }, (_, i) => i / 8);
const y = x.map((t, i) => 3 * Math.exp(-0.5 * t) + 2 * Math.exp(-2.5 * t) - 1 + 0.05 * Math.sin(31 * i) + 0.3 * t);
const sigma = x.map((_, i) => 0.5 + 0.02 * i);
const model: SeparableModel<Record<'k' | 'l', Tensor>> = {
  basis: (t, { k, l }) => [decay(t, k), decay(t, l), one()],
  fixed: (t) => t.mul(0.3),
};
const start = { k: 0.3, l: 4 };
const linearNames = ['a', 'b', 'c'];

describe('variableProjection', () => {
  const whole = curveFit(
    (t, { k, l, a, b, c }) =>
      a
        .mul(decay(t, k))
        .add(b.mul(decay(t, l)))
        .add(c)
        .add(t.mul(0.3)),
    { x, y, sigma },
    { start: { ...start, a: 1, b: 1, c: 0 } },
  );

  test('is the full fit: parameters, cost, Jacobian, statistics and report', () => {
    const fit = variableProjection(model, { x, y, sigma }, { start, linearNames });
    expect(fit.names).toEqual(whole.names);
    fit.parameters.forEach((p, j) => {
      expect(p).toBeCloseTo(whole.parameters[j]!, 9);
    });
    expect(Array.from(fit.nonlinear)).toEqual(Array.from(fit.parameters.slice(0, 2)));
    expect(Array.from(fit.linear)).toEqual(Array.from(fit.parameters.slice(2)));
    expect(fit.cost / whole.cost).toBeCloseTo(1, 13);
    fit.jacobian.forEach((d, i) => {
      expect(d).toBeCloseTo(whole.jacobian[i]!, 8);
    });
    const [ours, theirs] = [fit.statistics, whole.statistics];
    ours.covariance.data.forEach((c, i) => {
      expect(c / theirs.covariance.data[i]!).toBeCloseTo(1, 7);
    });
    expect(ours.rSquared).toBeCloseTo(theirs.rSquared, 12);
    expect(fitReport(fit)).toMatch(/\n {4}c +-0\.9\d+ +±/);
  });

  test('a full covariance weighs as in curveFit', () => {
    const covariance = x.map((s) => x.map((t) => Math.exp(-Math.abs(s - t)) + (s === t ? 0.1 : 0)));
    const fit = variableProjection(model, { x, y, covariance }, { start, linearNames });
    const full = curveFit(
      (t, { k, l, a, b, c }) =>
        a
          .mul(decay(t, k))
          .add(b.mul(decay(t, l)))
          .add(c)
          .add(t.mul(0.3)),
      { x, y, covariance },
      { start: { ...start, a: 1, b: 1, c: 0 } },
    );
    fit.parameters.forEach((p, j) => {
      expect(p).toBeCloseTo(full.parameters[j]!, 9);
    });
  });

  test('a basis as one tensor [m, p] is the same as columns', () => {
    const basis: BasisFunctions = (t, [k, l]) => {
      const rates = k!
        .reshape([1])
        .expand([2])
        .mul(t.slice([0], [2]).mul(0).add(1));
      const columns = [k!, l!].map((rate) => decay(t, rate).reshape([x.length, 1]));
      return columns[0]!
        .pad([0, 0], [0, 1])
        .add(columns[1]!.pad([0, 1], [0, 0]))
        .add(rates.sum().mul(0));
    };
    const [tensor, columns] = [basis, exponentials].map((b) => variableProjection(b, { x, y }, { start: [0.3, 4] }));
    tensor!.parameters.forEach((p, j) => {
      expect(p).toBeCloseTo(columns!.parameters[j]!, 9);
    });
  });

  test('Kaufman: the same solution', () => {
    const fit = variableProjection(model, { x, y, sigma }, { start, linearNames, jacobian: 'kaufman' });
    fit.parameters.forEach((p, j) => {
      expect(p).toBeCloseTo(whole.parameters[j]!, 9);
    });
    expect(fit.status).toMatch(/^(converged-.*|relative-offset)$/);
  });

  test('fewer iterations than the full fit, from the same nonlinear start, over the NIST problems', () => {
    const count = (fits: readonly { iterations: number }[]): number => fits.reduce((sum, f) => sum + f.iterations, 0);
    const runs = problems.flatMap((problem) => problem.starts.map((from) => ({ problem, from })));
    const projected = runs.map(({ problem, from }) => fitNist(problem, from, { polish: false }).fit);
    const joint = runs.map(({ problem, from }) =>
      curveFit(
        problem.traced,
        { x: plainX(problem), y: problem.y },
        { start: from, polish: false, acceleration: false },
      ),
    );
    expect(count(projected)).toBeLessThan(0.5 * count(joint));
  });

  test('a second fit to other data of the shape leaves the first as it was', () => {
    const first = variableProjection(model, { x, y }, { start });
    const before = first.parameters.slice();
    const second = variableProjection(model, { x, y: y.map((v) => 2 * v - 0.3) }, { start });
    expect(first.parameters).toEqual(before);
    expect(second.parameters).not.toEqual(before);
  });

  test('narrow peaks over many points, each vanishing to nothing far away', () => {
    const at = Array.from({ length: 1500 }, (_, i) => i / 10);
    const shape = [30, 0.8, 70, 1.2, 110, 0.9];
    const heights = [2, 1, 3];
    const values = at.map((t, i) =>
      heights.reduce(
        (s, h, k) => s + h * Math.exp(-(((t - shape[2 * k]!) / shape[2 * k + 1]!) ** 2)),
        0.01 * Math.sin(37 * i),
      ),
    );
    const bells: BasisFunctions = (t, p) => [0, 2, 4].map((k) => bell(t, p[k]!, p[k + 1]!));
    const fit = variableProjection(
      bells,
      { x: at, y: values },
      { start: shape.map((v, k) => v * (k % 2 ? 1.2 : 1.002)) },
    );
    const joint = curveFit(
      (t, p) => [0, 2, 4].map((k, i) => p[6 + i]!.mul(bell(t, p[k]!, p[k + 1]!))).reduce((a, b) => a.add(b)),
      { x: at, y: values },
      { start: [...shape, ...heights] },
    );
    for (const { status } of [fit, joint]) expect(status).toMatch(/^(converged-.*|relative-offset)$/);
    fit.parameters.forEach((p, j) => {
      expect(p).toBeCloseTo(joint.parameters[j]!, 10);
    });
  });

  test('another fixed term with the same basis is another model', () => {
    const steeper = variableProjection({ ...model, fixed: (t) => t.mul(0.4) }, { x, y }, { start });
    const line = variableProjection(model, { x, y: y.map((v, i) => v - 0.1 * x[i]!) }, { start });
    steeper.parameters.forEach((p, j) => {
      expect(p).toBeCloseTo(line.parameters[j]!, 9);
    });
  });
});

/** Largest violation of the optimality conditions, gradients relative to the norms of their columns and the residuals. */
function violation(
  { parameters, jacobian, residuals }: { parameters: Float64Array; jacobian: Float64Array; residuals: Float64Array },
  lower: readonly number[],
  upper: readonly number[],
): number {
  const n = parameters.length;
  const size = Math.hypot(...residuals);
  return Math.max(
    ...Array.from(parameters, (p, j) => {
      const column = Array.from(residuals, (_, i) => jacobian[i * n + j]!);
      const slope = column.reduce((sum, d, i) => sum + d * residuals[i]!, 0) / (Math.hypot(...column) * size || 1);
      const outside = Math.max(0, lower[j]! - p, p - upper[j]!);
      const [low, high] = [p <= lower[j]!, p >= upper[j]!];
      const inward = low && high ? 0 : low ? Math.max(0, -slope) : high ? Math.max(0, slope) : Math.abs(slope);
      return Math.max(outside, inward);
    }),
  );
}

describe('variableProjection with bounds', () => {
  const inf = Number.POSITIVE_INFINITY;
  const cases: readonly [
    string,
    { lower: number[]; upper: number[] },
    { lower: number[]; upper: number[] },
    number[],
  ][] = [
    [
      'a linear bound',
      { lower: [0, 0], upper: [inf, inf] },
      { lower: [0, 0, -0.8], upper: [inf, inf, inf] },
      [0, 0, 0, 0, -1],
    ],
    [
      'linear bounds on both sides',
      { lower: [0, 0], upper: [inf, inf] },
      { lower: [-inf, -inf, -0.8], upper: [2.5, inf, inf] },
      [0, 0, 1, 0, -1],
    ],
    [
      'a nonlinear bound',
      { lower: [0.6, 0], upper: [inf, inf] },
      { lower: [-inf, -inf, -inf], upper: [inf, inf, inf] },
      [-1, 0, 0, 0, 0],
    ],
    [
      'both kinds',
      { lower: [0.6, 0], upper: [inf, 3] },
      { lower: [-inf, -inf, -0.7], upper: [inf, inf, inf] },
      [0, 1, 0, 0, -1],
    ],
    [
      'a fixed coefficient',
      { lower: [0, 0], upper: [inf, inf] },
      { lower: [-inf, 1.5, -inf], upper: [inf, 1.5, inf] },
      [0, 0, 0, -1, 0],
    ],
  ];

  test.each(cases)('%s: optimal to 1e-8, and the full bounded fit', (_, bounds, linearBounds, active) => {
    const fit = variableProjection(model, { x, y, sigma }, { start, bounds, linearBounds });
    const [lower, upper] = [
      [...bounds.lower, ...linearBounds.lower],
      [...bounds.upper, ...linearBounds.upper],
    ];
    expect(violation(fit, lower, upper)).toBeLessThan(1e-8);
    expect(Array.from(fit.activeBounds)).toEqual(active);
    const full = curveFit(
      (t, [k, l, a, b, c]) =>
        a!
          .mul(decay(t, k!))
          .add(b!.mul(decay(t, l!)))
          .add(c!)
          .add(t.mul(0.3)),
      { x, y, sigma },
      { start: [0.7, 2.5, 1, 1, 0], bounds: { lower, upper } },
    );
    expect(fit.cost / full.cost).toBeCloseTo(1, 9);
    const { parameters } = fitStatistics(fit);
    active.forEach((side, j) => {
      expect(parameters[j]!.state).toBe(side === 0 ? 'estimated' : 'held');
    });
  });

  test('without bounds the cases would not be bounded', () => {
    const { parameters } = variableProjection(model, { x, y, sigma }, { start });
    expect(parameters[0]).toBeLessThan(0.6);
    expect(parameters[2]).toBeGreaterThan(2.5);
    expect(parameters[4]).toBeLessThan(-0.8);
  });
});

describe('variableProjection where something is wrong', () => {
  test('a basis of two functions that agree: singular, with the fit of one', () => {
    const twice: BasisFunctions = (t, [k]) => [decay(t, k!), one(), decay(t, k!).mul(2)];
    const once: BasisFunctions = (t, [k]) => [decay(t, k!), one()];
    const [fit, expected] = [twice, once].map((basis) => variableProjection(basis, { x, y }, { start: [1] }));
    expect(fit!.status).toBe('singular');
    expect(fit!.rank).toBe(3);
    expect(fit!.cost).toBeCloseTo(expected!.cost, 10);
    expect(fit!.nonlinear[0]).toBeCloseTo(expected!.nonlinear[0]!, 8);
    expect(fit!.warnings.join()).toMatch(/not identifiable: changes of (c1|c3)/);
    const states = fitStatistics(fit!).parameters.map(({ state }) => state);
    expect(states).toEqual(['estimated', 'undetermined', 'estimated', 'undetermined']);
  });

  test('more functions than observations fit exactly', () => {
    const { cost, status } = variableProjection(exponentials, { x: [0, 1], y: [1, 3] }, { start: [0.1, 0.2, 0.4] });
    expect(cost).toBeLessThan(1e-24);
    expect(status).toBe('singular');
  });

  test('a basis that is not finite at the start', () => {
    const fit = variableProjection((t, [k]) => [t.add(1).log().div(k!)], { x, y }, { start: [0] });
    expect(fit.status).toBe('non-finite-start');
    expect(fit.nonlinear[0]).toBe(0);
  });

  test('trial points where the basis is not finite are left', () => {
    const fit = variableProjection(
      (t, [k]) => [t.add(k!).log(), one()],
      { x, y: x.map((t) => Math.log(t + 0.01)) },
      { start: [5] },
    );
    expect(fit.nonlinear[0]).toBeCloseTo(0.01, 8);
  });

  test('the budget', () => {
    expect(variableProjection(model, { x, y }, { start, maxEvaluations: 2 }).status).toBe('max-evaluations');
  });

  test.each<[string, () => unknown, typeof InputError | typeof ShapeError, RegExp]>([
    ['no functions', () => variableProjection(() => [], { x, y }, { start: [1] }), InputError, /returns no functions/],
    [
      'a function of other length',
      () => variableProjection((t) => [t.slice([0], [3])], { x, y }, { start: [1] }),
      ShapeError,
      /basis function 0 .* 40 rows/,
    ],
    [
      'a tensor of other shape',
      () => variableProjection((t) => t, { x, y }, { start: [1] }),
      ShapeError,
      /return \[40, p\]/,
    ],
    ['no start', () => variableProjection(() => [one()], { x, y }, { start: [] }), InputError, /no elements/],
    [
      'too few names',
      () => variableProjection(model, { x, y }, { start, linearNames: ['a'] }),
      InputError,
      /each of the 3 basis functions/,
    ],
    [
      'a name twice',
      () => variableProjection(model, { x, y }, { start, linearNames: ['a', 'k', 'b'] }),
      InputError,
      /its own/,
    ],
    [
      'crossed linear bounds',
      () => variableProjection(model, { x, y }, { start, linearBounds: { lower: [1, 0, 0], upper: [0, 1, 1] } }),
      InputError,
      /bounds of c1/,
    ],
    [
      'data of other length',
      () => variableProjection(model, { x, y: [1] }, { start }),
      ShapeError,
      /40 rows of x and 1 of y/,
    ],
  ])('refuses %s', (_, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
