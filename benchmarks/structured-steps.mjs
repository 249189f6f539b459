/**
 * A mini-batch step of every structured method on a CNN and on a Transformer: time, loss before and after, and memory of its state in
 * bytes a parameter (the parameters are 4 of them), which must not grow with their number squared.
 *
 * Usage: node benchmarks/structured-steps.mjs [steps]   (needs `npm run build`)
 */
import {
  adaHessian,
  adam,
  allRows,
  diagonalGgn,
  ekfac,
  kfac,
  muon,
  shampoo,
  soap,
  sophiaG,
  sophiaH,
  stateBytes,
  supervisedObjective,
} from 'osculate/optim';
import { ortExecutor } from 'osculate/runtime/node';
import { generator, leaves, ndarray } from 'osculate/tensor';
import { cases, median } from './cases.mjs';

const steps = Number(process.argv[2] ?? 10);
const rows = 256;
const batchSize = 64;

/** @type {Record<string, (problem: any) => any>} */
const makers = {
  Adam: () => adam({ batchSize }),
  'K-FAC': (problem) => kfac({ ...problem, batchSize, damping: 1, inverseEvery: 5 }),
  EKFAC: (problem) => ekfac({ ...problem, batchSize, damping: 1, inverseEvery: 5 }),
  Shampoo: ({ layout }) => shampoo({ layout, batchSize, interval: 5, blockSize: 512, learningRate: 1e-3 }),
  SOAP: ({ layout }) => soap({ layout, batchSize, interval: 5 }),
  Muon: () => muon({ batchSize }),
  'Sophia-G': ({ loss }) => sophiaG({ loss, batchSize, learningRate: 1e-3 }),
  'Sophia-H': () => sophiaH({ batchSize, learningRate: 1e-3 }),
  AdaHessian: () => adaHessian({ batchSize, learningRate: 1e-3 }),
  'diagonal GGN': (problem) => diagonalGgn({ ...problem, batchSize, learningRate: 0.1 }),
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
  const model = (/** @type {any} */ w, /** @type {any} */ t) => layer.apply(w, t);
  const problem = { model, loss, parameters: /** @type {any} */ (parameters), x: inputs, y: targets };
  const objective = supervisedObjective({ executor, ...problem });
  const start = objective.layout.gather(Object.fromEntries(leaves(/** @type {any} */ (parameters))));
  const before = await objective.value(start, allRows(rows));
  console.log(`${name}: ${start.length} parameters, loss ${before.toFixed(4)} at the start, batches of ${batchSize}`);
  console.log('method          ms a step   loss after   state, bytes a parameter');
  for (const [title, make] of Object.entries(makers)) {
    const optimizer = make({ ...problem, layout: objective.layout });
    const times = [];
    let state = optimizer.init(start.slice());
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
