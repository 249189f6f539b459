import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNpy, readNpz, writeNpy, writeNpz } from '../../src/data/index.js';
import { InputError, type NDArray, ndarray, toNumbers, zeros } from '../../src/tensor/index.js';
import { anyArray } from './arrays.js';
import { zip } from './zip.js';

const files = JSON.parse(readFileSync(new URL('fixtures/numpy.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;
const file = (name: string): Uint8Array => Uint8Array.from(Buffer.from(files[name]!, 'base64'));

/** An NPY file of version 1 with any header and data. */
function npy(header: string, data: ArrayLike<number> = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  return Uint8Array.from([
    0x93,
    ...Buffer.from('NUMPY'),
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...Array.from(data),
  ]);
}

describe('readNpy on files of NumPy', () => {
  const dtypes: Record<string, NDArray['dtype']> = {
    f8: 'f64',
    f4: 'f32',
    f2: 'f32',
    i8: 'i64',
    i4: 'i32',
    i2: 'i32',
    i1: 'i32',
    u8: 'i64',
    u4: 'i64',
    u2: 'i32',
    u1: 'i32',
  };
  const stored = Object.keys(files).filter((name) => /^[<>|][fiu]\d$/.test(name));

  it.each(stored)('%s', (name) => {
    const array = readNpy(file(name));
    expect(array.dtype).toBe(dtypes[name.slice(1)]);
    expect(array.shape).toEqual([2, 3]);
    expect(toNumbers(array)).toEqual([0, 1, 2, 3, 4, 100]);
  });

  it('covers both byte orders of every type', () => {
    expect(stored).toHaveLength(20);
  });

  it('bool', () => {
    expect(readNpy(file('|b1'))).toEqual({ dtype: 'bool', shape: [2, 3], data: Uint8Array.of(0, 1, 0, 1, 0, 0) });
  });

  it('column-major order becomes row-major', () => {
    const array = readNpy(file('fortran'));
    expect(array.shape).toEqual([2, 3, 4]);
    expect(toNumbers(array)).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  it('a scalar, a vector and an empty array', () => {
    expect(readNpy(file('scalar'))).toEqual({ dtype: 'f64', shape: [], data: Float64Array.of(2.5) });
    expect(readNpy(file('one'))).toEqual({ dtype: 'f64', shape: [2], data: Float64Array.of(1.5, 2.5) });
    expect(readNpy(file('empty'))).toEqual({ dtype: 'f64', shape: [0, 3], data: new Float64Array(0) });
  });

  it.each(['v2', 'v3'])('version %s', (name) => {
    expect(toNumbers(readNpy(file(name)))).toEqual([0, 1, 2]);
  });

  it.each([
    ['struct', /not that of a plain array/],
    ['complex', /'<c16' is not read; convert it with astype/],
    ['str', /'<U2' is not read/],
  ])('refuses %s', (name, message) => {
    expect(() => readNpy(file(name))).toThrow(InputError);
    expect(() => readNpy(file(name))).toThrow(message);
  });

  it('reads the same bytes from inside a larger buffer', () => {
    const bytes = file('<f8');
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(readNpy(larger.subarray(3))).toEqual(readNpy(bytes));
  });
});

describe('readNpy on malformed files', () => {
  const header = (shape: string, descr = '<f8', order = 'False') =>
    `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

  it.each([
    ['no magic', Uint8Array.from({ length: 20 }), /begin with/],
    ['too short', Uint8Array.of(0x93), /begin with/],
    ['version 9', Uint8Array.from([...npy(header('()')).slice(0, 6), 9, 0, 0, 0, 0, 0]), /version 9/],
    ['header past the end', npy(header('(2,)')).slice(0, 40), /header of \d+ bytes does not fit/],
    ['fewer data', npy(header('(2,)'), new Uint8Array(8)), /8 bytes for '<f8' of shape \[2\], which takes 16/],
    ['data after the array', npy(header('()'), new Uint8Array(9)), /9 bytes/],
    ['a huge shape', npy(header('(4294967296, 4294967296)')), /too large/],
    ['a shape of 2^50', npy(header('(1125899906842624,)')), /0 bytes for/],
    ['a negative dimension', npy(header('(-2,)')), /not that of a plain array/],
    ['a shape with a gap', npy(header('(2,,3)')), /"" in the shape/],
    ['a pickled object array', npy(header('(2,)', '|O')), /'\|O' is not read/],
    ['no shape', npy("{'descr': '<f8', 'fortran_order': False}"), /plain array/],
    ['code after the header', npy(`${header('()').trim()}; import os`), /plain array/],
    ['order not a bool', npy(header('()', '<f8', '(1)')), /plain array/],
  ])('%s', (_, bytes, message) => {
    expect(() => readNpy(bytes)).toThrow(InputError);
    expect(() => readNpy(bytes)).toThrow(message);
  });

  it('an unsigned value beyond i64', () => {
    expect(() => readNpy(npy(header('()', '<u8'), new Uint8Array(8).fill(255)))).toThrow(
      /element 0 .* exceeds the range of i64/,
    );
  });
});

describe('NPY and NPZ written here', () => {
  it('round trip of any array', () => {
    fc.assert(
      fc.property(anyArray, (array) => {
        expect(readNpy(writeNpy(array))).toEqual(array);
      }),
    );
  });

  it('gives the bytes that NumPy gives', () => {
    const names = ['<f8', '<f4', '<i4', '<i8', '|b1', 'scalar', 'one', 'empty'];
    for (const name of names) expect(writeNpy(readNpy(file(name)))).toEqual(file(name));
  });

  it('refuses an array that does not fill its shape', () => {
    expect(() => writeNpy({ dtype: 'f32', shape: [3], data: new Float32Array(2) })).toThrow(
      /2 elements for shape \[3\]/,
    );
  });

  it.each([true, false])('round trip of named arrays, compressed: %s', (compress) => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z_]{1,5}$/), anyArray, { maxKeys: 4 }), (arrays) => {
        expect(readNpz(writeNpz(arrays, { compress }))).toEqual({ ...arrays });
      }),
      { numRuns: 50 },
    );
  });

  it('compression compresses, and the same arrays give the same bytes', () => {
    const arrays = { a: zeros('f64', [1000]) };
    expect(writeNpz(arrays, { compress: true }).length).toBeLessThan(500);
    expect(writeNpz(arrays).length).toBeGreaterThan(8000);
    expect(writeNpz(arrays)).toEqual(writeNpz(arrays));
  });
});

describe('readNpz', () => {
  it('reads savez', () => {
    expect(readNpz(file('npz'))).toEqual({
      a: { dtype: 'f64', shape: [3], data: Float64Array.of(0, 1, 2) },
      b: { dtype: 'i32', shape: [1, 2], data: Int32Array.of(1, 2) },
    });
  });

  it('reads savez_compressed', () => {
    expect(readNpz(file('npzc'))).toEqual({
      a: { dtype: 'f64', shape: [3], data: Float64Array.of(0, 1, 2) },
      b: zeros('f32', [40, 40]),
    });
  });

  const good = writeNpz({ a: zeros('f64', [10]) });
  const find = (signature: number): number => {
    const view = new DataView(good.buffer, good.byteOffset, good.byteLength);
    for (let at = 0; ; at++) if (view.getUint32(at, true) === signature) return at;
  };
  const directory = find(0x02014b50);
  const patched = (writes: Record<number, number[]>): Uint8Array => {
    const bytes = good.slice();
    for (const [at, values] of Object.entries(writes)) bytes.set(values, Number(at));
    return bytes;
  };

  it.each([
    ['no zip', new Uint8Array(100), /no central directory/],
    ['empty', new Uint8Array(0), /no central directory/],
    ['a flipped data byte', patched({ 150: [1] }), /"a.npy" does not match its size or CRC-32/],
    ['a flipped checksum', patched({ [directory + 16]: [1, 2, 3, 4] }), /CRC-32/],
    ['encryption', patched({ [directory + 8]: [1] }), /encrypted/],
    ['another method', patched({ [directory + 10]: [12] }), /compression method 12/],
    ['zip64', patched({ [directory + 24]: [255, 255, 255, 255] }), /zip64/],
    [
      'a size that deflate cannot reach',
      patched({ [directory + 10]: [8], [directory + 24]: [0, 0, 0, 16] }),
      /cannot have 268435456 bytes/,
    ],
    ['a member past the end', patched({ [directory + 20]: [0, 0, 0, 1] }), /runs past the end/],
    ['a directory past the end', patched({ [directory + 28]: [255, 255] }), /runs past the end/],
    ['bad deflate data', patched({ [directory + 10]: [8] }), /is damaged/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readNpz(bytes)).toThrow(InputError);
    expect(() => readNpz(bytes)).toThrow(message);
  });

  it('reads zip64, and refuses members that overlap', () => {
    const [a, b] = [ndarray('f64', [1, 2, 3]), ndarray('i32', [4])];
    const members = [
      { name: 'a.npy', bytes: writeNpy(a) },
      { name: 'b.npy', bytes: writeNpy(b) },
    ];
    expect(readNpz(zip(members, true))).toEqual({ a, b });
    for (const zip64 of [true, false]) {
      const overlapping = [members[0]!, { ...members[1]!, header: 0 }];
      expect(() => readNpz(zip(overlapping, zip64))).toThrow(/overlaps what follows it/);
    }
    const cut = zip(members, true);
    expect(() => readNpz(Uint8Array.from([...cut.slice(0, -42), ...cut.slice(-22)]))).toThrow(
      /no zip64 central directory/,
    );
  });

  it('refuses more bytes than the limit, however small the file', () => {
    const bomb = writeNpz({ a: zeros('f64', [100_000]) }, { compress: true });
    expect(bomb.length).toBeLessThan(2000);
    expect(() => readNpz(bomb, { limit: 100_000 })).toThrow(/exceed the limit of 100000 bytes/);
  });

  it('names the member that is not an array', () => {
    const bytes = writeNpz({ a: zeros('f64', [10]) });
    const at = 30 + 'a.npy'.length;
    // Both the magic and the checksum over it.
    bytes[at] = 0;
    expect(() => readNpz(bytes)).toThrow(/"a.npy"/);
  });
});
