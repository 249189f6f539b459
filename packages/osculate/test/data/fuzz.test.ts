import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readIdx,
  readNpy,
  readNpz,
  readSafetensors,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from '../../src/data/index.js';
import { InputError, ndarray, zeros } from '../../src/tensor/index.js';
import { anyDamage, damaged } from './arrays.js';

const arrays = {
  a: ndarray('f64', [1, 2, 3, 4, 5, 6], [2, 3]),
  b: ndarray('i64', [1, 2]),
  c: ndarray('bool', [1, 0, 1]),
  d: zeros('f32', [30, 30]),
};
const idx = Uint8Array.from([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6]);

const readers: readonly [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
  ['safetensors', writeSafetensors(arrays, { note: 'x' }), readSafetensors],
  ['NPY', writeNpy(arrays.a), readNpy],
  ['NPZ', writeNpz(arrays), readNpz],
  ['compressed NPZ', writeNpz(arrays, { compress: true }), readNpz],
  ['IDX', idx, readIdx],
  ['gzip IDX', new Uint8Array(gzipSync(idx)), readIdx],
];

describe.each(readers)('%s', (_, file, read) => {
  it('a damaged file gives a result or an InputError, and memory in proportion to the file', () => {
    fc.assert(
      fc.property(anyDamage, (damage) => {
        const before = process.memoryUsage().arrayBuffers;
        try {
          read(damaged(file, damage));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
        // Deflate's largest ratio, 1032, bounds what a small file may take.
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
      }),
      { numRuns: 600 },
    );
  });

  it('any bytes give a result or an InputError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
