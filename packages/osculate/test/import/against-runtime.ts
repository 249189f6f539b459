import * as ort from 'onnxruntime-node';
import { expect } from 'vitest';
import { compile } from '../../src/compile/index.js';
import { type ImportedModel, type ImportOptions, importOnnx } from '../../src/import/index.js';
import type { AttributeInput } from '../../src/onnx/attributes.js';
import type { GraphParts } from '../../src/onnx/build.js';
import { encodeModel, graphOf, type ModelProto, model, node, valueInfo } from '../../src/onnx/index.js';
import { type Executor, referenceExecutor } from '../../src/runtime/index.js';
import {
  generator,
  input,
  leaves,
  type NDArray,
  parameters,
  type Shape,
  type Tensor,
  type Tree,
} from '../../src/tensor/index.js';
import { inputName } from '../../src/tensor/leaf.js';

export type Named = Readonly<Record<string, NDArray>>;

/** Reproducible values in [−1, 1). */
export function random(shape: Shape, seed = 1): NDArray {
  const g = generator(seed);
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * g.uniform() - 1);
  return { dtype: 'f32', shape, data };
}

/** A model around a graph whose inputs are described by arrays. */
export function modelOf(
  inputs: Named,
  outputs: readonly string[],
  parts: Pick<GraphParts, 'nodes' | 'initializers'>,
  opset: number,
): ModelProto {
  const graph = graphOf({
    ...parts,
    inputs: Object.entries(inputs).map(([name, { dtype, shape }]) => valueInfo(name, dtype, shape)),
    outputs: outputs.map((name) => ({ name })),
  });
  return { ...model(graph, { opset }), irVersion: 8 };
}

/** A model of one node. Its f32 inputs are inputs of the model, all others initialisers. */
export function nodeModel(
  opType: string,
  opset: number,
  given: Readonly<Record<string, NDArray | null>>,
  attributes: Readonly<Record<string, AttributeInput>> = {},
  outputs: readonly string[] = ['y'],
): { readonly proto: ModelProto; readonly feeds: Named } {
  const present = Object.entries(given).filter((entry): entry is [string, NDArray] => entry[1] !== null);
  const feeds = Object.fromEntries(present.filter(([, a]) => a.dtype === 'f32'));
  const initializers = Object.fromEntries(present.filter(([, a]) => a.dtype !== 'f32'));
  const names = Object.entries(given).map(([name, a]) => (a === null ? '' : name));
  const nodes = [node(opType, names, outputs, attributes)];
  return {
    proto: modelOf(
      feeds,
      outputs.filter((o) => o !== ''),
      { nodes, initializers },
      opset,
    ),
    feeds,
  };
}

const typeNames = { f32: 'float32', f64: 'float64', i32: 'int32', i64: 'int64', bool: 'bool' } as const;

/** The outputs of ONNX Runtime on the file itself. */
export async function runtimeOutputs(
  file: Uint8Array | ModelProto,
  feeds: Named,
): Promise<Readonly<Record<string, ort.Tensor>>> {
  const session = await ort.InferenceSession.create(file instanceof Uint8Array ? file : encodeModel(file), {
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
  });
  const given = Object.entries(feeds).map(([name, { dtype, data, shape }]) => {
    return [name, new ort.Tensor(typeNames[dtype], data as never, shape)] as const;
  });
  const results = await session.run(Object.fromEntries(given));
  await session.release();
  return results as Record<string, ort.Tensor>;
}

/** The outputs of an imported model. */
export async function outputsOf(
  imported: ImportedModel,
  feeds: Named,
  executor: Executor,
): Promise<Record<string, NDArray>> {
  const tensors = Object.fromEntries(
    imported.inputs.map(({ name, dtype, shape }) => [name, input(name, dtype, shape)]),
  );
  const outputs = imported.call(parameters(imported.parameters, 'parameter.') as Tree<Tensor>, tensors);
  const names = Object.keys(outputs);
  const executable = await executor.load(compile({ outputs: names.map((name) => outputs[name]!) }));
  const weights = leaves(imported.parameters).map(([name, a]): [string, NDArray] => [`parameter.${name}`, a]);
  const all: Named = { ...Object.fromEntries(weights), ...feeds };
  const read = executable.program.inputs.map(inputName);
  const results = await executable.run(Object.fromEntries(read.map((name) => [name, all[name]!])));
  await executable.dispose();
  return Object.fromEntries(names.map((name, i) => [name, results[`outputs.${i}`]!]));
}

/** The outputs of the imported model on the reference executor. */
export const importedOutputs = (
  file: ModelProto,
  feeds: Named,
  options: ImportOptions = {},
): Promise<Record<string, NDArray>> => outputsOf(importOnnx(file, options), feeds, referenceExecutor());

/** Expects the imported model to compute what ONNX Runtime computes from the file. */
export async function expectSame(proto: ModelProto, feeds: Named, options: ImportOptions = {}): Promise<void> {
  const expected = await runtimeOutputs(proto, { ...feeds, ...options.values });
  const actual = await importedOutputs(proto, feeds, options);
  for (const { name = '' } of proto.graph!.output) {
    const e = expected[name]!;
    expect(actual[name]!.shape).toEqual(e.dims);
    expect(typeNames[actual[name]!.dtype]).toBe(e.type);
    (e.data as Float32Array).forEach((v, i) => {
      expect(Math.abs(Number(actual[name]!.data[i]) - Number(v))).toBeLessThan(1e-5 * (1 + Math.abs(Number(v))));
    });
  }
}
