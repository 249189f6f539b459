import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { importOnnx } from '../../src/import/index.js';
import { dense, sequential, softmaxCrossEntropy, tanh } from '../../src/nn/index.js';
import { adam, ekfac, kfac, sophiaG } from '../../src/optim/index.js';
import { referenceExecutor } from '../../src/runtime/index.js';
import type { Tensor } from '../../src/tensor/index.js';
import { fitModel, type ModelRun } from '../../src/training/index.js';

const x = [
  [0, 1],
  [1, 0],
  [1, 1],
  [0, 0],
];
const net = sequential([dense(2, 3), tanh(), dense(3, 2)]);
const good = {
  ...{ x, y: [0, 1, 0, 1], loss: softmaxCrossEntropy(), optimizer: adam(), epochs: 1 },
  ...{ executor: referenceExecutor(), progress: false },
};
const meanSquare = (a: Tensor, b: Tensor): Tensor => a.sub(b).square().mean();

describe('messages say what, where and what to do', () => {
  let run: ModelRun;
  let folder: string;
  const fit = (change: object): Promise<unknown> => fitModel(net, { ...good, ...change } as never);
  beforeAll(async () => {
    run = await fitModel(net, good as never);
    folder = await mkdtemp(join(tmpdir(), 'messages-'));
    await writeFile(join(folder, 'a.json'), '{ "name": 1 }');
    await run.save(join(folder, 'net.onnx'));
  });

  const rows: readonly (readonly [string, () => unknown, RegExp])[] = [
    ...[kfac, ekfac, sophiaG].map((method): [string, () => unknown, RegExp] => [
      `${method.name} with a plain loss`,
      () => fit({ y: x, loss: meanSquare, optimizer: method() }),
      /draws none: adamW\(\), lbfgs\(\), kfac/,
    ]),
    [
      'JSON as a model',
      () => importOnnx(join(folder, 'a.json')),
      /importOnnx: ".*a.json" is not an ONNX model \(.*\); it looks like JSON/,
    ],
    [
      'a model as a checkpoint',
      () => fit({ resume: join(folder, 'net.onnx') }),
      /".*net.onnx" is not a checkpoint of a run; it looks like ONNX/,
    ],
    [
      'a folder that is not there',
      () => run.save('missing/net.onnx'),
      /save: "missing\/net.onnx" cannot be written: its folder does not exist/,
    ],
    [
      'another optimizer',
      () => fit({ optimizer: kfac(), resume: run.checkpoint() }),
      /is of Adam, and the optimizer is K-FAC; resume/,
    ],
    [
      'another setting',
      () => fit({ optimizer: adam({ learningRate: 0.5 }), resume: run.checkpoint() }),
      /made by Adam with learningRate 0.001, and now learningRate is 0.5/,
    ],
    ['evaluate(x, y)', () => run.evaluate(x as never), /in one object, as \{ x, y \}/],
    ['layers without a list', () => sequential(dense(2, 3) as never), /in a list, as sequential\(\[/],
    ['class weights', () => fit({ loss: softmaxCrossEntropy({ classWeights: [1] }) }), /1 class weights for 2 classes/],
    [
      'one flat list of numbers',
      () => fit({ x: x.flat() }),
      /"x" \[8\] has 8 rows, and "y" has 4; .* ndarray\('f32', x, \[4, 2\]\)/,
    ],
    [
      'rows of another width than a file takes',
      async () => fitModel(await importOnnx(join(folder, 'net.onnx')), { ...good, x: x.map((row) => [...row, 1]) }),
      /rows of "x" are \[3\], and the model takes \[2\]/,
    ],
    [
      'another share of validation',
      () => fit({ validation: 0.25, resume: run.checkpoint() }),
      /made with other examples; resume with the same data, validation and seed/,
    ],
    [
      'other data',
      () => fit({ x: x.map((row) => row.map((v) => v + 1)), resume: run.checkpoint() }),
      /made with other examples/,
    ],
    ['a rate of text', () => adam({ learningRate: '0.1' as never }), /learningRate must be .*, got the text "0.1"/],
    ['a rate of null', () => adam({ learningRate: null as never }), /got null/],
    ['a rate of a bigint', () => adam({ learningRate: 1n as never }), /got the bigint 1n/],
    ['a rate below zero', () => adam({ learningRate: -1 }), /got -1/],
  ];
  it('a run that was disposed', async () => {
    const other = await fitModel(net, good as never);
    await other.dispose();
    await expect(other.predict(x)).rejects.toThrow(/predict: the run has been disposed of/);
    await expect(other.evaluate({ x, y: [0, 1, 0, 1] })).rejects.toThrow(/evaluate: the run has been disposed of/);
  });

  it.each(rows)('%s', async (_, call, message) => {
    await expect((async () => call())()).rejects.toThrow(message);
  });
});
