/**
 * The largest eigenvalues of a Hessian or Gauss-Newton matrix: `eigenpairs` against PyTorch with double-backward products in the same Lanczos
 * with thick restarts: the same parameters, data, start, basis, tolerance and precision, one after the other on the same threads. The
 * residuals ‖A x − λ x‖ of both are of products made anew, outside the time. And the memory that ours takes above one product.
 *
 * Usage: node benchmarks/top-eigenvalues.mjs [--model autoencoder|transformer|transformer-10m] [--matrix hessian|ggn] [--rows 1000]
 *   [--time 4] [--chunk 500] [--count 10] [--products 200] [--tolerance 1e-3] [--basis 30] [--threads 2] [--rounds 1]
 *   (needs `npm run build`; PyTorch: PYTHON or /usr/bin/python3 with torch). A short run: --model transformer --rows 16 --count 3 --products 30
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { curvatureOperator, eigenpairs } from 'osculate/curvature';
import { take } from 'osculate/data';
import { dense, sequential, softmaxCrossEntropy, transformerBlock } from 'osculate/nn';
import { ortExecutor } from 'osculate/node';
import { gaussNewtonMatrix, hessianMatrix, supervisedObjective } from 'osculate/objective';
import { generator, leaves, ndarray } from 'osculate/tensor';
import { peer } from './peer.mjs';

/** Vectors of the parameters at most, beside what one product takes; and the time of PyTorch in ours at least. */
const bars = { vectors: 40, ratio: 1.5 };
const { values: given } = parseArgs({
  options: {
    model: { type: 'string', default: 'autoencoder' },
    matrix: { type: 'string', default: 'hessian' },
    rows: { type: 'string', default: '1000' },
    time: { type: 'string', default: '4' },
    chunk: { type: 'string', default: '500' },
    count: { type: 'string', default: '10' },
    products: { type: 'string', default: '200' },
    tolerance: { type: 'string', default: '1e-3' },
    basis: { type: 'string', default: '30' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '1' },
  },
});
const [rows, chunk, count, products] = [given.rows, given.chunk, given.count, given.products].map(Number);
const [time, basis, threads, rounds] = [given.time, given.basis, given.threads, given.rounds].map(Number);
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
  transformer: () => transformer({ size: 64, blocks: 2, heads: 4, classes: 10, time }),
  'transformer-10m': () => transformer({ size: 512, blocks: 3, heads: 8, classes: 1000, time }),
};
/** @type {Record<string, import('osculate/objective').CurvatureMatrix>} */
const matrices = { hessian: hessianMatrix, ggn: gaussNewtonMatrix };
const make = models[given.model];
const matrix = matrices[given.matrix];
if (!make || !matrix) throw new Error(`no model "${given.model}" or matrix "${given.matrix}"; see the usage`);

/** The start of `eigenpairs` with the generator of this number. @param {number} seed @param {number} size */
function startOf(seed, size) {
  const random = generator(seed);
  return Float32Array.from({ length: size }, () => random.normal());
}

/** PyTorch in a process of its own, from files with the same numbers. @param {any} spec @param {any} options @param {string} folder */
async function torch(spec, options, folder) {
  const path = (/** @type {string} */ name) => join(folder, name);
  const flat = leaves(options.parameters).flatMap(([, a]) => [
    Buffer.from(a.data.buffer, a.data.byteOffset, a.data.byteLength),
  ]);
  await writeFile(path('parameters'), Buffer.concat(flat));
  await writeFile(path('x'), options.x.data);
  await writeFile(path('y'), options.y.data);
  const files = { parameters: path('parameters'), x: path('x'), y: path('y'), start: path('start') };
  await writeFile(
    path('spec'),
    JSON.stringify({ ...spec, ...files, shape: options.x.shape, matrix: given.matrix, count }),
  );
  const python = peer('peer_torch_lanczos.py', { parameters: [path('spec')] });
  return {
    /** @param {Float32Array} start @returns {Promise<{ values: number[], residuals: number[], products: number, seconds: number }>} */
    ask: async (start) => {
      await writeFile(path('start'), start);
      return python.ask(`${threads} ${products} ${tolerance} ${basis}`);
    },
    end: python.end,
  };
}

/** ‖A v − λ v‖ of each pair. @param {any} operator @param {{ values: Float64Array, vectors: readonly Float64Array[] }} pairs */
async function residualsOf(operator, { values, vectors }) {
  const found = [];
  for (const [k, v] of vectors.entries()) {
    const product = await operator.apply(v);
    found.push(Math.sqrt(product.reduce((sum, x, i) => sum + (x - values[k] * v[i]) ** 2, 0)));
  }
  return found;
}

const list = (/** @type {Iterable<number>} */ values) => Array.from(values, (v) => v.toPrecision(5)).join(' ');

/** @param {string} name @param {number} seconds @param {number} made @param {Iterable<number>} values @param {number[]} residuals */
function tell(name, seconds, made, values, residuals) {
  const worst = (Math.max(...residuals) / Math.max(...values)).toExponential(1);
  console.log(
    `${name}: ${seconds.toFixed(1)} s, ${made} products, residuals ≤ ${worst} of the largest: ${list(values)}`,
  );
}

const folder = await mkdtemp(join(tmpdir(), 'osculate-top-'));
const executor = await ortExecutor({ threads });
const { options, spec } = await make();
const objective = supervisedObjective({ executor, ...options, chunk });
const { size } = objective.layout;
const operator = curvatureOperator(objective.at(objective.layout.flat(options.parameters)), matrix);
const lanczos = await torch(spec, options, folder);
// Compiles, and lets the process reach the size that one product needs.
await operator.apply(new Float64Array(size).fill(1 / Math.sqrt(size)));
const resident = process.memoryUsage.rss();
let peak = resident;
const watch = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss());
}, 5);

console.log(
  `${given.model}: ${size} parameters, ${given.matrix} over ${options.x.shape.slice(0, -1).join(' x ')} examples, top ${count} to ${tolerance}, a basis of ${basis}, ${threads} threads`,
);
const ratios = [];
let difference = 0;
for (let round = 0; round < rounds; round++) {
  const from = performance.now();
  const settings = { count, tolerance, basis, maxApplications: products };
  const found = await eigenpairs(operator, { generator: generator(1 + round), ...settings });
  const mine = (performance.now() - from) / 1000;
  clearInterval(watch);
  tell(`osculate (${found.status})`, mine, found.applications, found.values, await residualsOf(operator, found));
  const other = await lanczos.ask(startOf(1 + round, size));
  tell('PyTorch', other.seconds, other.products, other.values, other.residuals);
  ratios.push(other.seconds / mine);
  const differences = other.values.map((v, i) => Math.abs(v - found.values[i]) / Math.abs(other.values[0]));
  difference = Math.max(difference, ...differences);
}
lanczos.end();
const ratio = ratios.toSorted((a, b) => a - b)[ratios.length >> 1] ?? Number.NaN;
const vectors = (peak - resident) / (4 * size);
console.log(`values differ by at most ${difference.toExponential(1)} of the largest`);
console.log(`PyTorch / osculate, time to the tolerance: ${ratio.toFixed(2)} (bar ${bars.ratio})`);
console.log(
  `memory above one product: ${vectors.toFixed(1)} vectors of the ${size} parameters in float32 (bar ${bars.vectors}), ${((peak - resident) / 2 ** 20).toFixed(0)} MiB, by resident size`,
);
await objective.dispose();
await executor.dispose();
await rm(folder, { recursive: true });
process.exitCode = vectors <= bars.vectors && ratio >= bars.ratio ? 0 : 1;
