import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ahead, arrays, generated, type RowArrays, type RowSource, type Rows } from '../../src/data/index.js';
import { DTypeError, InputError, type NDArray, ndarray, ShapeError, zeros } from '../../src/tensor/index.js';
import { anyPicks, anyRows, elementsOfRows } from './arrays.js';

describe('arrays', () => {
  it('reads the rows asked for, of every dtype and shape', () => {
    fc.assert(
      fc.property(anyRows, anyPicks, ({ rows, fields }, pick) => {
        const source = arrays(fields);
        const wanted = pick(rows);
        const read = source.read(wanted);
        expect(source.rows).toBe(rows);
        expect(Object.keys(read)).toEqual(Object.keys(fields));
        for (const [name, array] of Object.entries(fields)) {
          expect(source.fields[name]).toEqual({ dtype: array.dtype, shape: array.shape.slice(1) });
          expect(read[name]!.dtype).toBe(array.dtype);
          expect(read[name]!.shape).toEqual([wanted.length, ...array.shape.slice(1)]);
          expect(Array.from<unknown>(read[name]!.data)).toEqual(elementsOfRows(array, wanted));
        }
      }),
    );
  });

  it('all rows in order are the array itself, consecutive ones its memory, others copies', () => {
    const x = ndarray('f32', [1, 2, 3, 4, 5, 6], [3, 2]);
    const source = arrays({ x });
    expect(source.read([0, 1, 2]).x).toBe(x);
    const part = source.read(Uint32Array.of(1, 2)).x!;
    expect([part.data.buffer, part.data.byteOffset]).toEqual([x.data.buffer, 8]);
    expect(source.read([1, 0]).x!.data.buffer).not.toBe(x.data.buffer);
  });

  it.each([[[3]], [[1, 2, 3]], [[-1, 0]], [[0.5]], [[Number.NaN]], [[2, 0, 7]]])('refuses rows %j', (rows) => {
    const source = arrays({ x: zeros('f32', [3, 2]) });
    expect(() => source.read(rows)).toThrow(InputError);
    expect(() => source.read(rows)).toThrow(/row (3|-1|0.5|NaN|7)/);
  });

  it.each([
    [{ x: zeros('f32', [3, 2]), y: zeros('i32', [2]) }, /"x" \[3, 2\] and "y" \[2\] differ in their numbers of rows/],
    [{ x: ndarray('f32', 1) }, /"x" is a scalar and has no rows/],
    [{}, /there are no fields/],
    [{ x: { ...zeros('f32', [3, 2]), data: new Float32Array(7) } }, /"x" has 7 elements for its shape \[3, 2\]/],
  ])('refuses fields that are not rows', (fields, message) => {
    expect(() => arrays(fields as Record<string, NDArray>)).toThrow(ShapeError);
    expect(() => arrays(fields as Record<string, NDArray>)).toThrow(message);
  });
});

/** A source in memory that answers by a promise and tells what was asked of it. */
function slow(fields: Record<string, NDArray>): RowSource & { asked: number[][]; recycled: RowArrays[] } {
  const memory = arrays(fields);
  const [asked, recycled]: [number[][], RowArrays[]] = [[], []];
  return {
    ...memory,
    asked,
    recycled,
    async read(rows) {
      asked.push(Array.from(rows));
      return memory.read(rows);
    },
    recycle: (given) => void recycled.push(given),
  };
}

describe('ahead', () => {
  const x = ndarray('i32', [10, 11, 12, 13, 14]);
  const values = async (source: RowSource, rows: Rows): Promise<number[]> =>
    Array.from((await source.read(rows)).x!.data as Int32Array);

  it('a read takes what was expected, told by its numbers; others are read when asked for', async () => {
    const source = slow({ x });
    const early = ahead(source);
    const rows = [4, 0];
    early.expect(rows);
    // What was expected is what the list held then.
    rows[0] = 1;
    expect(source.asked).toEqual([[4, 0]]);
    expect(await values(early, Uint32Array.of(4, 0))).toEqual([14, 10]);
    expect(source.asked).toHaveLength(1);
    expect(await values(early, [4, 0])).toEqual([14, 10]);
    expect(await values(early, [0, 4])).toEqual([10, 14]);
    expect(source.asked).toEqual([
      [4, 0],
      [4, 0],
      [0, 4],
    ]);
  });

  it('does not begin twice, and gives the oldest back when more are expected than it holds', async () => {
    const source = slow({ x });
    const early = ahead(source, 2);
    for (const row of [0, 1, 1, 2]) early.expect([row]);
    await Promise.resolve();
    await Promise.resolve();
    expect(source.asked).toEqual([[0], [1], [2]]);
    expect(source.recycled.map((given) => given.x)).toEqual([ndarray('i32', [10])]);
    expect(await values(early, [2])).toEqual([12]);
    expect(await values(early, [1])).toEqual([11]);
    expect(source.asked).toHaveLength(3);
    expect(await values(early, [0])).toEqual([10]);
    expect(source.asked).toHaveLength(4);
  });

  it('stops where nobody reads what was expected, until a read finds something again', async () => {
    const source = slow({ x });
    const early = ahead(source);
    const list = (i: number): number[] => [Math.floor(i / 5), i % 5];
    for (let i = 0; i < 20; i++) early.expect(list(i));
    // Eight are given up, two are held.
    expect(source.asked).toEqual(Array.from({ length: 10 }, (_, i) => list(i)));
    expect(await values(early, list(9))).toEqual([11, 14]);
    early.expect(list(20));
    expect(source.asked).toEqual([...Array.from({ length: 10 }, (_, i) => list(i)), list(20)]);
  });

  it('goes on where one of several is read', async () => {
    const source = slow({ x });
    const early = ahead(source);
    for (let i = 0; i < 20; i++) {
      early.expect([i % 5, 0]);
      early.expect([i % 5, 1]);
      await early.read([i % 5, 1]);
    }
    expect(source.asked).toHaveLength(40);
  });

  it('an expectation that fails is an error of the read, at once or by a promise', async () => {
    const memory = ahead(arrays({ x }));
    memory.expect([5]);
    expect(() => memory.read([5])).toThrow(/no row 5|row 5/);
    const early = ahead(slow({ x }));
    early.expect([5]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(early.read([5])).rejects.toThrow(/row 5/);
  });

  it('a source in memory answers at once through it', () => {
    const early = ahead(arrays({ x }));
    early.expect([3, 1]);
    expect(early.read([3, 1])).toEqual({ x: ndarray('i32', [13, 11]) });
    expect([early.rows, early.fields]).toEqual([5, { x: { dtype: 'i32', shape: [] } }]);
  });
});

describe('generated', () => {
  const fields = { x: { dtype: 'f64', shape: [2] } } as const;
  const uniforms = (seed: number, rows = 1000): RowSource =>
    generated({ rows, fields, seed }, (wanted, generatorOf) => {
      const x = zeros('f64', [wanted.length, 2]);
      Array.from(wanted).forEach((row, i) => {
        const random = generatorOf(row);
        x.data.set([random.uniform(), random.uniform()], 2 * i);
      });
      return { x };
    });
  const read = async (source: RowSource, rows: Rows): Promise<number[]> =>
    Array.from((await source.read(rows)).x!.data as Float64Array);

  it('a row is the same in any order, batch and run', async () => {
    const all = ndarray(
      'f64',
      await read(
        uniforms(3),
        Array.from({ length: 1000 }, (_, i) => i),
      ),
      [1000, 2],
    );
    const source = uniforms(3);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(999), { maxLength: 20 }), async (rows) => {
        expect(await read(source, rows)).toEqual(elementsOfRows(all, rows));
      }),
    );
  });

  it('rows and seeds differ; the first values of many rows are uniform', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => i);
    const first = (values: number[]) => values.filter((_, i) => i % 2 === 0);
    const [a, b] = [first(await read(uniforms(0, 20_000), rows)), first(await read(uniforms(1, 20_000), rows))];
    expect(new Set([...a, ...b]).size).toBe(40_000);
    for (const values of [a, b]) {
      const counts = new Array<number>(16).fill(0);
      for (const value of values) counts[Math.floor(16 * value)]!++;
      const chiSquare = counts.reduce((sum, count) => sum + (count - 1250) ** 2 / 1250, 0);
      // 99.99 % of the chi-square distribution with 15 degrees of freedom.
      expect(chiSquare).toBeLessThan(44.3);
    }
    // Neighbours and the two seeds are uncorrelated: 4 standard errors.
    const correlation = (u: number[], v: number[]) =>
      (12 / u.length) * u.reduce((sum, value, i) => sum + (value - 0.5) * (v[i]! - 0.5), 0);
    expect(Math.abs(correlation(a, b))).toBeLessThan(4 / Math.sqrt(20_000));
    expect(Math.abs(correlation(a.slice(1), a.slice(0, -1)))).toBeLessThan(4 / Math.sqrt(20_000));
  });

  it('rows beyond 32 bits have their own values', async () => {
    const source = uniforms(0, 2 ** 50);
    const values = await read(source, [5, 2 ** 32 + 5, 2 ** 49 + 5]);
    expect(new Set(values).size).toBe(6);
  });

  it('augments another source, asynchronously', async () => {
    const images = slow({ x: ndarray('f64', [1, 2, 3, 4, 5, 6], [3, 2]) });
    const source = generated({ rows: 30, fields, seed: 1 }, async (rows, generatorOf) => {
      const { x } = await images.read(Array.from(rows, (row) => row % 3));
      const data = Float64Array.from(x!.data as Float64Array, (value, i) =>
        generatorOf(rows[Math.floor(i / 2)]!).uniform() < 0.5 ? -value : value,
      );
      return { x: { ...x!, dtype: 'f64', data } };
    });
    const variants = await read(source, [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
    expect(new Set(variants.map(Math.abs))).toEqual(new Set([1, 2]));
    expect(new Set(variants).size).toBe(4);
  });

  it.each([
    [() => ({}), InputError, /gave no "x"/],
    [() => undefined, InputError, /returned nothing/],
    [async () => null, InputError, /returned nothing/],
    [() => ({ x: null }), InputError, /gave no "x"/],
    [() => ({ x: { dtype: 'f64', shape: [1, 2] } }), InputError, /"x" is no array/],
    [() => ({ x: { ...zeros('f64', [1, 2]), data: new Float64Array(3) } }), ShapeError, /"x" has 3 elements/],
    [() => ({ x: { ...zeros('f64', [1, 2]), data: new Float32Array(2) } }), DTypeError, /"x" is f64 in a Float32Array/],
    [() => ({ x: zeros('f32', [1, 2]) }), DTypeError, /"x" is f32, but its field is f64/],
    [() => ({ x: zeros('f64', [2, 2]) }), ShapeError, /"x" is \[2, 2\]; 1 rows of the field are \[1, 2\]/],
    [async () => ({ x: zeros('f64', [1]) }), ShapeError, /"x" is \[1\]/],
  ])('refuses arrays that are not those of the fields: %s', async (make, kind, message) => {
    const source = generated({ rows: 3, fields }, make as () => RowArrays);
    const reading = (async () => source.read([1]))();
    await expect(reading).rejects.toThrow(kind);
    await expect(reading).rejects.toThrow(message);
  });

  it('refuses a row that it does not have, and settings that are not integers', () => {
    expect(() => uniforms(0).read([1000])).toThrow(/there is no row 1000; the rows are 0 … 999/);
    expect(() => uniforms(0, 1.5)).toThrow(/rows must be an integer ≥ 0, got 1.5/);
    expect(() => uniforms(-1)).toThrow(/seed must be an integer ≥ 0, got -1/);
  });
});
