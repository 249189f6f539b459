import { levenbergMarquardt as original } from 'ml-levenberg-marquardt';
import { describe, expect, it } from 'vitest';
import { levenbergMarquardt } from '../../src/fit/compat/ml-levenberg-marquardt.js';
import { leastSquares } from '../../src/fit/index.js';
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

  it('takes the examples of the README of the package', () => {
    const x = [0, 1, 2, 3, 4, 5, 6];
    const y = [-2, 0, 2, 4, 6, 8, 10];
    const slope =
      ([a, b]: number[]) =>
      (t: number) =>
        a! * t + b!;
    const jacobianFunction = () => (t: number) => [t, 1];
    for (const options of [{ initialValues: [1, 0] }, { initialValues: [1, 0], jacobianFunction }]) {
      const theirs = original({ x, y }, slope, options);
      const ours = levenbergMarquardt({ x, y }, slope, options);
      theirs.parameterValues.forEach((value, j) => {
        expect(ours.parameterValues[j]).toBeCloseTo(value, 4);
      });
      expect(ours.parameterError).toBeLessThanOrEqual(theirs.parameterError);
    }
    const sine =
      ([a, b]: number[]) =>
      (t: number) =>
        a! * Math.sin(b! * t);
    const times = Array.from({ length: 20 }, (_, i) => i / 3);
    const data = { x: times, y: times.map(sine([2, 0.9])) };
    const options = {
      damping: 1.5,
      initialValues: [1.5, 1],
      minValues: [0, 0],
      maxValues: [5, 5],
      gradientDifference: 10e-2,
      maxIterations: 100,
      errorTolerance: 10e-3,
    };
    const [theirs, ours] = [original(data, sine, options), levenbergMarquardt(data, sine, options)];
    for (const { parameterValues, parameterError } of [theirs, ours]) {
      expect(parameterError).toBeLessThanOrEqual(10e-3);
      expect(parameterValues[0]).toBeCloseTo(2, 1);
      expect(parameterValues[1]).toBeCloseTo(0.9, 1);
    }
  });

  it('stops at errorTolerance, and not before', () => {
    const start = { initialValues: [1, 1, 1.7] };
    const least = levenbergMarquardt(waves, wave, start);
    const early = levenbergMarquardt(waves, wave, { ...start, errorTolerance: 1 });
    expect(early.parameterError).toBeLessThanOrEqual(1);
    expect(early.parameterError).toBeGreaterThan(least.parameterError * 1.001);
    expect(early.iterations).toBeLessThan(least.iterations);
    const there = levenbergMarquardt(waves, wave, { ...start, errorTolerance: 1e9 });
    expect([there.parameterValues, there.iterations]).toEqual([[1, 1, 1.7], 0]);
    const beyond = levenbergMarquardt(waves, wave, { ...start, errorTolerance: least.parameterError / 2 });
    expect(beyond.parameterError).toBeCloseTo(least.parameterError, 12);
  });

  it('takes a first step as long as the damping of the package makes it', () => {
    const decay =
      ([k]: number[]) =>
      (t: number) =>
        Math.exp(-k! * t);
    const jacobianFunction =
      ([k]: number[]) =>
      (t: number) => [-t * Math.exp(-k! * t)];
    const data = { x, y: x.map(decay([0.5])) };
    for (const damping of [1, 100]) {
      const options = { initialValues: [0.45], jacobianFunction, maxIterations: 1, damping, errorTolerance: 0 };
      const step = original(data, decay, options).parameterValues[0]! - 0.45;
      // Two points, the start and a trial, and no polish.
      const residuals = ([k]: Float64Array): number[] => x.map((t, i) => decay([k!])(t) - data.y[i]!);
      const jacobian = ([k]: Float64Array): number[][] => x.map(jacobianFunction([k!]));
      const settings = { trustRegion: { damping }, polish: false, maxEvaluations: 2 };
      const ours = leastSquares({ residuals, jacobian }, [0.45], settings).parameters[0]! - 0.45;
      expect(ours / step).toBeGreaterThan(0.9);
      expect(ours / step).toBeLessThan(1.1);
    }
  });

  it('grows, shrinks and judges steps as told, to the same minimum', () => {
    const start = { initialValues: [0.5, 1.5, 1.2], maxIterations: 2000 };
    const fit = (options: object) => {
      let calls = 0;
      const counted = (p: number[]) => {
        calls++;
        return wave(p);
      };
      return { ...levenbergMarquardt(waves, counted, { ...start, ...options }), calls };
    };
    const plain = fit({});
    const pairs = [
      [fit({ damping: 1e3, dampingStepDown: 1.2 }), fit({ damping: 1e3, dampingStepDown: 9 })],
      [fit({ damping: 1e-9, dampingStepUp: 1.05 }), fit({ damping: 1e-9, dampingStepUp: 11 })],
      [
        fit({ initialValues: [1, -0.5, 1.5], improvementThreshold: 0.9 }),
        fit({ initialValues: [1, -0.5, 1.5], improvementThreshold: 0 }),
      ],
    ] as const;
    for (const found of pairs.flat()) expect(found.parameterError / plain.parameterError).toBeCloseTo(1, 8);
    for (const [cautious, bold] of pairs) expect(cautious.calls).toBeGreaterThan(bold.calls);
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
    expect(fit({ dampingStepUp: 1 })).toThrow('dampingStepUp is 1; it must be a finite number above 1');
    expect(fit({ dampingStepDown: 0.5 })).toThrow('dampingStepDown is 0.5; it must be a finite number, 1 or more');
    expect(fit({ improvementThreshold: 1 })).toThrow(
      'improvementThreshold is 1; it must be a number, 0 or more and below 1',
    );
    expect(fit({ maxIterations: -1 })).toThrow('maxIterations is -1');
    expect(fit({ timeout: 'soon' })).toThrow('timeout is soon');
    expect(fit({ weights: 'many' })).toThrow('weights must be a number or an array of 8');
    expect(fit({ gradientDifference: null })).toThrow('gradientDifference must be');
    expect(fit({ minValues: [0] })).toThrow('minValues has 1 elements for 2 parameters');
    expect(fit({}, { x: [1], y: [1] })).toThrow('data.x must be an array of at least 2');
    expect(fit({}, { x, y: [1, 2] })).toThrow('data.x has 8 elements and data.y 2');
  });
});
