import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { importOnnx } from '../../src/import/index.js';
import { float } from '../../src/onnx/attributes.js';
import { DataType } from '../../src/onnx/data-type.js';
import { type ModelProto, node } from '../../src/onnx/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { generator, InputError, input, type NDArray, ndarray, toNumbers } from '../../src/tensor/index.js';
import { expectSame, importedOutputs, modelOf, random, runtimeOutputs } from './against-runtime.js';

/** Inputs cast to a type, an op on them, and its result cast back. */
function through(type: number, opType: string, inputs: Readonly<Record<string, NDArray>>, attributes = {}): ModelProto {
  const names = Object.keys(inputs);
  const nodes = [
    ...names.map((name) => node('Cast', [name], [`${name} narrow`], { to: type })),
    node(
      opType,
      names.map((name) => `${name} narrow`),
      ['z'],
      attributes,
    ),
    node('Cast', ['z'], ['y'], { to: DataType.int32 }),
  ];
  return modelOf(inputs, ['y'], { nodes }, 21);
}

const integers = (seed: number, count = 64): number[] => {
  const g = generator(seed);
  return Array.from({ length: count }, () => Math.floor((2 * g.uniform() - 1) * 2 ** 31));
};

interface IntegerArray {
  from(values: ArrayLike<number>, f: (v: number, i: number) => number): Iterable<number>;
  of(value: number): ArrayLike<number>;
}

const types: readonly (readonly ['int8' | 'uint8' | 'int16' | 'uint16' | 'uint32', IntegerArray])[] = [
  ['int8', Int8Array],
  ['uint8', Uint8Array],
  ['int16', Int16Array],
  ['uint16', Uint16Array],
  ['uint32', Uint32Array],
];

const operations: readonly (readonly [string, (a: number, b: number) => number])[] = [
  ['Add', (a, b) => a + b],
  ['Sub', (a, b) => a - b],
  ['BitwiseAnd', (a, b) => a & b],
  ['BitwiseOr', (a, b) => a | b],
  ['BitwiseXor', (a, b) => a ^ b],
];

describe('small integers', () => {
  const x = ndarray('i32', integers(1));
  const y = ndarray('i32', integers(2));

  it.each(types)('%s wraps as the typed array does', async (name, array) => {
    for (const [opType, f] of operations) {
      const expected = array.from([...array.from(x.data as Int32Array, (v) => v)], (a, i) =>
        f(a, array.of(Number(y.data[i]))[0]!),
      );
      const { y: actual } = await importedOutputs(through(DataType[name], opType, { x, y }), { x, y });
      expect(toNumbers(actual!)).toEqual([...Int32Array.from(expected)]);
    }
    const inverted = await importedOutputs(through(DataType[name], 'BitwiseNot', { x }), { x });
    expect(toNumbers(inverted.y!)).toEqual([...Int32Array.from(array.from(x.data as Int32Array, (v) => ~v))]);
  });

  it.each(['int4', 'uint4', 'int2', 'uint2'] as const)('%s keeps the low bits', async (name) => {
    const bits = Number(name.at(-1));
    const low = (v: number): number =>
      Number(name.startsWith('u') ? BigInt.asUintN(bits, BigInt(v)) : BigInt.asIntN(bits, BigInt(v)));
    const { y: actual } = await importedOutputs(through(DataType[name], 'Identity', { x }), { x });
    expect(toNumbers(actual!)).toEqual(toNumbers(x).map(low));
  });

  it('shifts drop the bits that leave the type', async () => {
    const by = ndarray('i32', [1, 3, 7]);
    const values = ndarray('i32', [255, 129, 3]);
    const shift = async (direction: string): Promise<number[]> => {
      const proto = through(DataType.uint8, 'BitShift', { values, by }, { direction });
      return toNumbers((await importedOutputs(proto, { values, by })).y!);
    };
    expect(await shift('LEFT')).toEqual([254, 8, 128]);
    expect(await shift('RIGHT')).toEqual([127, 16, 0]);
  });

  it('keeps the type through functions and branches of the file', async () => {
    const values = ndarray('i32', [200]);
    const nodes = [
      node('Cast', ['values'], ['small'], { to: DataType.uint8 }),
      { ...node('Twice', ['small'], ['y']), domain: 'own' },
    ];
    const base = modelOf({ values }, ['y'], { nodes }, 21);
    const body = [node('Add', ['a', 'a'], ['b'])];
    const opsetImport = [{ domain: '', version: 21 }];
    const functions = [
      { name: 'Twice', domain: 'own', input: ['a'], output: ['b'], attribute: [], node: body, opsetImport },
    ];
    const proto = { ...base, functions } as ModelProto;
    expect(toNumbers((await importedOutputs(proto, { values })).y!)).toEqual([144]);
  });

  it('refuses bits of floats, and bits of floats as integers where the values are not known', () => {
    const f = random([2]);
    expect(() => importOnnx(modelOf({ f }, ['y'], { nodes: [node('BitwiseAnd', ['f', 'f'], ['y'])] }, 21))).toThrow(
      /BitwiseAnd at y: its operands are not integers/,
    );
    const cast = (to: number): ModelProto =>
      modelOf({ f }, ['y'], { nodes: [node('BitCast', ['f'], ['y'], { to })] }, 26);
    expect(() => importOnnx(cast(DataType.int32))).toThrow(/depends on the model's inputs, .* options\.values/);
    expect(() => importOnnx(cast(DataType.uint32))).toThrow(/it takes float for uint32, which is not supported/);
  });
});

describe('floats of 8 bits', () => {
  const formats = [
    ['float8e4m3fn', 448],
    ['float8e4m3fnuz', 240],
    ['float8e5m2', 57344],
    ['float8e5m2fnuz', 57344],
  ] as const;
  // All magnitudes, and every midpoint of two neighbours of a format with at most 3 digits: multiples of a sixteenth of powers of two.
  const g = generator(7);
  const spread = Array.from({ length: 500 }, () => (2 * g.uniform() - 1) * 2 ** (40 * g.uniform() - 20));
  const ties = Array.from({ length: 34 }, (_, e) =>
    [16, 17, 18, 19, 21, 23, 25, 27, 29, 31].map((k) => k * 2 ** (e - 22)),
  );
  const special = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 448, 465, 240, 249, 57344, 61441];
  const all = ndarray('f32', [...spread, ...ties.flat(), ...special]);

  it.each(formats.flatMap(([f, most]) => [1, 0].map((s) => [f, s, most] as const)))(
    '%s rounds as ONNX Runtime does, saturating: %i',
    async (name, saturate, most) => {
      // What becomes of numbers beyond the range without saturation is tested by ONNX's node tests: ONNX Runtime rounds some of them otherwise.
      const x = saturate
        ? all
        : ndarray(
            'f32',
            toNumbers(all).filter((v) => !(Math.abs(v) > most) || Math.abs(v) === Number.POSITIVE_INFINITY),
          );
      const nodes = [
        node('Cast', ['x'], ['z'], { to: DataType[name], saturate }),
        node('Cast', ['z'], ['y'], { to: DataType.float }),
      ];
      const proto = modelOf({ x }, ['y'], { nodes }, 21);
      const { y: actual } = await importedOutputs(proto, { x });
      const { y: expected } = await runtimeOutputs(proto, { x });
      const plain = (values: Iterable<number>): number[] => Array.from(values, (v) => v + 0);
      expect(plain(actual!.data as Float32Array)).toEqual(plain(expected!.data as Float32Array));
    },
  );
});

describe('quantisation', () => {
  const scale = ndarray('f32', 0.1);
  const zero = ndarray('i32', 3);
  /** Quantises to int8 and back. */
  const nodes = [
    node('Cast', ['zero'], ['z'], { to: DataType.int8 }),
    node('QuantizeLinear', ['x', 'scale', 'z'], ['q']),
    node('DequantizeLinear', ['q', 'scale', 'z'], ['y']),
  ];
  const x = ndarray('f32', [0.31, -0.27, 5, 50, -50]);

  it('computes what ONNX Runtime computes', async () => {
    await expectSame(modelOf({ x }, ['y'], { nodes, initializers: { scale, zero } }, 21), { x });
    const dynamic = [
      node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
      node('DequantizeLinear', ['q', 's', 'z'], ['y']),
    ];
    await expectSame(modelOf({ x }, ['y'], { nodes: dynamic }, 21), { x });
  });

  it('passes derivatives straight through the rounding, and none outside of the range', async () => {
    const proto = modelOf({ x }, ['y'], { nodes, initializers: { scale, zero } }, 21);
    const imported = importOnnx(proto, { trainable: () => false });
    const given = input('x', 'f32', [5]);
    const { y } = imported.call({}, { x: given });
    const executor = referenceExecutor();
    const executable = await executor.load(compile({ slope: grad(y!.mul(y!).sum(), given) }));
    const { slope } = await executable.run({ x });
    await executor.dispose();
    const expected = [0.6, -0.6, 10, 0, 0];
    toNumbers(slope!).forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i]!, 5);
    });
  });

  it('passes derivatives through integer arithmetic and through what moves its integers', async () => {
    const a = ndarray('f32', [0.3, -0.2, 0.8, 0.1, 0.5, -0.7], [2, 3]);
    const w = ndarray('f32', [0.4, -0.6, 0.2, 0.9, -0.1, 0.3], [3, 2]);
    const arithmetic = [
      node('DynamicQuantizeLinear', ['a'], ['qa', 'sa', 'za']),
      node('DynamicQuantizeLinear', ['w'], ['qw', 'sw', 'zw']),
      node('Transpose', ['qa'], ['ta'], { perm: [1, 0] }),
      node('Transpose', ['ta'], ['tta'], { perm: [1, 0] }),
      node('MatMulInteger', ['tta', 'qw', 'za', 'zw'], ['product']),
      node('Cast', ['product'], ['real'], { to: DataType.float }),
      node('Mul', ['sa', 'sw'], ['s']),
      node('Mul', ['real', 's'], ['y']),
    ];
    const imported = importOnnx(modelOf({ a, w }, ['y'], { nodes: arithmetic }, 21));
    const tensors = { a: input('a', 'f32', [2, 3]), w: input('w', 'f32', [3, 2]) };
    const { y } = imported.call({}, tensors);
    const executor = referenceExecutor();
    const executable = await executor.load(compile({ y: y!, ...grad(y!.mul(y!).sum(), tensors) }));
    const results = await executable.run({ a, w });
    const plain = await executor.load(compile(grad(tensors.a.matmul(tensors.w).square().sum(), tensors)));
    const exact = await plain.run({ a, w });
    await executor.dispose();
    // As far as 8 bits go: the straight-through derivative is that of the product without rounding.
    for (const name of ['a', 'w'] as const) {
      const scale = Math.max(...toNumbers(exact[name]).map(Math.abs));
      toNumbers(results[name]).forEach((v, i) => {
        expect(Math.abs(v - Number(exact[name].data[i]))).toBeLessThan(0.05 * scale);
      });
    }
  });

  it('refuses blocks that do not fit', () => {
    const scales = ndarray('f32', [0.1, 0.2], [2]);
    const blocked = [node('DequantizeLinear', ['x', 'scales'], ['y'], { axis: 0, block_size: 2 ** 30 })];
    expect(() => importOnnx(modelOf({ x, scales }, ['y'], { nodes: blocked }, 21))).toThrow(
      /DequantizeLinear at y: blocks of 1073741824 along axis 0 do not fit .*\[2\].*\[5\]/,
    );
  });

  it('multiplies matrices with zero points', async () => {
    const a = ndarray('i32', integers(3, 6), [2, 3]);
    const b = ndarray('i32', integers(4, 12), [3, 4]);
    const bytes = (name: string, to: number) => node('Cast', [name], [`${name} byte`], { to });
    const proto = modelOf(
      { a, b },
      ['y'],
      {
        nodes: [
          bytes('a', DataType.uint8),
          bytes('b', DataType.int8),
          bytes('za', DataType.uint8),
          bytes('zb', DataType.int8),
          node('MatMulInteger', ['a byte', 'b byte', 'za byte', 'zb byte'], ['y']),
        ],
        initializers: { za: ndarray('i32', [12, 3]), zb: ndarray('i32', [1, -2, 0, 4]) },
      },
      21,
    );
    const wrapped = [Uint8Array.from(a.data as Int32Array), Int8Array.from(b.data as Int32Array)] as const;
    const expected = [0, 1].flatMap((i) =>
      [0, 1, 2, 3].map((j) =>
        [0, 1, 2].reduce(
          (s, k) => s + (wrapped[0][3 * i + k]! - [12, 3][i]!) * (wrapped[1][4 * k + j]! - [1, -2, 0, 4][j]!),
          0,
        ),
      ),
    );
    expect(toNumbers((await importedOutputs(proto, { a, b })).y!)).toEqual(expected);
  });
});

describe('deformable convolution', () => {
  it('without offsets is the convolution', async () => {
    const x = random([2, 4, 7, 6], 5);
    const w = random([6, 2, 3, 2], 6);
    const b = random([6], 7);
    const attributes = { strides: [2, 1], pads: [1, 0, 1, 1], dilations: [1, 2], group: 2 };
    const conv = await runtimeOutputs(
      modelOf({ x, w, b }, ['y'], { nodes: [node('Conv', ['x', 'w', 'b'], ['y'], attributes)] }, 19),
      { x, w, b },
    );
    const [, , height, width] = conv.y!.dims as [number, number, number, number];
    const offset = ndarray('f32', new Float32Array(2 * 24 * height * width), [2, 24, height, width]);
    const nodes = [node('DeformConv', ['x', 'w', 'offset', 'b'], ['y'], { ...attributes, offset_group: 2 })];
    const { y } = await importedOutputs(modelOf({ x, w, offset, b }, ['y'], { nodes }, 19), { x, w, offset, b });
    expect(y!.shape).toEqual(conv.y!.dims);
    y!.data.forEach((v, i) => {
      expect(Math.abs(Number(v) - Number(conv.y!.data[i]))).toBeLessThan(1e-5);
    });
  });

  it('by whole offsets reads the pixels there, by others what lies between, and 0 outside', async () => {
    const x = ndarray('f32', [1, 2, 3, 4], [1, 1, 2, 2]);
    const w = ndarray('f32', [1], [1, 1, 1, 1]);
    // Rows of the offsets first: down by 1, 0.5, 0 and 0; right by 0, 0, −1 and 0.25.
    const offset = ndarray('f32', [1, 0.5, 0, 0, 0, 0, -1, 0.25], [1, 2, 2, 2]);
    const nodes = [node('DeformConv', ['x', 'w', 'offset'], ['y'])];
    const { y } = await importedOutputs(modelOf({ x, w, offset }, ['y'], { nodes }, 19), { x, w, offset });
    expect(toNumbers(y!)).toEqual([3, 3, 0, 3]);
  });

  it('refuses what is not an image', () => {
    const x = random([1, 1, 4]);
    const nodes = [node('DeformConv', ['x', 'x', 'x'], ['y'])];
    expect(() => importOnnx(modelOf({ x }, ['y'], { nodes }, 19))).toThrow(/data of rank 3 are not images/);
  });
});

describe('steps of optimizers', () => {
  it('need as many gradients and states as tensors', () => {
    const x = random([2]);
    const update = { ...node('Adam', ['x', 'x', 'x', 'x', 'x'], ['y']), domain: 'ai.onnx.preview.training' };
    const proto = modelOf({ x }, ['y'], { nodes: [update] }, 16);
    expect(() => importOnnx(proto)).toThrow(InputError);
    expect(() => importOnnx(proto)).toThrow(/its 5 inputs are not 2 and 4 for each tensor/);
  });

  it('Adam without penalties is the published step', async () => {
    const rate = ndarray('f32', 0.1);
    const step = ndarray('i64', 2);
    const [w, g, m, v] = [0.5, 0.25, 0.1, 0.02].map((value) => ndarray('f32', [value])) as [
      NDArray,
      NDArray,
      NDArray,
      NDArray,
    ];
    const update = node('Adam', ['rate', 'step', 'w', 'g', 'm', 'v'], ['y', 'nm', 'nv'], { epsilon: float(1e-8) });
    const proto = modelOf(
      { rate, step, w, g, m, v },
      ['y'],
      { nodes: [{ ...update, domain: 'ai.onnx.preview.training' }] },
      16,
    );
    const mean = 0.9 * 0.1 + 0.1 * 0.25;
    const square = 0.999 * 0.02 + 0.001 * 0.0625;
    const expected = 0.5 - (0.1 * Math.sqrt(1 - 0.999 ** 2) * mean) / ((1 - 0.9 ** 2) * Math.sqrt(square));
    expect(Number((await importedOutputs(proto, { rate, step, w, g, m, v })).y!.data[0])).toBeCloseTo(expected, 6);
  });
});
