import { levenbergMarquardt as original } from 'ml-levenberg-marquardt';
import { describe, expect, it } from 'vitest';
import { levenbergMarquardt } from '../../src/fit/compat/ml-levenberg-marquardt.js';
import { InputError } from '../../src/tensor/index.js';
import { line, x, y } from './statistics/line.js';

const straight =
  ([a, b]: number[]) =>
  (t: number) =>
    a! + b! * t;

/** Damped oscillation with a disturbance that no parameters remove. */
const wave =
  ([a, k, w]: number[]) =>
  (t: number) =>
    a! * Math.exp(-k! * t) * Math.cos(w! * t);
const times = Float64Array.from({ length: 40 }, (_, i) => i / 8);
const heights = times.map((t, i) => wave([3, 0.4, 2])(t) + 0.05 * Math.sin(12.9 * i));
const waves = { x: times, y: heights };

describe('levenbergMarquardt of ml-levenberg-marquardt', () => {
  it('returns the same fields with the same meaning as the package', () => {
    const options = {
      initialValues: [2.5, 0.3, 1.9],
      damping: 0.01,
      gradientDifference: 1e-6,
      centralDifference: true,
      maxIterations: 500,
      errorTolerance: 0,
    };
    const theirs = original(waves, wave, options);
    const ours = levenbergMarquardt(waves, wave, options);
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(ours.parameterError).toBeLessThanOrEqual(theirs.parameterError * (1 + 1e-12));
    ours.parameterValues.forEach((value, j) => {
      expect(value).toBeCloseTo(theirs.parameterValues[j]!, 4);
    });
    expect(ours.iterations).toBeGreaterThan(0);
  });

  it('finds the closed-form line, with defaults and with each way to derivatives', () => {
    const { a, b, sumOfSquares } = line();
    for (const options of [
      {},
      { jacobianFunction: () => (t: number) => [1, t] },
      { gradientDifference: [0.1, 0.1] },
      { gradientDifference: 0.1, centralDifference: true },
      { gradientDifference: [0.1] },
    ]) {
      const found = levenbergMarquardt({ x, y }, straight, { initialValues: [0, 0], ...options });
      expect(found.parameterValues[0]).toBeCloseTo(a, 7);
      expect(found.parameterValues[1]).toBeCloseTo(b, 7);
      expect(found.parameterError).toBeCloseTo(sumOfSquares, 10);
    }
  });

  it('minimises the weighted sum that it returns', () => {
    const weights = x.map((_, i) => 1 / (0.1 * (i + 1)));
    const { a, b, sumOfSquares } = line(weights.map((w) => 1 / w));
    const found = levenbergMarquardt({ x, y }, straight, { initialValues: [0, 0], weights });
    expect(found.parameterValues[0]).toBeCloseTo(a, 9);
    expect(found.parameterValues[1]).toBeCloseTo(b, 9);
    expect(found.parameterError).toBeCloseTo(sumOfSquares, 9);
    const all = levenbergMarquardt({ x, y }, straight, { initialValues: [0, 0], weights: [2, 3] });
    expect(all.parameterError).toBeCloseTo(4 * line().sumOfSquares, 9);
  });

  it('keeps to bounds, and holds a parameter whose difference is 0', () => {
    const initialValues = [0, 1];
    const bounded = levenbergMarquardt({ x, y }, straight, { initialValues, minValues: [0.5, 0], maxValues: [9, 9] });
    expect(bounded.parameterValues[0]).toBe(0.5);
    const held = levenbergMarquardt({ x, y }, straight, { initialValues: [0.25, 1], gradientDifference: [0, 0.1] });
    expect(held.parameterValues[0]).toBe(0.25);
    const dot = (f: (i: number) => number): number => x.reduce((sum, _, i) => sum + f(i), 0);
    const slope = dot((i) => x[i]! * (y[i]! - 0.25)) / dot((i) => x[i]! ** 2);
    expect(held.parameterValues[1]).toBeCloseTo(slope, 7);
  });

  it('stops after maxIterations', () => {
    const start = { initialValues: [1, 1, 1.7] };
    const short = levenbergMarquardt(waves, wave, { ...start, maxIterations: 1 });
    const long = levenbergMarquardt(waves, wave, start);
    expect(short.iterations).toBeLessThanOrEqual(2); // one in each of two runs
    expect(short.parameterError).toBeGreaterThan(long.parameterError);
    expect(levenbergMarquardt(waves, wave, { ...start, maxIterations: 0 }).parameterValues).toEqual([1, 1, 1.7]);
  });

  it('throws as the package does when the time is over', () => {
    const run = () => levenbergMarquardt(waves, wave, { initialValues: [1, 1, 1.7], timeout: 0 });
    expect(run).toThrow('The execution time is over to 0 seconds');
  });

  it('stays at a start where the model is not finite', () => {
    const root =
      ([a]: number[]) =>
      (t: number) =>
        Math.sqrt(a!) * t;
    const found = levenbergMarquardt({ x, y }, root, { initialValues: [-1] });
    expect(found.parameterValues).toEqual([-1]);
    expect(found.parameterError).toBeNaN();
  });

  it('refuses malformed data and options', () => {
    const initialValues = [0, 0];
    const fit =
      (options: object, data: object = { x, y }) =>
      () =>
        levenbergMarquardt(data as never, straight, { initialValues, ...options } as never);
    expect(fit({ initialValues: [] })).toThrow(InputError);
    expect(fit({ initialValues: [] })).toThrow('initialValues is mandatory');
    expect(fit({ damping: 0 })).toThrow('damping is 0');
    expect(fit({ maxIterations: -1 })).toThrow('maxIterations is -1');
    expect(fit({ timeout: 'soon' })).toThrow('timeout is soon');
    expect(fit({ weights: 'many' })).toThrow('weights must be a number or an array of 8');
    expect(fit({ gradientDifference: null })).toThrow('gradientDifference must be');
    expect(fit({ minValues: [0] })).toThrow('minValues has 1 elements for 2 parameters');
    expect(fit({}, { x: [1], y: [1] })).toThrow('data.x must be an array of at least 2');
    expect(fit({}, { x, y: [1, 2] })).toThrow('data.x has 8 elements and data.y 2');
  });
});
