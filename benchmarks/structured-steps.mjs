/**
 * A mini-batch step of every structured method on a CNN and on a Transformer: time, loss before and after, and memory of its state in
 * bytes a parameter (the parameters are 4 of them), which must not grow with their number squared.
 *
 * Usage: node benchmarks/structured-steps.mjs [steps]   (needs `npm run build`)
 */

import { ortExecutor } from 'osculate/node';
import { allRows, supervisedObjective } from 'osculate/objective';
import {
  adaHessian,
  adam,
  diagonalGgn,
  ekfac,
  kfac,
  muon,
  shampoo,
  soap,
  sophiaG,
  sophiaH,
  stateBytes,
} from 'osculate/optim';
import { generator, ndarray } from 'osculate/tensor';
import { cases, median } from './cases.mjs';

const steps = Number(process.argv[2] ?? 10);
const rows = 256;
const batchSize = 64;

/** @type {Record<string, import('osculate/optim').Optimizer>} */
const optimizers = {
  Adam: adam({ batchSize }),
  'K-FAC': kfac({ batchSize, damping: 1, inverseEvery: 5 }),
  EKFAC: ekfac({ batchSize, damping: 1, inverseEvery: 5 }),
  Shampoo: shampoo({ batchSize, interval: 5, blockSize: 512, learningRate: 1e-3 }),
  SOAP: soap({ batchSize, interval: 5 }),
  Muon: muon({ batchSize }),
  'Sophia-G': sophiaG({ batchSize, learningRate: 1e-3 }),
  'Sophia-H': sophiaH({ batchSize, learningRate: 1e-3 }),
  AdaHessian: adaHessian({ batchSize, learningRate: 1e-3 }),
  'diagonal GGN': diagonalGgn({ batchSize, learningRate: 0.1 }),
};

const executor = await ortExecutor({ threads: 2 });
for (const name of ['cnn', 'block']) {
  const { layer, loss, x, y, classes } = /** @type {import('./cases.mjs').Case} */ (cases[name]);
  const random = generator(1);
  const parameters = layer.init(random);
  const size = (/** @type {number[]} */ shape) => shape.reduce((a, b) => a * b, 1);
  const normal = (/** @type {number[]} */ shape) =>
    ndarray(
      'f32',
      Float32Array.from({ length: size(shape) }, () => random.normal()),
      shape,
    );
  const labels = () =>
    ndarray(
      'i32',
      Int32Array.from({ length: rows }, () => random.integer(10)),
      [rows],
    );
  const inputs = normal([rows, ...x.slice(1)]);
  const targets = classes ? labels() : normal([rows, ...y.slice(1)]);
  const objective = supervisedObjective({ executor, model: layer.apply, loss, parameters, x: inputs, y: targets });
  const start = objective.layout.flat(parameters);
  const before = await objective.value(start, allRows(rows));
  console.log(`${name}: ${start.length} parameters, loss ${before.toFixed(4)} at the start, batches of ${batchSize}`);
  console.log('method          ms a step   loss after   state, bytes a parameter');
  for (const [title, optimizer] of Object.entries(optimizers)) {
    const times = [];
    let state = optimizer.init(objective, start.slice());
    for (let i = 0; i < steps; i++) {
      const from = performance.now();
      ({ state } = await optimizer.step(state, { objective, generator: generator(i) }));
      times.push(performance.now() - from);
    }
    const after = await objective.value(state.parameters, allRows(rows));
    const bytes = stateBytes(state) / start.length;
    const cells = [/** @type {number} */ (median(times)).toFixed(1), after.toFixed(4), bytes.toFixed(1)];
    console.log(`${title.padEnd(16)}${cells.map((c, i) => c.padEnd([12, 13, 0][i] ?? 0)).join('')}`);
  }
  await objective.dispose();
}
await executor.dispose();
