/**
 * Rows of a file larger than memory: the rate of reading, what preparing batches costs beside Adam's step on an MLP (against the same steps
 * on rows that lie in memory, interleaved; bar 5 %), an epoch of Adam and a Gauss-Newton product over all rows, and the largest resident
 * memory (bar 1 GB).
 *
 * Usage: node benchmarks/source.mjs [gigabytes] [folder]   (needs `npm run build`; default 6 GB in the system's folder of temporary files,
 * which is deleted at the end)
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { curvatureOperator } from 'osculate/curvature';
import { ahead, arrays, npyHeader } from 'osculate/data';
import { dense, relu, sequential, softmaxCrossEntropy } from 'osculate/nn';
import { fileSource, ortExecutor } from 'osculate/node';
import { gaussNewtonMatrix, supervisedObjective } from 'osculate/objective';
import { adam, train } from 'osculate/optim';
import { generator, zeros } from 'osculate/tensor';
import { median } from './cases.mjs';

const gigabytes = Number(process.argv[2] ?? 6);
const parent = process.argv[3] ?? tmpdir();
const [width, batch, part] = [768, 256, 1000];
/** Short turns, so that what else the machine does meets both sides. */
const [rounds, steps] = [150, 4];
const rows = Math.floor((gigabytes * 1e9) / (4 * width) / part) * part;
const random = generator(1);

/** An NPY file of `rows` rows: these again and again. @param {string} path @param {import('osculate/tensor').NDArray} array */
async function writeRepeated(path, { dtype, shape, data }) {
  const file = await open(path, 'w');
  await file.write(npyHeader(dtype, [rows, ...shape.slice(1)]));
  const bytes = new Uint8Array(data.buffer);
  for (let from = 0; from < rows; from += part) await file.write(bytes);
  await file.close();
}

const mean = (/** @type {readonly number[]} */ values) => values.reduce((a, b) => a + b) / values.length;
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
let resident = 0;
const watch = setInterval(() => {
  resident = Math.max(resident, process.memoryUsage().rss);
}, 50);

/** Reads of `count` lists of rows, one after another, in MB/s. @param {import('osculate/data').RowSource} source @param {Iterable<Uint32Array>} lists */
async function rate(source, lists) {
  let bytes = 0;
  const from = performance.now();
  for (const list of lists) {
    const arrays = await source.read(list);
    bytes += 4 * (width + 1) * list.length;
    source.recycle?.(arrays);
  }
  return bytes / 1e3 / (performance.now() - from);
}

const executor = await ortExecutor({ threads: 2 });
const layer = sequential([dense(width, 1024), relu(), dense(1024, 256), relu(), dense(256, 10)]);
const parameters = layer.init(random);

/** The objective of an MLP of three layers. @param {import('osculate/data').RowSource} data */
const objectiveOn = (data) =>
  supervisedObjective({
    executor,
    data,
    model: (weights, { x }) => layer.apply(weights, /** @type {import('osculate/tensor').Tensor} */ (x)),
    loss: softmaxCrossEntropy(),
    parameters,
  });

/** Steps of Adam. @param {import('osculate/data').RowSource} data */
function stepper(data) {
  const objective = objectiveOn(data);
  const optimizer = adam({ batchSize: batch });
  const draws = generator(2);
  let state = optimizer.init(objective, objective.layout.flat(parameters));
  /** @type {typeof state | undefined} */
  let retired;
  return async () => {
    const next = await optimizer.step(state, { objective, generator: draws, ...(retired && { retired }) });
    [retired, state] = [state, next.state];
  };
}

const folder = await mkdtemp(join(parent, 'osculate-rows-'));
try {
  const [x, y] = [zeros('f32', [part, width]), zeros('i32', [part])];
  for (let i = 0; i < x.data.length; i++) x.data[i] = random.normal();
  for (let i = 0; i < part; i++) y.data[i] = random.integer(10);
  const files = { x: join(folder, 'x.npy'), y: join(folder, 'y.npy') };
  await writeRepeated(files.x, x);
  await writeRepeated(files.y, y);
  const source = ahead(await fileSource(files));
  console.log(`${rows} rows of ${width} f32 and a class: ${((rows * 4 * (width + 1)) / 1e9).toFixed(2)} GB`);

  const lists = (/** @type {number} */ count) => Array.from({ length: count }, () => random.sample(rows, batch));
  const ranges = Array.from({ length: Math.min(300, rows / part) }, (_, i) =>
    Uint32Array.from({ length: part }, (_, k) => i * part + k),
  );
  await rate(source, lists(20));
  console.log(`batches of ${batch} random rows: ${(await rate(source, lists(300))).toFixed(0)} MB/s`);
  console.log(`ranges of ${part} rows in order: ${(await rate(source, ranges)).toFixed(0)} MB/s`);

  const someRows = await source.read(Uint32Array.from({ length: 40_000 }, (_, i) => i));
  const sides = { memory: stepper(arrays(someRows)), file: stepper(source) };
  /** @type {Record<'memory' | 'file', { ms: number[], cpu: number[] }>} */
  const times = { memory: { ms: [], cpu: [] }, file: { ms: [], cpu: [] } };
  const order = /** @type {const} */ (['memory', 'file']);
  for (let round = 0; round < rounds; round++) {
    for (const side of round % 2 === 0 ? order : order.toReversed()) {
      await sides[side]();
      const [from, spent] = [performance.now(), cpu()];
      for (let i = 0; i < steps; i++) await sides[side]();
      times[side].ms.push((performance.now() - from) / steps);
      times[side].cpu.push((cpu() - spent) / steps);
    }
  }
  for (const [side, { ms, cpu: spent }] of Object.entries(times)) {
    console.log(
      `step of Adam, batches of ${side.padEnd(6)}: ${median(ms).toFixed(2)} ms (${mean(spent).toFixed(2)} ms of processors)`,
    );
  }
  const ratios = times.file.ms.map((ms, i) => ms / /** @type {number} */ (times.memory.ms[i]));
  console.log(`batches of files cost ${(100 * (median(ratios) - 1)).toFixed(1)} % of a step`);

  const objective = objectiveOn(source);
  const seconds = (/** @type {number} */ from) => ((performance.now() - from) / 1000).toFixed(0);
  let from = performance.now();
  let loss = 0;
  const start = objective.layout.flat(parameters);
  const run = { objective, optimizer: adam({ batchSize: batch }), parameters: start, seed: 0, recycle: true };
  for await (const { event } of train({ ...run, steps: Math.floor(rows / batch) })) ({ loss } = event);
  console.log(`an epoch of Adam, ${Math.floor(rows / batch)} steps: ${seconds(from)} s, last loss ${loss.toFixed(3)}`);
  from = performance.now();
  const matrix = curvatureOperator(objective.at(start), gaussNewtonMatrix);
  const product = await matrix.apply(Float64Array.from(start));
  const square = product.reduce((sum, v) => sum + v * v, 0);
  console.log(`a Gauss-Newton product over all rows: ${seconds(from)} s, norm ${Math.sqrt(square).toPrecision(6)}`);
  await objective.dispose();
  await source.dispose?.();
} finally {
  clearInterval(watch);
  await rm(folder, { recursive: true });
}
console.log(`largest resident memory: ${(resident / 2 ** 20).toFixed(0)} MiB`);
