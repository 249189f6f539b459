/**
 * Large networks by the short way: 1024-w-w-1024 of some 84 million parameters (w = 8192) and of two smaller sizes, 64 rows, float32 on ONNX Runtime.
 * Every task runs in a process of its own; the largest resident memory of the whole process, above that of one that has only loaded the
 * library, is given in vectors of all parameters, beside the time of the tasks' unit (a product or a step, the last of them).
 *
 * Usage: node benchmarks/large.mjs [widths: 1472,3680,8192] [tasks, joined by semicolons]   (needs `npm run build`)
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ggn, hessian } from 'osculate/curvature';
import { dense, sequential, squaredError, tanh } from 'osculate/nn';
import { allRows } from 'osculate/objective';
import { adam, kfac, lbfgs, sgd } from 'osculate/optim';
import { generator } from 'osculate/tensor';
import { fitModel } from 'osculate/training';

const [rows, ends, steps] = [64, 1024, 3];

/** @typedef {Awaited<ReturnType<typeof fitModel>>} Run */

/**
 * Three products, which the third run's held values are part of.
 * @param {(run: Run) => import('osculate/curvature').LinearOperator} make
 */
const products = (make) => async (/** @type {import('osculate/nn').Layer} */ net, /** @type {any} */ data) => {
  const run = await fitModel(net, { ...data, optimizer: sgd({ learningRate: 0 }), steps: 1 });
  const operator = make(run);
  const v = new Float64Array(operator.size).fill(1e-3);
  let seconds = 0;
  for (let i = 0; i < 4; i++) {
    const from = performance.now();
    await operator.apply(v);
    seconds = (performance.now() - from) / 1000;
  }
  return { seconds, parameters: operator.size };
};

/** @param {import('osculate/optim').Optimizer<any>} optimizer */
const training = (optimizer) => async (/** @type {import('osculate/nn').Layer} */ net, /** @type {any} */ data) => {
  const times = [performance.now()];
  const losses = [];
  const run = await fitModel(net, {
    ...data,
    optimizer,
    steps,
    onStep: ({ loss }) => {
      losses.push(loss);
      times.push(performance.now());
    },
  });
  return { seconds: (times[steps] - times[steps - 1]) / 1000, parameters: run.objective.layout.size, losses };
};

/** @type {Record<string, (net: import('osculate/nn').Layer, data: any) => Promise<{ seconds: number, parameters: number, losses?: number[] }>>} */
const tasks = {
  gradient: async (net, data) => {
    const run = await fitModel(net, { ...data, optimizer: sgd({ learningRate: 0 }), steps: 1 });
    const { objective } = run;
    const theta = objective.layout.flat(run.parameters);
    let seconds = 0;
    for (let i = 0; i < 3; i++) {
      const from = performance.now();
      await objective.valueAndGradient(theta, allRows(objective.rows));
      seconds = (performance.now() - from) / 1000;
    }
    return { seconds, parameters: objective.layout.size };
  },
  'Hessian product': products((run) => hessian(run.objective, run.parameters)),
  'GGN product': products((run) => ggn(run.objective, run.parameters)),
  Adam: training(adam()),
  'L-BFGS, memory 3': training(lbfgs({ memory: 3 })),
  'K-FAC': training(kfac()),
};

/** @param {string} task @param {number} width */
async function measure(task, width) {
  const before = process.memoryUsage.rss();
  const net = sequential([dense(ends, width), tanh(), dense(width, width), tanh(), dense(width, ends)]);
  const random = generator(0);
  const numbers = () => Float32Array.from({ length: rows * ends }, () => random.uniform() - 0.5);
  const data = { x: { dtype: 'f32', shape: [rows, ends], data: numbers() }, loss: squaredError(), progress: false };
  const { parameters, seconds, losses } = await tasks[task](net, { ...data, y: { ...data.x, data: numbers() } });
  const peak = 1024 * process.resourceUsage().maxRSS - before;
  const figures = [(parameters / 1e6).toFixed(1), (peak / 2 ** 30).toFixed(2), (peak / (4 * parameters)).toFixed(1)];
  const found = losses ? losses.map((loss) => loss.toPrecision(4)).join(' → ') : '';
  console.log(`| ${[task, ...figures, seconds.toPrecision(3), found].join(' | ')} |`);
}

const [first, second] = process.argv.slice(2);
if (first === 'measure') await measure(second, Number(process.argv[4]));
else {
  console.log('| what | million parameters | GiB | parameter vectors | seconds | losses |');
  for (const task of second?.split(';') ?? Object.keys(tasks)) {
    for (const width of first?.split(',') ?? ['1472', '3680', '8192']) {
      spawnSync(process.execPath, [fileURLToPath(import.meta.url), 'measure', task, width], { stdio: 'inherit' });
    }
  }
}
