import { describe, expect, it, test } from 'vitest';
import { applyQ, qr, upperFactor } from '../../../src/linalg/dense/qr.js';
import { type Matrix, matrix, matrixFromRows } from '../../../src/linalg/matrix.js';
import { insideBracket, MoreSteps, moreRadius, type Triangle } from '../../../src/linalg/trust-region/more.js';
import { generator } from '../../../src/tensor/index.js';
import { denseSolve, dot, relativeError } from '../../objective/support.js';

const norm = (x: Float64Array) => Math.sqrt(dot(x, x));

/** R and c = Qᵀ(−r) of a tall J. */
function triangleOf(j: Matrix, r: Float64Array, known: Partial<Triangle> = {}): Triangle {
  const n = j.columns;
  const factors = qr(j);
  const c = applyQ(
    factors,
    Float64Array.from(r, (x) => -x),
    { transpose: true },
  ).slice(0, n);
  const upper = upperFactor(factors).data.slice(0, n * n);
  return { n, k: n, upper, c, rank: n, pivoted: true, ...known };
}

/** JᵀJ + λI and −Jᵀr. */
function normalEquations(j: Matrix, r: Float64Array, damping: number) {
  const n = j.columns;
  const column = (l: number) => Float64Array.from(r, (_, i) => j.data[i * n + l]!);
  const left = Array.from({ length: n * n }, (_, at) => {
    const [i, l] = [Math.floor(at / n), at % n];
    return dot(column(i), column(l)) + (i === l ? damping : 0);
  });
  return { left, right: Array.from({ length: n }, (_, l) => -dot(column(l), r)) };
}

function random(m: number, n: number, seed: number) {
  const draw = generator(seed);
  return {
    j: matrix(
      m,
      n,
      Float64Array.from({ length: m * n }, () => draw.normal()),
    ),
    r: Float64Array.from({ length: m }, () => draw.normal()),
  };
}

describe.each([
  ['MINPACK', undefined],
  ['Moré 1978', insideBracket],
])('the step within a radius, first λ by %s', (_, begin) => {
  it.each([1e3, 0.3, 0.05, 1e-3, 1e-9])('%d: the normal equations of its λ hold', (radius) => {
    for (const n of [1, 3, 5, 40]) {
      const { j, r } = random(n + 6, n, n);
      const steps = new MoreSteps(triangleOf(j, r), begin);
      for (const guess of [0, 1e-8, 1, 1e8]) {
        steps.within(radius, guess);
        const { left, right } = normalEquations(j, r, steps.damping);
        expect(relativeError(steps.q, denseSolve(left, right))).toBeLessThan(1e-9);
        expect(steps.length).toBeCloseTo(norm(steps.q), 14);
        expect(steps.length).toBeLessThanOrEqual(1.1 * radius);
        if (steps.damping > 0) expect(steps.length).toBeGreaterThanOrEqual(0.9 * radius);
      }
    }
  });

  it('is zero where the residuals are orthogonal to J', () => {
    const none = triangleOf(matrix(2, 2), Float64Array.of(1, 1), { rank: 1, pivoted: false });
    const steps = new MoreSteps(none, begin);
    steps.within(1);
    expect([...steps.q, steps.length, steps.damping]).toEqual([0, 0, 0, 0]);
  });

  it('is finite where J lacks rank: the shortest without pivoting, a basic one with it', () => {
    const flat = matrixFromRows([
      [1, 1],
      [1, 1],
    ]);
    const triangle = triangleOf(flat, Float64Array.of(1, 1), { rank: 1 });
    const [basic, shortest] = [new MoreSteps(triangle, begin), new MoreSteps({ ...triangle, pivoted: false }, begin)];
    for (const steps of [basic, shortest]) steps.within(100);
    expect(basic.q[0]).toBeCloseTo(-1, 12);
    expect(basic.q[1]).toBe(0);
    for (const q of shortest.q) expect(q).toBeCloseTo(-0.5, 6);
  });
});

it('reads the leading part of a triangle that has room for more columns', () => {
  const { j, r } = random(9, 3, 4);
  const small = triangleOf(j, r);
  const upper = new Float64Array(25).fill(Number.NaN);
  for (let i = 0; i < 3; i++) upper.set(small.upper.subarray(3 * i, 3 * i + 3), 5 * i);
  const [alone, within] = [
    new MoreSteps(small),
    new MoreSteps({ ...small, n: 5, upper, c: Float64Array.of(...small.c, Number.NaN, Number.NaN) }),
  ];
  for (const steps of [alone, within]) steps.within(0.1);
  expect([...within.q]).toEqual([...alone.q, 0, 0]);
});

it.each([10, 0.1])('solveNormal solves (JᵀJ + λI)·x = b with the λ of the step within %d', (radius) => {
  const { j, r } = random(9, 4, 5);
  const steps = new MoreSteps(triangleOf(j, r));
  steps.within(radius);
  const b = Float64Array.of(1, -2, 3, 0.5);
  const x = b.slice();
  steps.solveNormal(x);
  expect(relativeError(x, denseSolve(normalEquations(j, r, steps.damping).left, [...b]))).toBeLessThan(1e-12);
});

describe("Moré's radius", () => {
  const steering = { shrink: 0.5, grow: 2, poor: 0.25, reach: 10 };
  test.each([
    ['disappoints: half', 0.2, 1, 1],
    ['disappoints and is much shorter: five of its lengths', 0.2, 0.01, 0.05],
    ['is not finite: half', Number.NaN, 1, 1],
    ['is as short as nothing: half', -1, 0, 1],
    ['is fair: as it was', 0.5, 1, 2],
    ['is good: twice its length', 0.75, 1.5, 3],
  ])('after a step that %s', (_, rho, length, expected) => {
    expect(moreRadius(2, rho, length, steering)).toBeCloseTo(expected, 15);
  });
});
