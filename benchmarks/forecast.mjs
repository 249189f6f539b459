/**
 * What `fits` foretells beside what is measured: largest growth of resident memory, and seconds a step (mean over as many steps as the methods do their occasional
 * work in, after the first ones). Every case runs in a process of its own, on one thread, and its time is that of the processor: what else the machine
 * does beside it does not count.
 *
 * Usage: node benchmarks/forecast.mjs [models, joined by commas] [methods]   (needs `npm run build`)
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as nn from 'osculate/nn';
import { ortExecutor } from 'osculate/node';
import * as optim from 'osculate/optim';
import { generator } from 'osculate/tensor';
import { fitModel, fits } from 'osculate/training';

const { conv2d, dense, embedding, flatten, lstm, positions, relu, sequential, tanh, transformerBlock } = nn;
const { softmaxCrossEntropy, squaredError } = nn;

const random = generator(0);
/** @param {number[]} shape */
const numbers = (shape) => ({
  dtype: /** @type {const} */ ('f32'),
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform() - 0.5),
});

/** @param {number} rows @param {number[]} widths */
function mlp(rows, ...widths) {
  const layers = widths.slice(1).flatMap((width, i) => [dense(widths[i], width), tanh()]);
  const [x, y] = [numbers([rows, widths[0]]), numbers([rows, widths.at(-1) ?? 1])];
  return { net: sequential(layers.slice(0, -1)), x, y, loss: squaredError() };
}

/** @type {Record<string, () => any>} */
const models = {
  '1.2e3': () => mlp(1000, 16, 32, 16, 8),
  '1e4': () => mlp(2000, 64, 100, 32),
  '1e5': () => mlp(2000, 64, 256, 256, 64),
  '1e6': () => mlp(2000, 256, 768, 768, 256),
  '1e7': () => mlp(1000, 1024, 2560, 2560, 512),
  CNN: () => ({
    net: sequential([
      conv2d(1, 8, 3),
      relu(),
      conv2d(8, 16, 3, { stride: 2 }),
      relu(),
      flatten(),
      dense(16 * 12 * 12, 10),
    ]),
    x: numbers([1000, 1, 28, 28]),
    y: Int32Array.from({ length: 1000 }, (_, i) => i % 10),
    loss: softmaxCrossEntropy(),
  }),
  LSTM: () => ({
    net: sequential([lstm(24, 96, { output: 'last' }), dense(96, 10)]),
    x: numbers([1000, 30, 24]),
    y: Int32Array.from({ length: 1000 }, (_, i) => i % 10),
    loss: softmaxCrossEntropy(),
  }),
  Transformer: () => {
    const tokens = Int32Array.from({ length: 500 * 33 }, () => random.integer(64));
    const cut = (/** @type {number} */ from) => ({
      dtype: /** @type {const} */ ('i32'),
      shape: [500, 32],
      data: Int32Array.from({ length: 500 * 32 }, (_, i) => tokens[33 * Math.floor(i / 32) + (i % 32) + from]),
    });
    const block = () => transformerBlock(64, 4, { causal: true });
    const net = sequential([embedding(64, 64), positions(32, 64), block(), block(), dense(64, 64)]);
    return { net, x: cut(0), y: cut(1), loss: softmaxCrossEntropy() };
  },
};

/** @type {Record<string, () => import('osculate/optim').Optimizer<any>>} */
const methods = {
  adam: () => optim.adam(),
  sgd: () => optim.sgd(),
  adaHessian: () => optim.adaHessian(),
  muon: () => optim.muon(),
  shampoo: () => optim.shampoo(),
  soap: () => optim.soap(),
  kfac: () => optim.kfac(),
  ekfac: () => optim.ekfac(),
  lbfgs: () => optim.lbfgs(),
  bfgs: () => optim.bfgs(),
  newtonCg: () => optim.newtonCg(),
  hessianFree: () => optim.hessianFree(),
  newton: () => optim.newton(),
  trustRegion: () => optim.trustRegion(),
  levenbergMarquardt: () => optim.levenbergMarquardt(),
};
const dense1 = ['newton', 'trustRegion', 'bfgs', 'levenbergMarquardt'];

const mib = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(0);

/** @param {string} model @param {string} method */
async function measure(model, method) {
  const before = process.memoryUsage.rss();
  const { net, ...data } = models[model]();
  const optimizer = methods[method]();
  const executor = await ortExecutor({ threads: 1 });
  const foretold = await fits(net, { ...data, optimizer, executor });
  const peakOf = () => 1024 * process.resourceUsage().maxRSS - before;
  const now = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const times = [now()];
  const skipped = 4;
  const options = { ...data, optimizer, executor, progress: false, epochs: 1000, seconds: 40, steps: skipped + 20 };
  await fitModel(net, { ...options, onStep: () => void times.push(now()) });
  const from = Math.min(skipped, times.length - 2);
  const seconds = (times[times.length - 1] - times[from]) / (times.length - 1 - from) / 1000;
  const { memory, range } = foretold;
  const peak = peakOf();
  const within = seconds < range[0] ? seconds / range[0] : Math.max(1, seconds / range[1]);
  const shown = [
    ...[model, method, foretold.parameters, mib(memory.total), mib(peak), (memory.total / peak).toFixed(2)],
    ...[...range.map((s) => (1000 * s).toPrecision(3)), (1000 * seconds).toPrecision(3), within.toFixed(2)],
  ];
  console.log(`| ${shown.join(' | ')} |`);
}

const [first, second] = process.argv.slice(2);
if (first === 'measure') await measure(second, process.argv[4]);
else {
  console.log(
    '| model | method | parameters | MiB foretold | measured | ratio | ms a step from | to | measured | outside |',
  );
  for (const model of first?.split(',') ?? Object.keys(models)) {
    for (const method of second?.split(',') ?? Object.keys(methods)) {
      // Matrices of n² elements, and nobody's choice beyond.
      if (dense1.includes(method) && model !== '1.2e3') continue;
      spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'measure', model, method], { stdio: 'inherit' });
    }
  }
}
