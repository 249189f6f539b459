import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batches, take, windows } from '../../src/data/index.js';
import { generator, InputError, ndarray, toNumbers, zeros } from '../../src/tensor/index.js';
import { anyArray } from './arrays.js';

describe('take', () => {
  it('picks rows in any order, with repeats', () => {
    const a = ndarray('f32', [
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(take(a, [2, 0, 0, 1])).toEqual(
      ndarray('f32', [
        [5, 6],
        [1, 2],
        [1, 2],
        [3, 4],
      ]),
    );
    expect(take(a, Uint32Array.of(1, 2))).toEqual(
      ndarray('f32', [
        [3, 4],
        [5, 6],
      ]),
    );
    expect(take(a, [])).toEqual(zeros('f32', [0, 2]));
  });

  it('gives the array itself for all rows in order, and a copy otherwise', () => {
    const a = ndarray('i32', [1, 2, 3]);
    expect(take(a, [0, 1, 2])).toBe(a);
    const part = take(a, [0, 1]);
    part.data[0] = 9;
    expect(toNumbers(a)).toEqual([1, 2, 3]);
  });

  it('equals a loop over elements, for every dtype and rank', () => {
    fc.assert(
      fc.property(
        anyArray.filter((a) => a.shape.length > 0 && a.shape[0]! > 0),
        fc.array(fc.nat(), { maxLength: 8 }),
        (a, picks) => {
          const rows = picks.map((p) => p % a.shape[0]!);
          const width = a.data.length / a.shape[0]!;
          const expected = rows.flatMap((r) => Array.from({ length: width }, (_, k) => a.data[r * width + k]!));
          const taken = take(a, rows);
          expect(taken.dtype).toBe(a.dtype);
          expect(taken.shape).toEqual([rows.length, ...a.shape.slice(1)]);
          expect(Array.from(taken.data as ArrayLike<unknown>)).toEqual(expected);
        },
      ),
    );
  });

  it.each([
    [[3], /row 3 is not in an array of shape \[3, 2\]/],
    [[1, 2, 3], /row 3/],
    [[-1], /row -1/],
    [[0.5], /row 0.5/],
    [[Number.NaN], /row NaN/],
  ])('refuses rows %j', (rows, message) => {
    const a = zeros('f32', [3, 2]);
    expect(() => take(a, rows)).toThrow(InputError);
    expect(() => take(a, rows)).toThrow(message);
  });

  it('refuses a scalar', () => {
    expect(() => take(ndarray('f32', 1), [0])).toThrow(/a scalar has no rows/);
  });
});

describe('batches', () => {
  const lists = (it: Iterable<Uint32Array>) => Array.from(it, (b) => Array.from(b));

  it('an epoch has every row once, in full batches and a rest', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.integer({ min: 1, max: 20 }), fc.nat(), (n, size, seed) => {
        const epoch = lists(batches(n, size, generator(seed)));
        expect(epoch.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(epoch.map((b) => b.length)).toEqual(
          Array.from({ length: Math.ceil(n / size) }, (_, i) => Math.min(size, n - i * size)),
        );
        const full = lists(batches(n, size, generator(seed), { dropLast: true }));
        expect(full).toEqual(epoch.slice(0, Math.floor(n / size)));
      }),
    );
  });

  it('the seed alone determines the order; epochs of one generator differ', () => {
    const g = generator(5);
    const [first, second] = [lists(batches(50, 10, g)), lists(batches(50, 10, g))];
    expect(lists(batches(50, 10, generator(5)))).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it('resumes from the state before the epoch, whatever was drawn during it', () => {
    const g = generator(6);
    const state = g.state();
    const epoch: number[][] = [];
    for (const batch of batches(20, 4, g)) {
      g.uniform();
      epoch.push(Array.from(batch));
    }
    expect(lists(batches(20, 4, generator(state))).slice(2)).toEqual(epoch.slice(2));
  });

  it('refuses sizes that are none', () => {
    expect(() => batches(-1, 2, generator(0))).toThrow(/-1 is not a number of rows/);
    expect(() => batches(3, 0, generator(0))).toThrow(/0 is not a batch size/);
  });
});

describe('windows', () => {
  it('cuts disjoint windows; targets are one place later', () => {
    const { x, y } = windows(ndarray('i32', [0, 1, 2, 3, 4, 5, 6, 7, 8]), 3);
    expect([x.shape, toNumbers(x), toNumbers(y)]).toEqual([
      [2, 3],
      [0, 1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect(windows(ndarray('i32', [0, 1, 2, 3, 4, 5, 6]), 3).x.shape).toEqual([2, 3]);
  });

  it('refuses a sequence that is too short', () => {
    expect(() => windows(ndarray('i32', [0, 1, 2]), 3)).toThrow(/3 ids has no window of 3 and one more/);
    expect(() => windows(ndarray('i32', [0, 1, 2]), 0)).toThrow(InputError);
  });
});
