/**
 * Time from a traced 12-layer Transformer to a runnable gradient program: derivative, passes, ONNX and session.
 *
 * Usage: node benchmarks/compile-time.mjs [layers] [rounds]
 */
import { grad } from 'osculate';
import { compile, costOf } from 'osculate/compile';
import { dense, embedding, layerNorm, positions, sequential, softmaxCrossEntropy, transformerBlock } from 'osculate/nn';
import { ortExecutor } from 'osculate/node';
import { generator, input, parameters } from 'osculate/tensor';
import { median } from './cases.mjs';

const layers = Number(process.argv[2] ?? 12);
const rounds = Number(process.argv[3] ?? 5);
const [size, heads, time, batch, vocabulary] = [128, 4, 64, 8, 96];
const blocks = Array.from({ length: layers }, () => transformerBlock(size, heads, { causal: true }));
/** @type {any[]} */
const parts = [embedding(vocabulary, size), positions(time, size), ...blocks, layerNorm(size), dense(size, vocabulary)];
const model = sequential(parts);
const tree = model.init(generator(0));
const executor = await ortExecutor({ threads: 2 });
/** @type {Record<string, number[]>} */
const samples = { derivative: [], passes: [], load: [], all: [] };
let nodes = 0;
for (let round = 0; round < rounds; round++) {
  const start = performance.now();
  const weights = parameters(tree);
  const ids = input('ids', 'i32', [batch, time]);
  const targets = input('targets', 'i32', [batch, time]);
  const loss = softmaxCrossEntropy().value(model.apply(weights, ids), targets);
  const gradient = grad(loss, weights);
  const derived = performance.now();
  const program = compile({ loss, gradient });
  const compiled = performance.now();
  const executable = await executor.load(program);
  const loaded = performance.now();
  await executable.dispose();
  nodes = costOf(program.outputs).nodes;
  samples.derivative.push(derived - start);
  samples.passes.push(compiled - derived);
  samples.load.push(loaded - compiled);
  samples.all.push(loaded - start);
}
console.log(
  `${layers} layers, ${nodes} nodes; milliseconds, median of ${rounds} (first: ${samples.all[0].toFixed(0)})`,
);
for (const [name, values] of Object.entries(samples)) console.log(`${name.padEnd(12)} ${median(values).toFixed(0)}`);
await executor.dispose();
