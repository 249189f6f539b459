import { describe, expect, it } from 'vitest';
import { DataType } from '../../src/onnx/data-type.js';
import { copyLittleEndian, swapBytes } from '../../src/onnx/endian.js';
import { decodeTensor, externalReference, type TensorProto, tensorOf, tensorValues } from '../../src/onnx/index.js';
import { int64Tensor } from '../../src/onnx/tensors.js';
import { DTypeError, InputError } from '../../src/tensor/errors.js';
import { ndarray, toNumbers } from '../../src/tensor/ndarray.js';
import { describeUnless } from '../support/describe-unless.js';
import { nodeTestFiles, noNodeTests } from '../support/node-test-archive.js';

describeUnless(noNodeTests)('widening, against the tensors of the Cast tests of ONNX', () => {
  const files = nodeTestFiles();
  const pair = (test: string) =>
    ['input_0', 'output_0'].map((f) => tensorValues(decodeTensor(files.get(`${test}/test_data_set_0/${f}.pb`)!)));
  it.each([
    ['test_cast_FLOAT16_to_FLOAT', 'float16', 'f32'],
    ['test_cast_BFLOAT16_to_FLOAT', 'bfloat16', 'f32'],
    ['test_cast_INT4_to_FLOAT', 'int4', 'i32'],
    ['test_cast_INT4_to_INT8', 'int4', 'i32'],
    ['test_cast_UINT4_to_UINT8', 'uint4', 'i32'],
    ['test_cast_INT2_to_FLOAT16', 'int2', 'i32'],
    ['test_cast_UINT2_to_UINT8', 'uint2', 'i32'],
    ['test_cast_FLOAT8E4M3FN_to_FLOAT16', 'float8e4m3fn', 'f32'],
    ['test_cast_FLOAT8E4M3FNUZ_to_FLOAT', 'float8e4m3fnuz', 'f32'],
    ['test_cast_FLOAT8E5M2_to_FLOAT', 'float8e5m2', 'f32'],
    ['test_cast_FLOAT8E5M2FNUZ_to_FLOAT', 'float8e5m2fnuz', 'f32'],
    ['test_cast_FLOAT4E2M1_to_FLOAT', 'float4e2m1', 'f32'],
  ])('%s', (test, original, dtype) => {
    const [input, output] = pair(test);
    expect(input!.original).toBe(original);
    expect(input!.array.dtype).toBe(dtype);
    expect(input!.array.shape).toEqual(output!.array.shape);
    expect(toNumbers(input!.array)).toEqual(toNumbers(output!.array));
  });
});

const values = (t: Omit<TensorProto, 'dims'> & { dims?: number[] }, count = 1) =>
  toNumbers(tensorValues({ dims: [count], ...t }).array);

describe('tensorValues', () => {
  it('widens raw data of every integer type', () => {
    const raw = (...b: number[]) => Uint8Array.from(b);
    expect(values({ dataType: DataType.uint8, rawData: raw(0, 255) }, 2)).toEqual([0, 255]);
    expect(values({ dataType: DataType.int8, rawData: raw(127, 128) }, 2)).toEqual([127, -128]);
    expect(values({ dataType: DataType.uint16, rawData: raw(0xff, 0xff) })).toEqual([65535]);
    expect(values({ dataType: DataType.int16, rawData: raw(0, 0x80) })).toEqual([-32768]);
    expect(values({ dataType: DataType.uint32, rawData: raw(255, 255, 255, 255) })).toEqual([4294967295]);
    expect(values({ dataType: DataType.uint64, rawData: raw(0, 0, 0, 0, 0, 0, 16, 0) })).toEqual([2 ** 52]);
    expect(values({ dataType: DataType.bool, rawData: raw(0, 2) }, 2)).toEqual([0, 1]);
    expect(values({ dataType: DataType.int4, rawData: raw(0x87, 0x0f) }, 3)).toEqual([7, -8, -1]);
    expect(values({ dataType: DataType.uint4, rawData: raw(0x87) }, 2)).toEqual([7, 8]);
    expect(values({ dataType: DataType.int2, rawData: raw(0b11_10_01_00, 0b10) }, 5)).toEqual([0, 1, -2, -1, -2]);
    expect(values({ dataType: DataType.uint2, rawData: raw(0b11_10_01_00, 0b10) }, 5)).toEqual([0, 1, 2, 3, 2]);
  });

  // Bits of the exponent and of the fraction, bias, and which codes are not numbers.
  it.each([
    ['float8e4m3fn', 4, 3, 7, (code: number) => ((code & 0x7f) === 0x7f ? Number.NaN : undefined)],
    ['float8e4m3fnuz', 4, 3, 8, (code: number) => (code === 0x80 ? Number.NaN : undefined)],
    ['float8e5m2', 5, 2, 15, (code: number) => [Number.POSITIVE_INFINITY, NaN, NaN, NaN][(code & 0x7f) - 0x7c]],
    ['float8e5m2fnuz', 5, 2, 16, (code: number) => (code === 0x80 ? Number.NaN : undefined)],
    ['float4e2m1', 2, 1, 1, () => undefined],
  ] as const)(
    'widens every code of %s to the value of its definition',
    (name, exponentBits, fractionBits, bias, special) => {
      const [top, codes] = [1 << (exponentBits + fractionBits), 2 << (exponentBits + fractionBits)];
      const expected = Array.from({ length: codes }, (_, code) => {
        const fraction = (code & ((1 << fractionBits) - 1)) / (1 << fractionBits);
        const exponent = (code % top) >> fractionBits;
        const size = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias);
        return (code >= top ? -1 : 1) * (special(code) ?? size);
      });
      // Of four bits two codes are in a byte, the first in the lower half.
      const bytes = Uint8Array.from({ length: codes === 16 ? 8 : codes }, (_, i) =>
        codes === 16 ? 2 * i + 16 * (2 * i + 1) : i,
      );
      expect(values({ dataType: DataType[name], rawData: bytes }, codes)).toEqual(expected);
    },
  );

  it('reads half precision exactly: subnormal, largest, signed zero, infinity, NaN', () => {
    const bits = [0x0001, 0x03ff, 0x0400, 0x3c00, 0x7bff, 0xfc00, 0x8000, 0x7e00];
    const expected = [2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, 65504, Number.NEGATIVE_INFINITY, -0, Number.NaN];
    const rawData = new Uint8Array(Uint16Array.from(bits).buffer);
    expect(values({ dataType: DataType.float16, rawData }, 8)).toEqual(expected);
    expect(values({ dataType: DataType.float16, int32Data: Int32Array.from(bits) }, 8)).toEqual(expected);
    const bf = [0x3f80, 0xc040, 0x7f80, 0x0001];
    expect(values({ dataType: DataType.bfloat16, int32Data: Int32Array.from(bf) }, 4)).toEqual([
      1,
      -3,
      Number.POSITIVE_INFINITY,
      2 ** -133,
    ]);
  });

  it('reads the typed fields', () => {
    expect(values({ dataType: DataType.float, floatData: Float32Array.of(0.1) })).toEqual([Math.fround(0.1)]);
    expect(values({ dataType: DataType.double, doubleData: Float64Array.of(0.1) })).toEqual([0.1]);
    expect(values({ dataType: DataType.int64, int64Data: BigInt64Array.of(-7n) })).toEqual([-7]);
    expect(values({ dataType: DataType.uint32, uint64Data: BigUint64Array.of(7n) })).toEqual([7]);
    expect(values({ dataType: DataType.int8, int32Data: Int32Array.of(-7) })).toEqual([-7]);
    expect(values({ dataType: DataType.bool, int32Data: Int32Array.of(1, 0) }, 2)).toEqual([1, 0]);
    expect(values({ dataType: DataType.int4, int32Data: Int32Array.of(0x87, 0x0f) }, 3)).toEqual([7, -8, -1]);
    expect(tensorValues({ dims: [0, 3], dataType: DataType.float }).array.shape).toEqual([0, 3]);
  });

  it('goes back and forth for every dtype of ours, from any alignment', () => {
    const arrays = [
      ndarray('f32', [1.5, -2, 3], [3, 1]),
      ndarray('f64', [[Math.PI], [-0]]),
      ndarray('i32', [-5, 6]),
      ndarray('i64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)),
      ndarray('bool', [1, 0, 1]),
      ndarray('f64', 2.5),
    ];
    for (const a of arrays) {
      const t = tensorOf('t', a);
      const shifted = new Uint8Array(t.rawData!.length + 1);
      shifted.set(t.rawData!, 1);
      expect(tensorValues({ ...t, rawData: shifted.subarray(1) }).array).toEqual(a);
    }
    expect(tensorValues(int64Tensor('s', [2, -1])).array).toEqual(ndarray('i64', [2, -1]));
    expect(tensorValues(int64Tensor('s', 4)).array).toEqual(ndarray('i64', 4));
  });

  it('swaps bytes for the other byte order', () => {
    expect(swapBytes(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 4)).toEqual(Uint8Array.of(4, 3, 2, 1, 8, 7, 6, 5));
    const out = new Float32Array(1);
    copyLittleEndian(Uint8Array.of(0, 0, 0x80, 0x3f), out);
    expect(out[0]).toBe(1);
  });

  it('checks lengths before it takes memory', () => {
    const huge = { name: 'w', dims: [2 ** 20, 2 ** 20], dataType: DataType.float };
    expect(() => tensorValues({ ...huge, rawData: new Uint8Array(4) })).toThrow(
      "tensor 'w': 4 bytes of raw data for shape [1048576, 1048576], which takes 4398046511104",
    );
    expect(() => tensorValues(huge)).toThrow(/0 values in floatData/);
    expect(() => tensorValues({ ...huge, dims: [-1] })).toThrow(InputError);
    expect(() => tensorValues({ ...huge, dims: [2 ** 40, 2 ** 40] })).toThrow(/too large/);
    expect(() => values({ dataType: DataType.uint64, uint64Data: BigUint64Array.of(2n ** 63n) })).toThrow(
      /range of i64/,
    );
    for (const dataType of [DataType.string, DataType.complex64, DataType.float8e8m0, 0, 99]) {
      expect(() => values({ dataType })).toThrow(DTypeError);
    }
  });
});

describe('external data', () => {
  const entry = (o: Record<string, string>): TensorProto => ({
    name: 'w',
    dims: [2],
    dataType: DataType.int8,
    dataLocation: 1,
    externalData: Object.entries(o).map(([key, value]) => ({ key, value })),
  });

  it('asks the caller for the bytes', () => {
    const file = Uint8Array.of(9, 9, 9, 1, 2, 3);
    const t = entry({ location: 'weights/a.bin', offset: '3', length: '2' });
    const { array } = tensorValues(t, {
      external: ({ location, offset }) => {
        expect(location).toBe('weights/a.bin');
        return file.subarray(offset);
      },
    });
    expect(toNumbers(array)).toEqual([1, 2]);
    expect(() => tensorValues(t)).toThrow(/pass the option 'external'/);
    expect(() => tensorValues(t, { external: () => Uint8Array.of(1) })).toThrow(/gave 1 of 2 bytes/);
    expect(() => tensorValues(entry({ location: 'a' }), { external: () => file })).toThrow(/6 bytes of raw data/);
  });

  it.each(['../a', 'x/../../a', '/etc/a', 'C:\\a', '\\\\host\\a', 'a\\..\\b'])(
    'refuses the location %s',
    (location) => {
      expect(() => externalReference(entry({ location }))).toThrow(/leads out of/);
    },
  );

  it.each(['-1', '1e3', '', '99999999999999999999'])('refuses the offset "%s"', (offset) => {
    expect(() => externalReference(entry({ location: 'a', offset }))).toThrow(InputError);
  });
});
