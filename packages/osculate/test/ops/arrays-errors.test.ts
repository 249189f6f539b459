import { describe, expect, it } from 'vitest';
import { evaluateNode } from '../../src/compile/evaluate.js';
import { concat, stack } from '../../src/ops/index.js';
import { constant, DTypeError, InputError, input, ndarray, ShapeError } from '../../src/tensor/index.js';

const x = input('x', 'f32', [2, 3]);
const y = input('y', 'f32', [3, 2]);
const ids = input('ids', 'i32', [4]);

describe('errors of array ops', () => {
  it.each([
    [
      'a list longer than the rank',
      () => x.slice([0, 0, 0], [1, 1, 1]),
      /slice of "x" \(f32 \[2, 3\]\).*as many starts/,
    ],
    ['lists of different length', () => x.slice([0], [1, 1]), /as many starts as ends/],
    ['a fraction', () => x.slice([0.5], [1]), /0\.5 is not an integer/],
    ['a negative step', () => x.slice([1], [0], [-1]), /step -1 is not a positive integer.*flip/],
  ])('slice: %s', (_, f, message) => {
    expect(f).toThrow(ShapeError);
    expect(f).toThrow(message);
  });

  it('pad: lists, numbers and values that do not fit', () => {
    expect(() => x.pad([1], [1])).toThrow(ShapeError);
    expect(() => x.pad([1], [1])).toThrow(/pad of "x" \(f32 \[2, 3\]\).*each of the 2 axes/);
    expect(() => x.pad([-1, 0], [0, 0])).toThrow(/-1 is not a non-negative integer.*slice/);
    expect(() => ids.pad([1], [1], 0.5)).toThrow(InputError);
    expect(() => ids.pad([1], [1], 0.5)).toThrow(/the value 0\.5 is not of dtype i32/);
    expect(() => input('mask', 'bool', [2]).pad([1], [1], 2)).toThrow(/not of dtype bool/);
  });

  it('concat and stack: nothing to join, and pieces that differ', () => {
    expect(() => concat([], 0)).toThrow(InputError);
    expect(() => concat([x, y], 0)).toThrow(ShapeError);
    expect(() => concat([x, y], 0)).toThrow(/axis 0: "x" \(f32 \[2, 3\]\) and "y" \(f32 \[3, 2\]\)/);
    expect(() => concat([x, input('z', 'f64', [2, 3])], 0)).toThrow(DTypeError);
    expect(() => concat([x], 2)).toThrow(/axis 2 is out of range/);
    expect(() => stack([])).toThrow(InputError);
    expect(() => stack([x, y])).toThrow(/stack: "x" .* and "y" .* differ in shape/);
  });

  it('split: sizes that do not add up', () => {
    expect(() => x.split(2, 1)).toThrow(ShapeError);
    expect(() => x.split(2, 1)).toThrow(/split of "x" .* axis 1: length 3 does not divide into 2 equal parts/);
    expect(() => x.split([1, 1], 1)).toThrow(/sizes \[1, 1\] are not non-negative integers with sum 3/);
  });

  it('squeeze: an axis that is longer than 1', () => {
    expect(() => x.squeeze(0)).toThrow(ShapeError);
    expect(() => x.squeeze(0)).toThrow(/axis 0 of "x" \(f32 \[2, 3\]\) has length 2/);
  });

  it('gather and scatterAdd: indices of a float dtype, updates of a wrong shape', () => {
    expect(() => x.gather(y)).toThrow(DTypeError);
    expect(() => x.gather(y)).toThrow(/indices must be i32 or i64, got "y"/);
    expect(() => x.scatterAdd(y, x)).toThrow(DTypeError);
    expect(() => x.scatterAdd(ids, x)).toThrow(ShapeError);
    expect(() => x.scatterAdd(ids, x)).toThrow(/updates must have shape \[4, 3\], got "x" \(f32 \[2, 3\]\)/);
    expect(() => x.gather(ids, 2)).toThrow(/gather from "x" .*axis 2/);
  });

  it('constant indices out of range are refused at once', () => {
    const bad = constant(ndarray('i64', [0, 2]));
    expect(() => x.gather(bad)).toThrow(InputError);
    expect(() => x.gather(bad)).toThrow(/gather: index 2 at 1 of .* is not in \[0, 2\)/);
    expect(() => x.gather(constant(-1, 'i32'))).toThrow(/index -1/);
    expect(() => bad.oneHot(2, 'f32')).toThrow(InputError);
    expect(() => x.scatterAdd(bad, x)).toThrow(InputError);
  });

  it('other indices out of range are refused in the run', () => {
    const arrays = [ndarray('f32', [1, 2, 3, 4, 5, 6], [2, 3]), ndarray('i32', [0, 1, -1, 0])];
    expect(() => evaluateNode(x.gather(ids).node, arrays)).toThrow(InputError);
    expect(() => evaluateNode(x.gather(ids).node, arrays)).toThrow(/gather: index -1 at position 2 is not in \[0, 2\)/);
    const u = ndarray('f32', new Float32Array(12), [4, 3]);
    const sum = x.scatterAdd(ids, input('u', 'f32', [4, 3])).node;
    expect(() => evaluateNode(sum, [arrays[0]!, ndarray('i32', [0, 2, 0, 0]), u])).toThrow(
      /scatterAdd: index 2 at position 1/,
    );
  });

  it('oneHot: indices of a float dtype, and a depth that is not a size', () => {
    expect(() => x.oneHot(3, 'f32')).toThrow(DTypeError);
    expect(() => ids.oneHot(-1, 'f32')).toThrow(ShapeError);
  });

  it('expand, reshape and transpose: shapes that do not fit', () => {
    expect(() => x.expand([3, 3])).toThrow(ShapeError);
    expect(() => x.reshape([4, 2])).toThrow(/"x" \(f32 \[2, 3\]\) has 6 elements, shape \[4, 2\] has 8/);
    expect(() => x.reshape([-1, 4])).toThrow(ShapeError);
    expect(() => x.transpose([0, 0])).toThrow(/\[0, 0\] is not a permutation/);
  });
});
