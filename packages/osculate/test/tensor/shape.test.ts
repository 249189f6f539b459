import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/tensor/index.js';
import {
  broadcastShapes,
  checkShape,
  normalizeAxes,
  normalizeAxis,
  sizeOf,
  stridesOf,
} from '../../src/tensor/shape.js';

describe('broadcastShapes', () => {
  it.each([
    [[], [2, 3], [2, 3]],
    [[3], [2, 3], [2, 3]],
    [[2, 1], [3], [2, 3]],
    [
      [4, 1, 1],
      [1, 5, 1],
      [4, 5, 1],
    ],
    [[0], [1], [0]],
    [
      [2, 0],
      [1, 1],
      [2, 0],
    ],
  ])('%j with %j is %j', (a, b, out) => {
    expect(broadcastShapes(a, b, 'add')).toEqual(out);
    expect(broadcastShapes(b, a, 'add')).toEqual(out);
  });

  it('names both shapes and the dimension that differs', () => {
    expect(() => broadcastShapes([2, 3], [2, 4], 'add')).toThrow(ShapeError);
    expect(() => broadcastShapes([2, 3], [2, 4], 'add')).toThrow(
      'add: shapes [2, 3] and [2, 4] do not broadcast (dimension -1: 3 against 4)',
    );
    expect(() => broadcastShapes([2, 3], [0, 3], 'mul')).toThrow('dimension -2: 2 against 0');
  });

  it('is commutative, idempotent and never smaller than its operands', () => {
    const dims = fc.array(fc.constantFrom(1, 1, 3), { maxLength: 4 });
    fc.assert(
      fc.property(dims, dims, (a, b) => {
        const out = broadcastShapes(a, b, 'test');
        expect(broadcastShapes(b, a, 'test')).toEqual(out);
        expect(broadcastShapes(out, a, 'test')).toEqual(out);
        expect(sizeOf(out)).toBeGreaterThanOrEqual(Math.max(sizeOf(a), sizeOf(b)));
      }),
    );
  });
});

it('stridesOf counts the elements that an index step skips', () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(stridesOf([])).toEqual([]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }), (shape) => {
      const last = shape.reduce((sum, d, i) => sum + (d - 1) * stridesOf(shape)[i]!, 0);
      expect(last).toBe(sizeOf(shape) - 1);
    }),
  );
});

describe('axes', () => {
  it('counts negative axes from the end', () => {
    expect(normalizeAxis(-1, 3, 'sum')).toBe(2);
    expect(normalizeAxis(0, 3, 'sum')).toBe(0);
    expect(normalizeAxes(undefined, 2, 'sum')).toEqual([0, 1]);
    expect(normalizeAxes([-1, 0], 3, 'sum')).toEqual([0, 2]);
    expect(normalizeAxes(1, 3, 'sum')).toEqual([1]);
  });

  it.each([
    ['out of range', () => normalizeAxis(3, 3, 'sum'), 'sum: axis 3 is out of range for a tensor of rank 3'],
    ['too negative', () => normalizeAxis(-4, 3, 'sum'), 'sum: axis -4 is out of range'],
    ['fraction', () => normalizeAxis(0.5, 3, 'sum'), 'axis 0.5'],
    ['scalar', () => normalizeAxis(0, 0, 'sum'), 'rank 0'],
    ['repeated', () => normalizeAxes([0, -2], 2, 'sum'), 'sum: axes [0, 0] repeat'],
  ])('refuses: %s', (_, f, message) => {
    expect(f).toThrow(ShapeError);
    expect(f).toThrow(message);
  });
});

it.each([[[-1]], [[1.5]], [[Number.NaN]], [[2 ** 27, 2 ** 27]]])('checkShape refuses %j', (shape) => {
  expect(() => checkShape(shape, 'input "x"')).toThrow(ShapeError);
  expect(() => checkShape(shape, 'input "x"')).toThrow('input "x"');
});
