import { describe, expect, it } from 'vitest';
import { matrix } from '../../../src/linalg/matrix.js';
import {
  fromEigenbasis,
  modelDecrease,
  shiftedMinimizer,
  spectralModel,
} from '../../../src/linalg/trust-region/more-sorensen.js';
import { generator } from '../../../src/tensor/index.js';
import { denseSolve, dot, relativeError } from '../../objective/support.js';

function random(n: number, seed: number) {
  const draw = generator(seed);
  const b = matrix(n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) b.data[i * n + j] = b.data[j * n + i] = draw.normal();
  return { b, g: Float64Array.from({ length: n }, () => draw.normal()) };
}

const norm = (x: Float64Array) => Math.sqrt(dot(x, x));

describe('trust-region subproblem', () => {
  it.each([0.01, 0.3, 1, 5])('radius %f: (B + μI)p = −g, μ ≥ max(0, −λ₁), μ·(Δ − ‖p‖) = 0', (radius) => {
    for (const seed of [1, 2, 3]) {
      const { b, g } = random(7, seed);
      const model = spectralModel(g, b);
      const p = fromEigenbasis(model, shiftedMinimizer(model, radius, 0));
      const bp = p.map((_, i) => dot(b.data.subarray(7 * i, 7 * i + 7), p));
      const mu =
        -dot(
          p,
          bp.map((x, i) => x + g[i]!),
        ) / dot(p, p);
      expect(
        relativeError(
          bp.map((x, i) => x + mu * p[i]!),
          g.map((x) => -x),
        ),
      ).toBeLessThan(1e-9);
      expect(mu).toBeGreaterThanOrEqual(-model.values[0]! - 1e-9);
      expect(norm(p)).toBeCloseTo(radius, 9);
    }
  });

  it("is Newton's step where that is shorter", () => {
    const model = spectralModel(Float64Array.of(1, 1), matrix(2, 2, Float64Array.of(4, 1, 1, 3)));
    const p = fromEigenbasis(model, shiftedMinimizer(model, 10, 0));
    expect(relativeError(p, denseSolve([4, 1, 1, 3], [-1, -1]))).toBeLessThan(1e-14);
  });

  it('hard case: no slope along the lowest eigenvector', () => {
    // λ = −2, 1; g along the second: p₂ = −1/(1 + 2), and the rest of the radius along the first.
    const model = spectralModel(Float64Array.of(0, 1), matrix(2, 2, Float64Array.of(-2, 0, 0, 1)));
    const s = shiftedMinimizer(model, 2, 0);
    const p = fromEigenbasis(model, s);
    expect(p[1]).toBeCloseTo(-1 / 3, 14);
    expect(norm(p)).toBeCloseTo(2, 14);
    // −(p₂ + ½·(−2·p₁² + p₂²)) = 1/3 + 35/9 − 1/18.
    expect(modelDecrease(model, s)).toBeCloseTo(25 / 6, 12);
  });

  it('nearly hard case: a slope of 1e-200 along it', () => {
    const model = spectralModel(Float64Array.of(1e-200, 1), matrix(2, 2, Float64Array.of(-2, 0, 0, 1)));
    const p = fromEigenbasis(model, shiftedMinimizer(model, 2, 0));
    expect(norm(p)).toBeCloseTo(2, 10);
    expect(p[0]).toBeLessThan(0);
  });

  it('a zero gradient at a saddle: along the lowest eigenvector', () => {
    const model = spectralModel(Float64Array.of(0, 0), matrix(2, 2, Float64Array.of(-2, 0, 0, 1)));
    expect(norm(shiftedMinimizer(model, 3, 0))).toBeCloseTo(3, 14);
  });
});

describe('cubic subproblem', () => {
  it.each([1e-3, 1, 1e3])('weight %f: (B + σ‖p‖I)p = −g and B + σ‖p‖I is positive semi-definite', (sigma) => {
    for (const seed of [1, 2, 3]) {
      const { b, g } = random(7, seed);
      const model = spectralModel(g, b);
      const p = fromEigenbasis(model, shiftedMinimizer(model, 0, 1 / sigma));
      const mu = sigma * norm(p);
      const left = p.map((x, i) => dot(b.data.subarray(7 * i, 7 * i + 7), p) + mu * x);
      expect(
        relativeError(
          left,
          g.map((x) => -x),
        ),
      ).toBeLessThan(1e-9);
      expect(mu).toBeGreaterThanOrEqual(-model.values[0]! - 1e-9);
    }
  });

  it('hard case: ‖p‖ = −λ₁/σ', () => {
    const model = spectralModel(Float64Array.of(0, 1), matrix(2, 2, Float64Array.of(-2, 0, 0, 1)));
    expect(norm(shiftedMinimizer(model, 0, 1 / 0.5))).toBeCloseTo(4, 13);
  });
});
