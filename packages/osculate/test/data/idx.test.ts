import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readIdx } from '../../src/data/index.js';
import { InputError, toNumbers } from '../../src/tensor/index.js';

/** A big-endian IDX file. */
function idx(type: number, shape: readonly number[], data: ArrayLike<number>): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint8(2, type);
  header.setUint8(3, shape.length);
  shape.forEach((d, i) => {
    header.setUint32(4 + 4 * i, d);
  });
  return Uint8Array.from([...new Uint8Array(header.buffer), ...Array.from(data)]);
}

const images = idx(0x08, [2, 2, 2], [0, 1, 2, 3, 4, 5, 254, 255]);

describe('readIdx', () => {
  it.each([
    [0x08, [1, 255], 'i32', [1, 255]],
    [0x09, [1, 255], 'i32', [1, -1]],
    [0x0b, [0, 1, 255, 254], 'i32', [1, -2]],
    [0x0c, [0, 0, 1, 0, 255, 255, 255, 255], 'i32', [256, -1]],
    [0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], 'f32', [1, -2]],
    [0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], 'f64', [1, -2]],
  ])('element type %i', (type, data, dtype, values) => {
    const array = readIdx(idx(type, [2], data));
    expect([array.dtype, array.shape, toNumbers(array)]).toEqual([dtype, [2], values]);
  });

  it('keeps the shape and does not change the file', () => {
    const copy = images.slice();
    expect(readIdx(images)).toEqual({
      dtype: 'i32',
      shape: [2, 2, 2],
      data: Int32Array.of(0, 1, 2, 3, 4, 5, 254, 255),
    });
    expect(images).toEqual(copy);
  });

  it('reads gzip of any level', () => {
    for (const level of [0, 1, 9])
      expect(readIdx(new Uint8Array(gzipSync(images, { level })))).toEqual(readIdx(images));
    const large = idx(
      0x08,
      [300_000],
      new Uint8Array(300_000).map((_, i) => (i * 2654435761) >>> 24),
    );
    const read = readIdx(new Uint8Array(gzipSync(large)));
    // A plain loop: deep equality of large arrays takes seconds.
    expect(read.data.every((value, i) => value === large[8 + i])).toBe(true);
    expect(read.shape).toEqual([300_000]);
  });

  it.each([
    ['empty', new Uint8Array(0), /does not begin/],
    ['another magic', Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), /does not begin/],
    ['an unknown type', idx(0x0a, [1], [0]), /does not begin/],
    ['dimensions missing', Uint8Array.of(0, 0, 8, 200, 0, 0, 0, 1), /too few for 200 dimensions/],
    ['fewer data than stated', idx(0x08, [3], [1, 2]), /2 bytes for shape \[3\], which takes 3/],
    ['more data than stated', idx(0x08, [1], [1, 2]), /2 bytes/],
    ['a shape that overflows', idx(0x08, [2 ** 31, 2 ** 31], [1]), /too large/],
    ['a shape of 4 GB', idx(0x08, [2 ** 32 - 1], [1]), /which takes 4294967295/],
    ['a gzip that is too short', Uint8Array.of(0x1f, 0x8b, 8), /too few/],
    ['a gzip cut off', new Uint8Array(gzipSync(images)).slice(0, 30), /damaged/],
    ['a gzip with a wrong checksum', flipped(gzipSync(images), -8), /CRC-32/],
    ['a gzip with a wrong length', flipped(gzipSync(images), -4), /CRC-32/],
    ['two gzip members', Uint8Array.from([...gzipSync(images), ...gzipSync(images)]), /several members|CRC-32/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readIdx(bytes)).toThrow(InputError);
    expect(() => readIdx(bytes)).toThrow(message);
  });

  it('stops inflating at the limit', () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(4_000_000), { level: 9 }));
    expect(bomb.length).toBeLessThan(5_000);
    expect(() => readIdx(bomb, { limit: 100_000 })).toThrow(/exceed the limit of 100000 bytes/);
  });
});

function flipped(file: Uint8Array, at: number): Uint8Array {
  const bytes = Uint8Array.from(file);
  bytes[bytes.length + at]! ^= 1;
  return bytes;
}
