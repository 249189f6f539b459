import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/data/index.js';
import { InputError, ndarray, toNumbers } from '../../src/tensor/index.js';
import { referenceTensors } from '../networks/reference.js';
import { anyArray } from './arrays.js';

/** A file of any header and data. */
function safetensors(header: unknown, data: ArrayLike<number> = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  return Uint8Array.from([...length, ...text, ...Array.from(data)]);
}

const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });

describe('readSafetensors', () => {
  it('refuses two entries of one name, which JSON.parse makes one of', () => {
    const entry = JSON.stringify(f32([1], [0, 4]));
    const named = (key: string) => safetensors(`{"a":${entry},${key} : ${entry}}`, [0, 0, 0, 0]);
    for (const key of ['"a"', '"\\u0061"']) expect(() => readSafetensors(named(key))).toThrow(/two entries "a"/);
    expect(() => readSafetensors(named('"b"'))).not.toThrow(/two entries/);
  });

  it('reads a file that Python wrote', () => {
    const { tensors, metadata, converted } = referenceTensors('mlp_tanh');
    expect(Object.keys(tensors)).toHaveLength(34);
    expect(metadata).toMatchObject({ loss_name: 'softmax_cross_entropy', n_params: '517' });
    expect(converted).toEqual({});
    expect([tensors.x!.dtype, tensors.y!.dtype, tensors['grad.0.weight']!.dtype]).toEqual(['f32', 'i64', 'f64']);
    expect(tensors['param.0.weight']!.shape).toEqual([16, 20]);
    const eigenvalues = toNumbers(tensors.hessian_eigenvalues!);
    expect(eigenvalues.reduce((a, b) => a + b)).toBeCloseTo(Number(metadata.hessian_trace), 10);
  });

  it.each([
    ['F16', [0x00, 0x3c, 0x01, 0x00], 'f32', [1, 2 ** -24]],
    ['BF16', [0x80, 0x3f, 0x49, 0xc0], 'f32', [1, -3.140625]],
    ['U8', [0, 255], 'i32', [0, 255]],
    ['I8', [1, 255], 'i32', [1, -1]],
    ['U16', [1, 0, 255, 255], 'i32', [1, 65_535]],
    ['I16', [1, 0, 255, 255], 'i32', [1, -1]],
    ['U32', [1, 0, 0, 0, 255, 255, 255, 255], 'i64', [1, 2 ** 32 - 1]],
    ['U64', [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], 'i64', [1, 2 ** 32]],
  ])('widens %s exactly and says so', (dtype, data, ours, values) => {
    const file = readSafetensors(safetensors({ w: { dtype, shape: [2], data_offsets: [0, data.length] } }, data));
    expect(file.tensors.w!.dtype).toBe(ours);
    expect(toNumbers(file.tensors.w!)).toEqual(values);
    expect(file.converted).toEqual({ w: dtype });
  });

  it('names are only names', () => {
    const header = '{"__proto__":{"dtype":"BOOL","shape":[],"data_offsets":[0,1]}}';
    const { tensors } = readSafetensors(safetensors(header, [7]));
    expect(Object.entries(tensors)).toEqual([['__proto__', { dtype: 'bool', shape: [], data: Uint8Array.of(1) }]]);
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype);
  });

  it.each([
    ['too short', Uint8Array.of(1, 0, 0), /too few for a header/],
    ['a header longer than the file', Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 123), /does not fit/],
    ['a header beyond the bound', Uint8Array.of(0, 0, 0, 128, 0, 0, 0, 0, 123), /does not fit/],
    ['no JSON', safetensors('{"a":'), /not JSON/],
    ['no UTF-8', safetensors('{}').map((b) => (b === 0x7b ? 0xff : b)), /not JSON in UTF-8/],
    ['a list', safetensors('[]'), /not a JSON object/],
    ['metadata that are not text', safetensors({ __metadata__: { a: 1 } }), /must map strings to strings/],
    ['an entry that is not an object', safetensors({ a: 3 }), /"a": its header entry is not an object/],
    [
      'an unknown dtype',
      safetensors({ a: { dtype: 'F8_E4M3', shape: [], data_offsets: [0, 1] } }, [0]),
      /"F8_E4M3" is not supported/,
    ],
    ['no dtype', safetensors({ a: { shape: [], data_offsets: [0, 1] } }, [0]), /not supported/],
    ['a shape that is not a list', safetensors({ a: f32(3, [0, 4]) }, [0, 0, 0, 0]), /its shape is not an array/],
    ['a negative dimension', safetensors({ a: f32([-1], [0, 4]) }, [0, 0, 0, 0]), /-1 is not a dimension/],
    ['a fractional dimension', safetensors({ a: f32([1.5], [0, 4]) }, [0, 0, 0, 0]), /1.5 is not a dimension/],
    ['a product that overflows', safetensors({ a: f32([2 ** 40, 2 ** 40], [0, 4]) }, [0, 0, 0, 0]), /too large/],
    [
      'a size that the data lack',
      safetensors({ a: f32([2 ** 40], [0, 4]) }, [0, 0, 0, 0]),
      /4 bytes for F32 \[1099511627776\]/,
    ],
    ['offsets beyond the data', safetensors({ a: f32([2], [0, 8]) }, [0, 0, 0, 0]), /do not lie in the 4 bytes/],
    ['offsets that run backwards', safetensors({ a: f32([1], [4, 0]) }, [0, 0, 0, 0]), /do not lie/],
    ['offsets that are text', safetensors({ a: f32([1], ['0', '4']) }, [0, 0, 0, 0]), /do not lie/],
    ['no offsets', safetensors({ a: { dtype: 'F32', shape: [1] } }, [0, 0, 0, 0]), /do not lie/],
    [
      'an overlap',
      safetensors({ a: f32([1], [0, 4]), b: f32([1], [2, 6]) }, [0, 0, 0, 0, 0, 0]),
      /"b" begins at 2, which overlaps/,
    ],
    [
      'a hole',
      safetensors({ a: f32([1], [0, 4]), b: f32([1], [5, 9]) }, new Uint8Array(9)),
      /"b" begins at 5, which leaves a hole/,
    ],
    ['bytes at the end', safetensors({ a: f32([1], [0, 4]) }, new Uint8Array(6)), /2 bytes after the last tensor/],
    [
      'a U64 beyond i64',
      safetensors({ a: { dtype: 'U64', shape: [], data_offsets: [0, 8] } }, new Uint8Array(8).fill(255)),
      /tensor "a": element 0/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(InputError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });
});

describe('writeSafetensors', () => {
  const names = fc.string({ maxLength: 6 }).filter((name) => name !== '__metadata__');

  it('round trip of any arrays and metadata, in the order given', () => {
    fc.assert(
      fc.property(
        fc.dictionary(names, anyArray, { maxKeys: 5 }),
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 }),
        (tensors, metadata) => {
          const file = readSafetensors(writeSafetensors(tensors, metadata));
          expect(Object.entries(file.tensors)).toEqual(Object.entries(tensors));
          expect(Object.entries(file.metadata).sort()).toEqual(Object.entries(metadata).sort());
          expect(file.converted).toEqual({});
        },
      ),
    );
  });

  it('aligns every tensor to its element', () => {
    const bytes = writeSafetensors({
      flag: ndarray('bool', [1, 0, 1]),
      small: ndarray('f32', [1]),
      large: ndarray('f64', [1, 2]),
      ids: ndarray('i64', [3]),
    });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
      string,
      { dtype: string; data_offsets: [number, number] }
    >;
    const width: Record<string, number> = { BOOL: 1, F32: 4, F64: 8, I64: 8 };
    expect(Object.keys(header)).toEqual(['flag', 'small', 'large', 'ids']);
    for (const { dtype, data_offsets } of Object.values(header)) {
      expect((8 + length + data_offsets[0]) % width[dtype]!).toBe(0);
    }
  });

  it('refuses the reserved name and an array that does not fill its shape', () => {
    expect(() => writeSafetensors({ __metadata__: ndarray('f32', [1]) })).toThrow(/reserved/);
    expect(() => writeSafetensors({ w: { dtype: 'f32', shape: [3], data: new Float32Array(2) } })).toThrow(
      /"w" has 2 elements for shape \[3\]/,
    );
  });
});
