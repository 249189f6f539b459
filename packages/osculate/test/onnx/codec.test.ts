import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel, type GraphProto, type NodeProto, tensorValues } from '../../src/onnx/index.js';
import { toNumbers } from '../../src/tensor/index.js';
import { networkNames, referenceOnnx, referenceTensors } from '../networks/reference.js';
import { describeUnless } from '../support/describe-unless.js';
import { nodeTestFiles, noNodeTests } from '../support/node-test-archive.js';

async function run(bytes: Uint8Array, input: ort.Tensor): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, {
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  try {
    const out = await session.run({ [session.inputNames[0]!]: input });
    return out[session.outputNames[0]!]!.data as Float32Array;
  } finally {
    await session.release();
  }
}

describe.each(networkNames)('reference model %s, exported by PyTorch', (name) => {
  const bytes = referenceOnnx(name);

  it('is written back byte for byte', () => {
    const model = decodeModel(bytes);
    const again = encodeModel(model);
    expect(Buffer.compare(again, bytes)).toBe(0);
    expect(decodeModel(again)).toEqual(model);
    expect(model.producerName).toBe('pytorch');
    expect(model.graph!.input.map((v) => v.name)).toEqual(['x']);
  });

  it('gives the same outputs in ONNX Runtime after decoding and encoding, near the recorded ones', async () => {
    const { x, output } = referenceTensors(name).tensors;
    const input = new ort.Tensor('float32', x!.data as Float32Array, x!.shape);
    const expected = await run(bytes, input);
    const again = await run(encodeModel({ ...decodeModel(bytes), docString: 'encoded again' }), input);
    expect(again).toEqual(expected);
    const recorded = toNumbers(output!);
    for (let i = 0; i < recorded.length; i++) expect(Math.abs(again[i]! - recorded[i]!)).toBeLessThan(1e-5);
  });

  it('holds the weights of the safetensors file', () => {
    const { tensors } = referenceTensors(name);
    let found = 0;
    for (const t of decodeModel(bytes).graph!.initializer) {
      const expected = tensors[`param.${t.name}`];
      if (expected === undefined) continue;
      const { array, original } = tensorValues(t);
      expect(original).toBe('float');
      expect(array).toEqual(expected);
      found++;
    }
    // PyTorch renames the transposed weights of the LSTM; its head keeps its names.
    expect(found).toBeGreaterThanOrEqual(2);
  });
});

/** Every node of a graph and of the graphs in its attributes. */
function* nodesOf(graph: GraphProto): Generator<NodeProto> {
  for (const node of graph.node) {
    yield node;
    for (const a of node.attribute) {
      if (a.g !== undefined) yield* nodesOf(a.g);
      for (const g of a.graphs ?? []) yield* nodesOf(g);
    }
  }
}

describeUnless(noNodeTests)('the node tests of ONNX', () => {
  const models = [...nodeTestFiles()].filter(([path]) => path.endsWith('/model.onnx'));

  it('are all written back byte for byte, without unknown fields', () => {
    expect(models.length).toBeGreaterThan(1400);
    const opTypes = new Set<string>();
    const different: string[] = [];
    for (const [path, bytes] of models) {
      const model = decodeModel(bytes);
      if (Buffer.compare(encodeModel(model), bytes) !== 0) different.push(path);
      expect(model.unknownFields).toBeUndefined();
      for (const node of nodesOf(model.graph!)) opTypes.add(node.opType!);
    }
    expect(different).toEqual([]);
    expect(opTypes.size).toBeGreaterThan(150);
  });
});
