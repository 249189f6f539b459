import fc from 'fast-check';
import type { DType, NDArray } from '../../src/tensor/index.js';
import { ndarray, sizeOf } from '../../src/tensor/index.js';

const elements: Record<DType, fc.Arbitrary<number | bigint>> = {
  f32: fc.float(),
  f64: fc.double(),
  i32: fc.integer(),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  bool: fc.integer({ min: 0, max: 1 }),
};

/** Arrays of every dtype, of rank 0 to 3, empty ones included. */
export const anyArray: fc.Arbitrary<NDArray> = fc
  .tuple(fc.constantFrom<DType[]>('f32', 'f64', 'i32', 'i64', 'bool'), fc.array(fc.nat({ max: 4 }), { maxLength: 3 }))
  .chain(([dtype, shape]) =>
    fc
      .array(elements[dtype], { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
      .map((values) =>
        dtype === 'i64'
          ? ndarray('i64', BigInt64Array.from(values as bigint[]), shape)
          : ndarray(dtype, values as number[], shape),
      ),
  );

/** A change to a file: some bytes overwritten, then cut to a part of its length. */
export interface Damage {
  readonly writes: readonly (readonly [position: number, byte: number])[];
  readonly keep: number;
}

export const anyDamage: fc.Arbitrary<Damage> = fc.record({
  writes: fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.oneof(fc.constantFrom(0, 255), fc.nat(255))),
    {
      maxLength: 6,
    },
  ),
  keep: fc.oneof(
    { weight: 3, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
});

/** The damaged file; positions are fractions of its length, most of them near its beginning, where headers are. */
export function damaged(file: Uint8Array, { writes, keep }: Damage): Uint8Array {
  const bytes = file.slice(0, Math.round(keep * file.length));
  for (const [position, byte] of writes) {
    if (bytes.length > 0) bytes[Math.min(bytes.length - 1, Math.floor(position ** 2 * bytes.length))] = byte;
  }
  return bytes;
}
