import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autodiff/index.js';
import { compile } from '../../src/compile/index.js';
import { importOnnx } from '../../src/import/index.js';
import type { AttributeInput } from '../../src/onnx/attributes.js';
import { DataType } from '../../src/onnx/data-type.js';
import { graph, graphOf, type ModelProto, node, valueInfo } from '../../src/onnx/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { constant, input, type NDArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.js';
import { expectSame, modelOf } from './against-runtime.js';

type Feeds = Readonly<Record<string, NDArray>>;

/** y, and the gradient of Σ (k + 1)·yₖ by every input of the model. */
async function slopes(proto: ModelProto, feeds: Feeds): Promise<Record<string, number[]>> {
  const imported = importOnnx(proto, { trainable: () => false });
  const tensors: Record<string, Tensor> = Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, shape }]) => [name, input(name, dtype, shape)]),
  );
  const y = imported.call({}, tensors).y!;
  const weights = Array.from({ length: y.size }, (_, k) => k + 1);
  const sum = y.mul(constant(ndarray('f32', weights, y.shape))).sum();
  const executor = referenceExecutor();
  const executable = await executor.load(compile({ y, ...grad(sum, tensors) }));
  const results = await executable.run(feeds);
  await executor.dispose();
  return Object.fromEntries(Object.entries(results).map(([name, a]) => [name, toNumbers(a)]));
}

const opset = 21;
type Parts = { readonly attributes?: Record<string, AttributeInput>; readonly rest?: Feeds };

/** The op on int32 numbers that stand for the inputs: quantised with scale 1, computed, and taken for floats again. */
function onIntegers(opType: string, feeds: Feeds, { attributes = {}, rest = {} }: Parts): ModelProto {
  const names = Object.keys(feeds);
  const nodes = [
    node('Cast', ['zero'], ['z'], { to: DataType.int8 }),
    ...names.flatMap((name) => [
      node('QuantizeLinear', [name, 'one', 'z'], [`${name} byte`]),
      node('Cast', [`${name} byte`], [`${name} integer`], { to: DataType.int32 }),
    ]),
    node(opType, [...names.map((name) => `${name} integer`), ...Object.keys(rest)], ['result'], attributes),
    node('Cast', ['result'], ['y'], { to: DataType.float }),
  ];
  const initializers = { one: ndarray('f32', 1), zero: ndarray('i32', 0), ...rest };
  return modelOf(feeds, ['y'], { nodes, initializers }, opset);
}

/** The op on the inputs themselves. */
function onFloats(opType: string, feeds: Feeds, { attributes = {}, rest = {} }: Parts): ModelProto {
  const nodes = [node(opType, [...Object.keys(feeds), ...Object.keys(rest)], ['y'], attributes)];
  return modelOf(feeds, ['y'], { nodes, initializers: rest }, opset);
}

const a = ndarray('f32', [5, -3, 8, 1, -6, 7], [2, 3]);
const b = ndarray('f32', [4, 2, -5, 3, 9, 2], [2, 3]);
const c = ndarray('f32', [1, -2, 3, 4, 6, -5], [3, 2]);
const pads = ndarray('i64', [0, 1, 0, 1]);
const axes = ndarray('i64', [1]);
const rows = ndarray('i64', [1, 0, 1]);

/** Integers in, integers out: the values and derivatives of the op on real numbers. */
const exact: readonly (readonly [opType: string, feeds: Feeds, parts?: Parts])[] = [
  ['Add', { a, b }],
  ['Sub', { a, b }],
  ['Mul', { a, b }],
  ['Neg', { a }],
  ['Abs', { a }],
  ['Max', { a, b }],
  ['Min', { a, b }],
  ['MatMul', { a, c }],
  ['CumSum', { a }, { rest: { axis: ndarray('i64', 1) } }],
  ['ReduceSum', { a }, { rest: { axes } }],
  ['ReduceMax', { a }, { rest: { axes } }],
  ['Pad', { a }, { rest: { pads } }],
  ['Gather', { a }, { rest: { rows }, attributes: { axis: 0 } }],
  ['Concat', { a, b }, { attributes: { axis: 0 } }],
];

describe('derivatives through arithmetic with integers that were quantised', () => {
  it.each(exact.map(([opType, feeds, parts = {}]) => ({ opType, feeds, parts })))(
    '$opType has those of the op on real numbers',
    async ({ opType, feeds, parts }) => {
      const proto = onIntegers(opType, feeds, parts);
      await expectSame(proto, feeds);
      expect(await slopes(proto, feeds)).toEqual(await slopes(onFloats(opType, feeds, parts), feeds));
    },
  );

  it('Div rounds its values, not its derivatives', async () => {
    const proto = onIntegers('Div', { a, b }, {});
    await expectSame(proto, { a, b });
    const [found, real] = [await slopes(proto, { a, b }), await slopes(onFloats('Div', { a, b }, {}), { a, b })];
    expect(found.y).toEqual(real.y!.map((v) => Math.trunc(v) + 0));
    for (const name of ['a', 'b']) {
      found[name]!.forEach((v, i) => void expect(v).toBeCloseTo(real[name]![i]!, 5));
    }
  });

  it('Add of bytes wraps its values, not its derivatives', async () => {
    const [x, y] = [ndarray('f32', [100, 20]), ndarray('f32', [100, -30])];
    const nodes = [
      node('Cast', ['zero'], ['z'], { to: DataType.int8 }),
      node('QuantizeLinear', ['p', 'one', 'z'], ['qp']),
      node('QuantizeLinear', ['q', 'one', 'z'], ['qq']),
      node('Add', ['qp', 'qq'], ['sum']),
      node('DequantizeLinear', ['sum', 'one', 'z'], ['y']),
    ];
    const initializers = { one: ndarray('f32', 1), zero: ndarray('i32', 0) };
    const proto = modelOf({ p: x, q: y }, ['y'], { nodes, initializers }, opset);
    expect(await slopes(proto, { p: x, q: y })).toEqual({ y: [200 - 256, -10], p: [1, 2], q: [1, 2] });
  });

  it('of a product that is scaled back: the factor is the other operand, rounded', async () => {
    const scale = 0.25;
    const [x, y] = [ndarray('f32', [1.1, -2.6, 0.4]), ndarray('f32', [0.7, 1.9, -3.3])];
    const nodes = [
      node('Cast', ['zero'], ['z'], { to: DataType.int8 }),
      ...['p', 'q'].flatMap((name) => [
        node('QuantizeLinear', [name, 'scale', 'z'], [`${name} byte`]),
        node('Cast', [`${name} byte`], [`${name} integer`], { to: DataType.int32 }),
      ]),
      node('Mul', ['p integer', 'q integer'], ['product']),
      node('DequantizeLinear', ['product', 'square'], ['y']),
    ];
    const initializers = {
      scale: ndarray('f32', scale),
      square: ndarray('f32', scale ** 2),
      zero: ndarray('i32', 0),
    };
    const proto = modelOf({ p: x, q: y }, ['y'], { nodes, initializers }, opset);
    const found = await slopes(proto, { p: x, q: y });
    const rounded = (t: NDArray): number[] => toNumbers(t).map((v) => scale * Math.round(v / scale));
    expect(found.p).toEqual(rounded(y).map((v, k) => (k + 1) * v));
    expect(found.q).toEqual(rounded(x).map((v, k) => (k + 1) * v));
  });

  it('QuantizeLinear of int32 sums, as behind an integer product, goes on', async () => {
    const nodes = [
      node('Cast', ['zero'], ['z'], { to: DataType.int8 }),
      node('QuantizeLinear', ['a', 'one', 'z'], ['byte']),
      node('Cast', ['byte'], ['wide'], { to: DataType.int32 }),
      node('QuantizeLinear', ['wide', 'two', 'z'], ['half']),
      node('DequantizeLinear', ['half', 'two', 'z'], ['y']),
    ];
    const initializers = { one: ndarray('f32', 1), two: ndarray('f32', 2), zero: ndarray('i32', 0) };
    const { a: slope } = await slopes(modelOf({ a }, ['y'], { nodes, initializers }, opset), { a });
    expect(slope).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('of the branch that an input chooses', async () => {
    const branch = (opType: string, inputs: readonly string[]) =>
      graph(graphOf({ nodes: [node(opType, inputs, ['chosen'])], inputs: [], outputs: [valueInfo('chosen', 'i32')] }));
    const nodes = [
      node('Cast', ['zero'], ['z'], { to: DataType.int8 }),
      node('QuantizeLinear', ['a', 'one', 'z'], ['byte']),
      node('Cast', ['byte'], ['wide'], { to: DataType.int32 }),
      node('ReduceSum', ['b'], ['size'], { keepdims: 0 }),
      node('Greater', ['size', 'nothing'], ['positive']),
      node('If', ['positive'], ['result'], {
        then_branch: branch('Mul', ['wide', 'three']),
        else_branch: branch('Neg', ['wide']),
      }),
      node('Cast', ['result'], ['float'], { to: DataType.float }),
      node('Mul', ['b', 'nothing'], ['read']),
      node('Add', ['float', 'read'], ['y']),
    ];
    const initializers = {
      one: ndarray('f32', 1),
      nothing: ndarray('f32', 0),
      zero: ndarray('i32', 0),
      three: ndarray('i32', 3),
    };
    for (const [sign, slope] of [
      [1, 3],
      [-1, -1],
    ] as const) {
      const signed = ndarray('f32', [sign], [1, 1]);
      const found = await slopes(modelOf({ a, b: signed }, ['y'], { nodes, initializers }, opset), { a, b: signed });
      expect(found.y).toEqual(toNumbers(a).map((v) => slope * v));
      expect(found.a).toEqual([1, 2, 3, 4, 5, 6].map((k) => slope * k));
    }
  });

  it('says where only an op without derivative leads to the result', async () => {
    await expect(slopes(onIntegers('BitwiseAnd', { a, b }, {}), { a, b })).rejects.toThrow(
      /depends on "a" .* only through .*cast, which has no derivative; use a differentiable function there/,
    );
  });
});
