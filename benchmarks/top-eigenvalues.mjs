/**
 * The largest eigenvalues of a Hessian or Gauss-Newton matrix: `eigenpairs` (Lanczos with thick restarts) against PyTorch with Lanczos without
 * restarts on double-backward products, from the same parameters and data to the same tolerance, interleaved in one run; and the memory that
 * ours takes above one product, in vectors of as many float64 as there are parameters.
 *
 * Usage: node benchmarks/top-eigenvalues.mjs [--model autoencoder|transformer|transformer-10m] [--matrix hessian|ggn] [--rows 1000]
 *   [--count 10] [--products 200] [--tolerance 1e-3] [--rounds 1]
 *   (needs `npm run build`; PyTorch: PYTHON or /usr/bin/python3 with torch). A short run: --model transformer --rows 16 --count 3 --products 30
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { curvatureModel, eigenpairs, ggnOperator, hessianOperator } from 'osculate/curvature';
import { take } from 'osculate/data';
import { dense, sequential, softmaxCrossEntropy, transformerBlock } from 'osculate/nn';
import { ortExecutor } from 'osculate/runtime/node';
import { generator, leaves, ndarray } from 'osculate/tensor';
import { peer } from './peer.mjs';

/** Vectors of parameters at most, beside what one product takes. */
const bar = 40;
const { values: given } = parseArgs({
  options: {
    model: { type: 'string', default: 'autoencoder' },
    matrix: { type: 'string', default: 'hessian' },
    rows: { type: 'string', default: '1000' },
    count: { type: 'string', default: '10' },
    products: { type: 'string', default: '200' },
    tolerance: { type: 'string', default: '1e-3' },
    rounds: { type: 'string', default: '1' },
  },
});
const [rows, count, products, rounds] = [given.rows, given.count, given.products, given.rounds].map(Number);
const tolerance = Number(given.tolerance);

async function autoencoder() {
  const { problemNamed } = await import('../packages/lab/dist/problems/index.js');
  const { model, loss, parameters, train } = await problemNamed('autoencoder').load(1);
  const order = Array.from({ length: rows }, (_, i) => i);
  const x = take(train.x, order);
  const weights = leaves(parameters).filter(([, a]) => a.shape.length === 2);
  const widths = [weights[0][1].shape[1], ...weights.map(([, a]) => a.shape[0])];
  const spec = { kind: 'autoencoder', widths, linear: [weights.length / 2 - 1, weights.length - 1] };
  return { options: { model, loss, parameters, x, y: take(train.y, order) }, spec };
}

/** @param {{ size: number, blocks: number, heads: number, classes: number, time: number }} sizes */
function transformer({ size, blocks, heads, classes, time }) {
  const random = generator(1);
  /** @type {any[]} */
  const layers = Array.from({ length: blocks }, () => transformerBlock(size, heads));
  const layer = sequential([...layers, dense(size, classes)]);
  const normals = Float32Array.from({ length: rows * time * size }, () => random.normal());
  const labels = Int32Array.from({ length: rows * time }, () => random.integer(classes));
  return {
    options: {
      model: layer.apply,
      loss: softmaxCrossEntropy(),
      parameters: layer.init(random),
      x: ndarray('f32', normals, [rows, time, size]),
      y: ndarray('i32', labels, [rows, time]),
    },
    spec: { kind: 'transformer', size, heads, blocks, classes },
  };
}

/** @type {Record<string, () => any>} */
const models = {
  autoencoder,
  transformer: () => transformer({ size: 64, blocks: 2, heads: 4, classes: 10, time: 16 }),
  'transformer-10m': () => transformer({ size: 512, blocks: 3, heads: 8, classes: 1000, time: 16 }),
};
const operators = { hessian: hessianOperator, ggn: ggnOperator };
const make = models[given.model];
const operatorOf = /** @type {Record<string, typeof hessianOperator>} */ (operators)[given.matrix];
if (!make || !operatorOf) throw new Error(`no model "${given.model}" or matrix "${given.matrix}"; see the usage`);

/** PyTorch in a process of its own, from files with the same parameters and data. @param {any} spec @param {any} options @param {string} folder */
async function torch(spec, options, folder) {
  const path = (/** @type {string} */ name) => join(folder, name);
  const flat = leaves(options.parameters).flatMap(([, a]) => [
    Buffer.from(a.data.buffer, a.data.byteOffset, a.data.byteLength),
  ]);
  await writeFile(path('parameters'), Buffer.concat(flat));
  await writeFile(path('x'), options.x.data);
  await writeFile(path('y'), options.y.data);
  const files = { parameters: path('parameters'), x: path('x'), y: path('y'), shape: options.x.shape };
  await writeFile(path('spec'), JSON.stringify({ ...spec, ...files, matrix: given.matrix, count }));
  const python = peer('peer_torch_lanczos.py', { parameters: [path('spec')] });
  return {
    /** @param {number} threads @returns {Promise<{ values: number[], residuals: number[], products: number, seconds: number }>} */
    ask: (threads) => python.ask(`${threads} ${products} ${tolerance}`),
    end: python.end,
  };
}

const folder = await mkdtemp(join(tmpdir(), 'osculate-top-'));
const executor = await ortExecutor({ threads: 2 });
const { options, spec } = await make();
const model = curvatureModel({ executor, ...options, chunk: rows });
const { size } = model.layout;
const operator = operatorOf(model);
const lanczos = await torch(spec, options, folder);
// Compiles, and lets the process reach the size that products need.
for (let i = 0; i < 3; i++) await operator.apply(new Float64Array(size).fill(1 / Math.sqrt(size)));
const resident = process.memoryUsage.rss();
let peak = resident;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);

console.log(`${given.model}: ${size} parameters, ${given.matrix} over ${rows} rows, top ${count} to ${tolerance}`);
/** @type {number[][]} */
const seconds = [[], [], []];
let best = 0;
for (let round = 0; round < rounds; round++) {
  const from = performance.now();
  const settings = { count, tolerance, maxApplications: products };
  const found = await eigenpairs(operator, { generator: generator(1 + round), ...settings });
  const mine = (performance.now() - from) / 1000;
  seconds[0]?.push(mine);
  const list = (/** @type {Iterable<number>} */ values) => Array.from(values, (v) => v.toPrecision(5)).join(' ');
  console.log(
    `osculate            ${mine.toFixed(1)} s, ${found.applications} products, ${found.status}: ${list(found.values)}`,
  );
  for (const threads of [1, 2]) {
    const other = await lanczos.ask(threads);
    seconds[threads]?.push(other.seconds);
    const each = `${other.products} products: ${list(other.values)}`;
    console.log(`PyTorch, ${threads} thread(s) ${other.seconds.toFixed(1)} s, ${each}`);
    best = Math.max(
      best,
      ...other.values.map((v, i) => Math.abs(v - (found.values[i] ?? Number.NaN)) / Math.abs(other.values[0] ?? 1)),
    );
  }
}
clearInterval(watch);
lanczos.end();
const middle = (/** @type {number[]} */ all) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN;
const [ours, one, two] = seconds.map(middle);
const vectors = (peak - resident) / (8 * size);
console.log(`values differ by at most ${best.toExponential(1)} of the largest`);
console.log(`PyTorch / osculate, time to the tolerance: ${(Math.min(one ?? 0, two ?? 0) / (ours ?? 1)).toFixed(2)}`);
console.log(
  `memory above one product: ${vectors.toFixed(1)} vectors of ${size} float64 (bar ${bar}), ${((peak - resident) / 2 ** 20).toFixed(0)} MiB`,
);
await model.dispose();
await executor.dispose();
await rm(folder, { recursive: true });
process.exitCode = vectors <= bar ? 0 : 1;
