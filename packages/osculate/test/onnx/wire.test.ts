import { describe, expect, it } from 'vitest';
import { decodeModel, decodeTensor, encodeModel, encodeTensor, type ModelProto } from '../../src/onnx/index.js';
import { InputError } from '../../src/tensor/errors.js';

const bytes = (hex: string) =>
  Uint8Array.from(hex.replace(/\s+/g, '').match(/../g) ?? [], (h) => Number.parseInt(h, 16));
const hex = (b: Uint8Array) => Buffer.from(b).toString('hex');
/** Attribute `i` of the only node, around a varint given in hexadecimal. */
const withInt = (varint: string) => {
  const attribute = `18${varint}`;
  const wrap = (tag: string, body: string) => `${tag}${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
  return bytes(wrap('3a', wrap('0a', wrap('2a', attribute))));
};
const intOf = (m: ModelProto) => m.graph!.node[0]!.attribute[0]!.i;
const modelWithInt = (i: number | bigint): ModelProto => ({
  opsetImport: [],
  graph: { node: [{ input: [], output: [], attribute: [{ i }] }], initializer: [], input: [], output: [] },
});

describe('wire format, by hand', () => {
  it('writes a small model as protobuf prescribes', () => {
    const model: ModelProto = {
      irVersion: 10,
      producerName: 'né',
      graph: {
        node: [{ input: ['x', ''], output: ['y'], opType: 'Add', attribute: [{ name: 'a', f: 1.5, type: 1 }] }],
        initializer: [],
        input: [],
        output: [],
      },
      opsetImport: [{ domain: '', version: 300 }],
    };
    const expected = [
      '080a', // irVersion = 10
      '12036ec3a9', // producerName
      '3a1c', // graph, 28 bytes
      '0a1a', // node, 26 bytes: 5 + 3 + 5 + 13
      '0a0178 0a00', // inputs
      '120179', // output
      '2203416464', // opType
      '2a0b', // attribute, 11 bytes
      '0a0161 150000c03f a00101', // name, f, type (field 20)
      '4205 0a00 10ac02', // opset import
    ];
    expect(hex(encodeModel(model))).toBe(expected.join('').replace(/ /g, ''));
    expect(decodeModel(encodeModel(model))).toEqual(model);
  });

  it.each<[string, number | bigint]>([
    ['00', 0],
    ['7f', 127],
    ['8001', 128],
    ['ffffffff0f', 4294967295],
    ['8080808010', 4294967296],
    ['ffffffffffffff0f', Number.MAX_SAFE_INTEGER],
    ['8080808080808010', 2n ** 53n],
    ['ffffffffffffffff7f', 2n ** 63n - 1n],
    ['ffffffffffffffffff01', -1],
    ['80808080f8ffffffff01', -(2 ** 31)],
    ['8180808080808 0f0ff01'.replace(' ', ''), -Number.MAX_SAFE_INTEGER],
    ['80808080808080808001', -(2n ** 63n)],
  ])('varint %s is %s', (varint, value) => {
    const wire = withInt(varint);
    expect(intOf(decodeModel(wire))).toBe(value);
    expect(hex(encodeModel(modelWithInt(value)))).toBe(hex(wire));
  });

  it('refuses integers that the wire or a number cannot hold', () => {
    expect(() => encodeModel(modelWithInt(0.5))).toThrow(InputError);
    expect(() => encodeModel(modelWithInt(2 ** 53))).toThrow(InputError);
    expect(() => encodeModel(modelWithInt(2n ** 63n))).toThrow(/does not fit 64 bits/);
    expect(() => encodeModel({ opsetImport: [], producerName: 'a\ud800' })).toThrow(/surrogate/);
  });

  it('reads the typed fields of tensors packed and unpacked', () => {
    const packed = decodeTensor(bytes('0802 1001 2208 0000803f 000000c0'));
    expect(packed).toEqual({ dims: [2], dataType: 1, floatData: Float32Array.of(1, -2) });
    const unpacked = decodeTensor(bytes('0802 1001 250000803f 25000000c0'));
    expect(unpacked).toEqual(packed);
    const mixed = decodeTensor(bytes('0a0203 04 1007 3a0b 01 ffffffffffffffffff01 3805'));
    expect(mixed).toEqual({ dims: [3, 4], dataType: 7, int64Data: BigInt64Array.of(1n, -1n, 5n) });
    expect(hex(encodeTensor(mixed))).toBe('080308041007' + '3a0c01ffffffffffffffffff0105');
    const wide = decodeTensor(bytes('5a0a ffffffffffffffffff01 5208 000000000000f0bf'));
    expect(wide).toEqual({ dims: [], uint64Data: BigUint64Array.of(2n ** 64n - 1n), doubleData: Float64Array.of(-1) });
    expect(decodeTensor(encodeTensor(wide))).toEqual(wide);
    const narrow = decodeTensor(bytes('2a0c 05 ffffffffffffffffff01 07'));
    expect(narrow.int32Data).toEqual(Int32Array.of(5, -1, 7));
  });

  it('keeps unknown fields of every wire type', () => {
    const unknown = 'c83e05 c93e0102030405060708 ca3e026869 cd3e01020304'.replace(/ /g, '');
    const file = bytes(`080a${unknown}`);
    const model = decodeModel(file);
    expect(model.irVersion).toBe(10);
    expect(model.unknownFields!.map(hex)).toEqual(['c83e05', 'c93e0102030405060708', 'ca3e026869', 'cd3e01020304']);
    expect(hex(encodeModel(model))).toBe(hex(file));
  });

  it('merges a message in two parts and keeps the last member of a union', () => {
    const merged = decodeModel(bytes('3a03120167 3a0452026869'));
    expect(merged.graph).toMatchObject({ name: 'g', docString: 'hi' });
    // graph.input[0].type.tensorType.shape.dim[0]: dimValue 5, then dimParam 'N'
    const union = decodeModel(bytes('3a0f 5a0d 120b 0a09 1207 0a05 0805 12014e'));
    expect(union.graph!.input[0]!.type!.tensorType!.shape!.dim).toEqual([{ dimParam: 'N' }]);
  });

  it('keeps a byte-order mark in a name', () => {
    expect(decodeModel(bytes('1204efbbbf61')).producerName).toBe('\ufeffa');
  });
});

describe('malformed files', () => {
  it.each<[string, string, RegExp]>([
    ['length beyond the file', '3a05 1201', /graph: a length of 5 bytes exceeds the 2 that are left at byte 1 of 4/],
    ['length beyond the parent', '3a02 0a03 000000', /graph\.node\[0\]: a length of 3 bytes exceeds the 0/],
    ['length of 2^63', '3a ffffffffffffffff7f', /graph: a length of \d+ bytes exceeds the 0/],
    ['unfinished varint', '0880', /irVersion: the data end inside a varint at byte 1/],
    ['varint of 11 bytes', '0880808080808080808080 01', /longer than 10 bytes|exceeds 64 bits/],
    ['varint of more than 64 bits', '08ffffffffffffffffff02', /exceeds 64 bits/],
    ['field number 0', '0005', /field number 0/],
    ['a group', 'cb3e', /wire type 3 \(a group or undefined\)/],
    ['wire type 7', 'cf3e', /wire type 7/],
    ['unknown fixed64 cut short', 'c93e010203', /inside a fixed64 value/],
    ['text that is not UTF-8', '1201ff', /producerName: the text is not valid UTF-8 at byte 2/],
    ['wrong wire type', '1005', /producerName: wire type varint where length-delimited is expected at byte 0/],
    ['packed floats of 6 bytes', '3a0a 2a08 2206000000000000', /initializer\[0\]\.floatData: 6 bytes do not divide/],
    ['packed varints cut short', '3a07 2a05 3a030180 80', /int64Data: the data end inside a varint/],
    ['a version beyond 2^53', '088080808080808010', /irVersion: the integer 9007199254740992 is out of range/],
  ])('%s', (_what, file, message) => {
    expect(() => decodeModel(bytes(file))).toThrow(InputError);
    expect(() => decodeModel(bytes(file))).toThrow(message);
  });

  it('limits the nesting, in reading and in writing', () => {
    // A type of sequences of sequences…: two messages a level.
    const nested = (levels: number) => {
      let type: Record<string, unknown> = {};
      for (let i = 0; i < levels; i++) type = { sequenceType: { elemType: type } };
      return { opsetImport: [], graph: { node: [], initializer: [], output: [], input: [{ type }] } } as ModelProto;
    };
    const deep = nested(48); // model, graph, input, type and 2 x 48: 100 messages
    expect(decodeModel(encodeModel(deep))).toEqual(deep);
    expect(() => encodeModel(nested(49))).toThrow(/nested more than 100 deep/);
    const head = (tag: number, body: Uint8Array) =>
      Uint8Array.from([tag, (body.length & 127) | 128, body.length >> 7, ...body]);
    let file = bytes('');
    for (let i = 0; i < 200; i++) file = head(i % 2 === 0 ? 0x0a : 0x22, file);
    expect(() => decodeModel(head(0x3a, head(0x5a, head(0x12, file))))).toThrow(/nested more than 100 deep/);
  });
});
