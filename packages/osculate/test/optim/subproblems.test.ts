import { describe, expect, it } from 'vitest';
import { matrix } from '../../src/linalg/matrix.js';
import { dampedStep, scaledLeastSquares } from '../../src/optim/newton/parts/scaled-least-squares.js';
import { denseSolve, dot, relativeError } from './support.js';

describe('Levenberg-Marquardt step', () => {
  const jacobian = matrix(4, 3, Float64Array.of(1, 2, 0, 0, 1, 1, 3, 0, 1, 1, 1, 1));
  const residuals = Float64Array.of(1, -2, 3, 0.5);

  it.each([1e-3, 0.1, 0.5])(
    'radius %f: the normal equations of its λ hold, and ‖D·p‖ is within a tenth of Δ',
    (radius) => {
      const scale = Float64Array.of(1, 5, 0.2);
      const { step, damping, length, predicted } = dampedStep(scaledLeastSquares(jacobian, residuals, scale), radius);
      const column = (j: number) => [0, 1, 2, 3].map((i) => jacobian.data[3 * i + j]!);
      const normal = [0, 1, 2].flatMap((i) =>
        [0, 1, 2].map((j) => dot(column(i), column(j)) + (i === j ? damping * scale[i]! ** 2 : 0)),
      );
      expect(
        relativeError(
          step,
          denseSolve(
            normal,
            [0, 1, 2].map((j) => -dot(column(j), residuals)),
          ),
        ),
      ).toBeLessThan(1e-10);
      expect(Math.abs(length - radius)).toBeLessThanOrEqual(0.1 * radius);
      const after = residuals.map((r, i) => r + dot(jacobian.data.subarray(3 * i, 3 * i + 3), step));
      expect(predicted).toBeCloseTo(dot(residuals, residuals) - dot(after, after), 10);
    },
  );

  it('is zero where the residuals are orthogonal to J, and finite where J has no rank', () => {
    const none = dampedStep(scaledLeastSquares(matrix(2, 2), Float64Array.of(1, 1), Float64Array.of(1, 1)), 1);
    expect(Array.from(none.step)).toEqual([0, 0]);
    const flat = scaledLeastSquares(
      matrix(2, 2, Float64Array.of(1, 1, 1, 1)),
      Float64Array.of(1, 1),
      Float64Array.of(1, 1),
    );
    const { step, predicted } = dampedStep(flat, 100);
    expect(step[0]! + step[1]!).toBeCloseTo(-1, 6);
    expect(predicted).toBeCloseTo(2, 6);
  });
});
