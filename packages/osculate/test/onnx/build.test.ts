import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  type AttributeValue,
  attribute,
  attributeValue,
  float,
  floats,
  graphs,
  int,
  ints,
  string,
  strings,
  tensor,
  tensors,
} from '../../src/onnx/attributes.js';
import * as onnx from '../../src/onnx/index.js';
import { int64Tensor } from '../../src/onnx/tensors.js';
import type { ModelProto } from '../../src/onnx/types.js';
import { InputError } from '../../src/tensor/errors.js';
import { ndarray } from '../../src/tensor/ndarray.js';

async function run(model: ModelProto, feeds: Record<string, ort.Tensor>): Promise<number[]> {
  const session = await ort.InferenceSession.create(onnx.encodeModel(model), {
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  try {
    const out = await session.run(feeds);
    return Array.from(out[session.outputNames[0]!]!.data as Float32Array);
  } finally {
    await session.release();
  }
}

describe('built models run in ONNX Runtime', () => {
  it('nodes with attributes of each common kind, opset 21, and a contributed operator', async () => {
    const graph = onnx.graphOf({
      nodes: [
        onnx.node('Constant', [], ['k'], { value: tensor(ndarray('f32', [10, 20])) }),
        onnx.node('Add', ['x', 'k'], ['a']),
        onnx.node('LeakyRelu', ['a'], ['b'], { alpha: float(0.5) }),
        onnx.node('FusedMatMul', ['b', 'w'], ['c'], { transB: 1, alpha: float(2) }, 'com.microsoft'),
        onnx.node('Transpose', ['c'], ['d'], { perm: [1, 0] }),
        onnx.node('Einsum', ['d'], ['y'], { equation: 'ij->i' }),
      ],
      inputs: [onnx.valueInfo('x', 'f32', ['N', 2])],
      outputs: [onnx.valueInfo('y', 'f32', [null])],
      initializers: {
        w: ndarray('f32', [
          [1, 0],
          [0, 1],
          [1, 1],
        ]),
      },
    });
    const model = onnx.model(graph, { opset: 21, contrib: true, metadata: { origin: 'test' } });
    const x = new ort.Tensor('float32', Float32Array.of(-30, 0, 0, 0), [2, 2]);
    // rows after LeakyRelu: (-10, 20), (10, 20); doubled and summed over the two rows
    expect(await run(model, { x })).toEqual([0, 80, 80]);
    expect(onnx.decodeModel(onnx.encodeModel(model))).toEqual(model);
  });

  it('a Loop with a body graph', async () => {
    const body = onnx.graphOf({
      name: 'body',
      nodes: [onnx.node('Add', ['v', 'x'], ['next']), onnx.node('Identity', ['go'], ['again'])],
      inputs: [onnx.valueInfo('i', 'i64', []), onnx.valueInfo('go', 'bool', []), onnx.valueInfo('v', 'f32', [2])],
      outputs: [onnx.valueInfo('again', 'bool', []), onnx.valueInfo('next', 'f32', [2])],
    });
    const graph = onnx.graphOf({
      nodes: [onnx.node('Loop', ['trips', '', 'x'], ['y'], { body: onnx.graph(body) })],
      inputs: [onnx.valueInfo('x', 'f32', [2])],
      outputs: [onnx.valueInfo('y', 'f32', [2])],
      initializers: [int64Tensor('trips', 4)],
    });
    expect(await run(onnx.model(graph), { x: new ort.Tensor('float32', Float32Array.of(1, -2), [2]) })).toEqual([
      5, -10,
    ]);
  });
});

describe('attributes', () => {
  it('come back with their kind after encoding', () => {
    const t = int64Tensor('t', [1]);
    const g = onnx.graphOf({ nodes: [], inputs: [], outputs: [] });
    const given: AttributeValue[] = [
      float(0.5),
      int(-3),
      int(2n ** 63n - 1n),
      string('é'),
      { kind: 'tensor', value: t },
      onnx.graph(g),
      floats([1, 2.5]),
      floats([]),
      ints([1, -(2n ** 60n)]),
      strings(['a', '']),
      tensors([t, t]),
      graphs([g]),
    ];
    const named = Object.fromEntries(given.map((v, i) => [`a${i}`, v]));
    const graph = onnx.graphOf({ nodes: [onnx.node('X', [], [], named)], inputs: [], outputs: [] });
    const decoded = onnx.decodeModel(onnx.encodeModel(onnx.model(graph))).graph!.node[0]!.attribute;
    expect(decoded.map(attributeValue)).toEqual(given);
  });

  it('refuses plain values whose type is not evident', () => {
    expect(() => attribute('alpha', 0.5)).toThrow("attribute 'alpha': 0.5 is not an integer; write float(0.5)");
    expect(() => attribute('scales', [1, 0.5])).toThrow(InputError);
    expect(() => attribute('axes', [])).toThrow(/tag an empty list/);
    expect(attribute('axis', -1)).toEqual({ name: 'axis', i: -1, type: 2 });
  });

  it('reads attributes without a stated type and refuses those without a value', () => {
    expect(attributeValue({ name: 'a', ints: [1] })).toEqual(ints([1]));
    expect(() => attributeValue({ name: 'a' })).toThrow(InputError);
    expect(() => attributeValue({ name: 'a', type: 2, refAttrName: 'b' })).toThrow(/inline it/);
    expect(() => attributeValue({ name: 'a', type: 4 })).toThrow(InputError);
    expect(() => attributeValue({ name: 'a', type: 3, s: Uint8Array.of(255) })).toThrow(/UTF-8/);
  });
});

describe('size', () => {
  it('encodes 20,000 nodes in less than 200 ms of processor time', () => {
    const nodes = Array.from({ length: 20_000 }, (_, i) =>
      onnx.node('Gemm', [`value_${i}`, 'weight', 'bias'], [`value_${i + 1}`], { alpha: float(0.5), transB: 1 }),
    );
    const model = onnx.model(onnx.graphOf({ nodes, inputs: [], outputs: [] }));
    const times = [1, 2, 3].map(() => {
      const start = process.cpuUsage();
      onnx.encodeModel(model);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(200);
    expect(onnx.decodeModel(onnx.encodeModel(model))).toEqual(model);
  });

  it('writes an initializer of 32 MB whole and in place', () => {
    const data = new Float32Array(1 << 23).fill(1.25);
    data[data.length - 1] = 7;
    const graph = onnx.graphOf({ nodes: [], inputs: [], outputs: [], initializers: { w: ndarray('f32', data) } });
    const bytes = onnx.encodeModel(onnx.model(graph));
    expect(bytes.length - data.byteLength).toBeLessThan(100);
    const back = onnx.tensorValues(onnx.decodeModel(bytes).graph!.initializer[0]!).array.data as Float32Array;
    expect(Buffer.compare(new Uint8Array(back.buffer), new Uint8Array(data.buffer))).toBe(0);
  });
});
