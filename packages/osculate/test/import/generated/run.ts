import * as ort from 'onnxruntime-node';
import { compile } from '../../../src/compile/index.js';
import { importOnnx } from '../../../src/import/index.js';
import { encodeModel } from '../../../src/onnx/index.js';
import type { Executor } from '../../../src/runtime/index.js';
import { input, ndarray } from '../../../src/tensor/index.js';
import { inputName as nameOfInput } from '../../../src/tensor/leaf.js';
import type { Result } from './case.js';
import { feedsOf, modelOf, outputName, type Plain, plainArray, plainOf, type Substitute } from './models.js';
import type { Outcome } from './results.js';
import type { Variant } from './variants.js';

type Run = (variants: readonly Variant[]) => Promise<readonly (readonly (Result | null)[])[]>;

/** All variants in one run; each on its own where that fails, so that errors are those of a variant. */
async function together(variants: readonly Variant[], run: Run): Promise<Outcome[]> {
  if (variants.length === 0) return [];
  try {
    return [...(await run(variants))];
  } catch (error) {
    if (variants.length === 1) return [error as Error];
    const half = Math.ceil(variants.length / 2);
    return [...(await together(variants.slice(0, half), run)), ...(await together(variants.slice(half), run))];
  }
}

const collect = (variants: readonly Variant[], result: (name: string) => Result): (readonly (Result | null)[])[] =>
  variants.map(({ outputs }, k) => outputs.map((type, i) => (type === null ? null : result(outputName(k, i)))));

/** The outputs of the imported model. */
export function runImported(variants: readonly Variant[], opset: number, executor: Executor): Promise<Outcome[]> {
  return together(variants, async (some) => {
    const imported = importOnnx(modelOf(some, { opset }), { trainable: () => false });
    const tensors = Object.fromEntries(
      imported.inputs.map(({ name, dtype, shape }) => [name, input(name, dtype, shape)]),
    );
    const outputs = imported.call({}, tensors);
    const names = Object.keys(outputs);
    const program = compile({ outputs: names.map((name) => outputs[name]!) });
    const executable = await executor.load(program);
    const given = new Map(feedsOf(some));
    const feeds = program.inputs.map((t) => {
      const { values, shape } = given.get(nameOfInput(t))!;
      return [nameOfInput(t), ndarray(t.dtype, values as number[], shape)] as const;
    });
    const results = await executable.run(Object.fromEntries(feeds));
    await executable.dispose();
    return collect(some, (name) => {
      const { shape, data } = results[`outputs.${names.indexOf(name)}`]!;
      return { shape, values: Array.from<number | bigint>(data) };
    });
  });
}

const runtimeNames: Readonly<Partial<Record<Plain, ort.Tensor.Type>>> = { float: 'float32', double: 'float64' };

const runtimeTensor = (type: Plain, array: ReturnType<typeof plainArray>, shape: readonly number[]): ort.Tensor =>
  new ort.Tensor(runtimeNames[type] ?? (type as ort.Tensor.Type), array as Float32Array, shape);

async function runSession(variants: readonly Variant[], substitute: Substitute): ReturnType<Run> {
  const file = encodeModel(modelOf(variants, { ...substitute, equivalents: true }));
  const session = await ort.InferenceSession.create(file, {
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
  });
  try {
    const feeds = feedsOf(variants).map(([name, { type, values, shape }]) => {
      return [name, runtimeTensor(plainOf(type), plainArray(plainOf(type), values), shape)] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    return collect(variants, (name) => {
      const { dims, data } = results[name]!;
      return { shape: dims, values: Array.from(data as ArrayLike<number | bigint>) };
    });
  } finally {
    await session.release();
  }
}

/** The outputs of ONNX Runtime on the file. */
export const runRuntime = (variants: readonly Variant[], substitute: Substitute): Promise<Outcome[]> =>
  together(variants, (some) => runSession(some, substitute));

/** Whether ONNX Runtime runs all of them. */
export const runs = (variants: readonly Variant[], substitute: Substitute): Promise<boolean> =>
  runSession(variants, substitute).then(
    () => true,
    () => false,
  );
