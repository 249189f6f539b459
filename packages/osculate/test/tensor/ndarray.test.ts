import { describe, expect, it } from 'vitest';
import { astype, DTypeError, InputError, ndarray, ShapeError, toNumbers, zeros } from '../../src/tensor/index.js';

describe('ndarray', () => {
  it('wraps the typed array of its dtype without copying', () => {
    const data = Float32Array.of(1, 2, 3, 4, 5, 6);
    const a = ndarray('f32', data, [2, 3]);
    expect(a.data).toBe(data);
    expect(a.shape).toEqual([2, 3]);
    expect(ndarray('f32', data).shape).toEqual([6]);
  });

  it('takes its shape from nested numbers', () => {
    const a = ndarray('f64', [
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(a.shape).toEqual([1, 2, 2]);
    expect(toNumbers(a)).toEqual([1, 2, 3, 4]);
    expect(ndarray('i32', 7).shape).toEqual([]);
    expect(ndarray('f64', []).shape).toEqual([0]);
  });

  it('gives nested numbers another shape when asked', () => {
    expect(ndarray('f64', [1, 2, 3, 4], [2, 2]).shape).toEqual([2, 2]);
  });

  it('converts between dtypes', () => {
    expect(ndarray('i64', [1, -2, 9007199254740991]).data).toEqual(BigInt64Array.of(1n, -2n, 9007199254740991n));
    expect(ndarray('bool', [0, 2, -1]).data).toEqual(Uint8Array.of(0, 1, 1));
    expect(ndarray('f32', Float64Array.of(0.1)).data[0]).toBe(Math.fround(0.1));
    expect(astype(ndarray('i64', BigInt64Array.of(5n, -6n)), 'f64').data).toEqual(Float64Array.of(5, -6));
  });

  it.each([
    ['ragged row', () => ndarray('f64', [[1, 2], [3]]), ShapeError, 'ragged nesting at depth 1: 1 against 2'],
    ['number in place of a row', () => ndarray('f64', [[1], 2]), ShapeError, 'ragged nesting, expected shape [2, 1]'],
    ['row in place of a number', () => ndarray('f64', [1, [2]]), ShapeError, 'ragged nesting'],
    ['too few', () => ndarray('f64', Float64Array.of(1), [2]), ShapeError, '1 elements do not fill shape [2]'],
    ['too many', () => ndarray('f64', [1, 2], []), ShapeError, '2 elements do not fill shape [] (1 elements)'],
    ['bad dimension', () => ndarray('f64', [], [-1]), ShapeError, 'dimension -1 of shape [-1]'],
    ['too large', () => zeros('f64', [2 ** 30, 2 ** 30]), ShapeError, 'is too large'],
    ['fraction in i64', () => ndarray('i64', [0, 1.5]), InputError, 'element 1 (1.5)'],
    ['beyond 2^53 in i64', () => ndarray('i64', [2 ** 53]), InputError, 'i64 can hold exactly'],
  ])('refuses: %s', (_, make, type, message) => {
    expect(make).toThrow(type);
    expect(make).toThrow(message);
  });
});

describe('astype', () => {
  it('returns the array itself for its own dtype', () => {
    const a = ndarray('f64', [1]);
    expect(astype(a, 'f64')).toBe(a);
  });

  it('truncates floats towards zero', () => {
    const a = ndarray('f64', [1.9, -1.9, 0.5]);
    expect(toNumbers(astype(a, 'i32'))).toEqual([1, -1, 0]);
    expect(toNumbers(astype(a, 'i64'))).toEqual([1, -1, 0]);
    expect(toNumbers(astype(a, 'bool'))).toEqual([1, 1, 1]);
  });

  it('widens and keeps the shape', () => {
    const a = astype(ndarray('bool', [[1, 0]]), 'f32');
    expect(a).toEqual({ dtype: 'f32', shape: [1, 2], data: Float32Array.of(1, 0) });
  });

  it('refuses a NaN as an integer', () => {
    expect(() => astype(ndarray('f64', [Number.NaN]), 'i64')).toThrow(InputError);
  });
});

it('errors carry their type as their name', () => {
  for (const Type of [ShapeError, DTypeError, InputError]) {
    expect(new Type('x').name).toBe(Type.name);
    expect(new Type('x')).toBeInstanceOf(Error);
  }
});
