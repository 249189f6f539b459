import fc from 'fast-check';
import { type DType, type NDArray, ndarray, sizeOf } from '../../src/tensor/index.js';

const elements: Record<DType, fc.Arbitrary<number | bigint>> = {
  f32: fc.float(),
  f64: fc.double(),
  i32: fc.integer(),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  bool: fc.integer({ min: 0, max: 1 }),
};

function arrayOf(dtype: DType, shape: readonly number[]): fc.Arbitrary<NDArray> {
  return fc
    .array(elements[dtype], { minLength: sizeOf(shape), maxLength: sizeOf(shape) })
    .map((values) =>
      dtype === 'i64'
        ? ndarray('i64', BigInt64Array.from(values as bigint[]), shape)
        : ndarray(dtype, values as number[], shape),
    );
}

const dtypes: readonly DType[] = ['f32', 'f64', 'i32', 'i64', 'bool'];

/** Arrays of every dtype, of rank 0 to 3, empty ones included. */
export const anyArray: fc.Arbitrary<NDArray> = fc
  .tuple(fc.constantFrom(...dtypes), fc.array(fc.nat({ max: 4 }), { maxLength: 3 }))
  .chain(([dtype, shape]) => arrayOf(dtype, shape));

/** Arrays with as many rows, some without any. */
export const anyRows: fc.Arbitrary<{ rows: number; fields: Record<string, NDArray> }> = fc
  .nat({ max: 6 })
  .chain((rows) =>
    fc
      .array(fc.tuple(fc.constantFrom(...dtypes), fc.array(fc.nat({ max: 3 }), { maxLength: 2 })), {
        minLength: 1,
        maxLength: 3,
      })
      .chain((kinds) => fc.tuple(...kinds.map(([dtype, shape]) => arrayOf(dtype, [rows, ...shape]))))
      .map((arrays) => ({ rows, fields: Object.fromEntries(arrays.map((array, i) => [`field${i}`, array])) })),
  );

/** Rows of so many: any, with repeats; a range; all; none. */
export const anyPicks: fc.Arbitrary<(rows: number) => number[]> = fc.oneof(
  fc.array(fc.nat(), { maxLength: 8 }).map((picks) => (rows: number) => (rows === 0 ? [] : picks.map((p) => p % rows))),
  fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => (rows: number) => {
    const from = a % (rows + 1);
    return Array.from({ length: b % (rows - from + 1) }, (_, i) => from + i);
  }),
  fc.constant((rows: number) => Array.from({ length: rows }, (_, i) => i)),
);

/** The elements of the chosen rows, one by one. */
export function elementsOfRows({ shape, data }: NDArray, rows: readonly number[]): unknown[] {
  const width = sizeOf(shape.slice(1));
  return rows.flatMap((row) => Array.from({ length: width }, (_, k) => data[row * width + k]!));
}

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
