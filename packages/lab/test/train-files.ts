import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeNpz } from 'osculate/data';
import { encodeModel, graphOf, type ModelProto, model, node, valueInfo } from 'osculate/onnx';
import { generator, type NDArray, ndarray } from 'osculate/tensor';
import type { TrainOptions } from '../src/commands/train/train.js';

/** Inputs, hidden units and classes of the classifier. */
export const sizes = { inputs: 4, hidden: 6, classes: 3 };

/** Numbers from a normal distribution. */
export function normal(shape: readonly number[], seed: number, scale = 1): NDArray<'f32'> {
  const random = generator(seed);
  const count = shape.reduce((a, b) => a * b, 1);
  return { dtype: 'f32', shape: [...shape], data: Float32Array.from({ length: count }, () => scale * random.normal()) };
}

/** A classifier with one hidden layer; its output `p` is a Softmax of the logits `z`. */
export function classifier(): ModelProto {
  const { inputs, hidden, classes } = sizes;
  return model(
    graphOf({
      nodes: [
        node('Gemm', ['x', 'w1', 'b1'], ['h']),
        node('Tanh', ['h'], ['t']),
        node('Gemm', ['t', 'w2', 'b2'], ['z']),
        node('Softmax', ['z'], ['p'], { axis: -1 }),
      ],
      inputs: [valueInfo('x', 'f32', ['batch', inputs])],
      outputs: [valueInfo('p', 'f32', ['batch', classes])],
      initializers: {
        w1: normal([inputs, hidden], 1, 0.5),
        b1: normal([hidden], 2, 0.1),
        w2: normal([hidden, classes], 3, 0.5),
        b2: normal([classes], 4, 0.1),
      },
    }),
  );
}

/** Points in three groups and the numbers of their groups. */
export function groups(rows: number, seed = 5): { x: NDArray<'f32'>; y: NDArray<'i64'> } {
  const random = generator(seed);
  const labels = Array.from({ length: rows }, () => random.integer(sizes.classes));
  const x = labels.flatMap((label) =>
    Array.from({ length: sizes.inputs }, (_, i) => (i === label ? 1.5 : 0) + 0.8 * random.normal()),
  );
  return { x: ndarray('f32', x, [rows, sizes.inputs]), y: ndarray('i64', labels, [rows]) };
}

/** The command's options for training the classifier `m.onnx` on `d.npz` in a folder, which it writes unless they are there. */
export function trainOptions(folder: string, change: Partial<TrainOptions>): TrainOptions {
  const place = (name: string): string => join(folder, name);
  return {
    file: existsSync(place('m.onnx')) ? place('m.onnx') : writeModel(folder, 'm.onnx', classifier()),
    data: [existsSync(place('d.npz')) ? place('d.npz') : writeArrays(folder, 'd.npz', groups(60))],
    loss: 'softmax',
    output: 'z',
    optimizer: 'adam',
    batch: 16,
    steps: 40,
    settings: {},
    values: {},
    seed: 0,
    every: { seconds: 30 },
    resume: false,
    fresh: false,
    out: place('trained.onnx'),
    executor: 'reference',
    threads: 1,
    json: true,
    signal: new AbortController().signal,
    stdout: { write: () => true },
    stderr: { write: () => true },
    ...change,
  };
}

/** Writes a model into a folder. */
export function writeModel(folder: string, name: string, proto: ModelProto): string {
  const path = join(folder, name);
  writeFileSync(path, encodeModel(proto));
  return path;
}

/** Writes arrays as NPZ into a folder. */
export function writeArrays(folder: string, name: string, arrays: Readonly<Record<string, NDArray>>): string {
  const path = join(folder, name);
  writeFileSync(path, writeNpz(arrays));
  return path;
}
