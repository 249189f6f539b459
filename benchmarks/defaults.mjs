/**
 * Every optimizer of the command at its defaults, on five small problems: what share of the decrease of the training loss it makes that AdamW
 * with a searched learning rate (seven, by final training loss) makes with the same number of gradients. Median of three seeds.
 *
 * Runs are kept as JSON lines in FOLDER/defaults.jsonl, and those that are there are not made again. 20 minutes or so on an idle core; given names
 * of optimizers (with settings, if you like) run these alone.
 *
 * Usage: node benchmarks/defaults.mjs FOLDER [NAME...]   (needs `npm run build`)
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { take, windows } from 'osculate/data';
import {
  conv2d,
  dense,
  embedding,
  flatten,
  layerNorm,
  maxPool2d,
  positions,
  relu,
  sequential,
  sigmoid,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  sparse,
  tanh,
  transformerBlock,
} from 'osculate/nn';
import { mnistDigits, mobyDick, ortExecutor } from 'osculate/node';
import { allRows, supervisedObjective } from 'osculate/objective';
import { train } from 'osculate/optim';
import { generator, ndarray } from 'osculate/tensor';
import { parseContestant } from '../packages/lab/dist/contestants.js';
import { optimizers } from '../packages/lab/dist/optimizers/index.js';

const seeds = [1, 2, 3];
const rates = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1];
const bar = 0.8;
/** Methods whose docstrings say that they are for something else than some passes over the data of a network. */
const elsewhere = new Set([
  ...['newton', 'plain-newton', 'modified-newton', 'trust-region', 'adaptive-cubic', 'saddle-free-newton'],
  ...['lbfgs', 'newton-cg', 'trust-region-newton-cg', 'hessian-free', 'natural-gradient'],
]);
/** With n × n matrices a step takes as many gradients as there are parameters, or more. */
const smallest = 'spirals';

/** Two spirals of one and a half turns each. */
function spirals() {
  const random = generator(1);
  const points = Array.from({ length: 400 }, (_, i) => {
    const angle = 3 * Math.PI * Math.sqrt(random.uniform());
    const turned = angle + (i % 2) * Math.PI;
    return [(angle / 9) * Math.cos(turned), (angle / 9) * Math.sin(turned)];
  });
  const classes = ndarray(
    'i32',
    points.map((_, i) => i % 2),
  );
  return { x: ndarray('f32', points), y: classes };
}

/** The first digits of MNIST as images of 14 × 14 pixels, means of 2 × 2 each. @param {number} count */
async function digits(count) {
  const { train: all } = await mnistDigits();
  const [x, y] = [all.x, all.y].map((array) => take(array, allRows(count)));
  const pixels = new Float32Array(count * 196);
  for (let i = 0; i < pixels.length; i++) {
    const [row, column] = [Math.floor((i % 196) / 14), i % 14];
    const at = Math.floor(i / 196) * 784 + row * 56 + column * 2;
    for (const step of [0, 1, 28, 29]) pixels[i] += Number(x?.data[at + step]) / 4;
  }
  return { x: ndarray('f32', pixels, [count, 196]), y };
}

/** @param {number[]} widths @param {() => import('osculate/nn').LayerLike} kind */
const perceptron = (widths, kind) =>
  sequential(
    widths.slice(1).flatMap((width, i) => {
      const layer = dense(Number(widths[i]), width);
      return i === widths.length - 2 ? [layer] : [layer, kind()];
    }),
  );

const codes = [196, 128, 64, 32, 10, 32, 64, 128, 196];
const autoencoder = () =>
  sequential(
    codes.slice(1).flatMap((width, i) => {
      const from = Number(codes[i]);
      const layer = dense(from, width, { weight: sparse(Math.min(15, from)) });
      return i === 3 || i === codes.length - 2 ? [layer] : [layer, sigmoid()];
    }),
  );

/** Budgets in gradients of all rows; `batch` where the problem is not one for the methods' own mini-batches. */
const problems = {
  spirals: {
    budget: 3000,
    load: async () => {
      return { ...spirals(), layer: perceptron([2, 32, 32, 2], tanh), loss: softmaxCrossEntropy() };
    },
  },
  digits: {
    budget: 60,
    load: async () => {
      return { ...(await digits(2000)), layer: perceptron([196, 64, 64, 10], tanh), loss: softmaxCrossEntropy() };
    },
  },
  cnn: {
    budget: 100,
    load: async () => {
      /** @param {import('osculate').Tensor} x */
      const images = (x) => x.reshape([Number(x.shape[0]), 1, 14, 14]);
      const layer = sequential([
        ...[images, conv2d(1, 6, 3), relu(), maxPool2d(2)],
        ...[conv2d(6, 12, 3), relu(), maxPool2d(2), flatten()],
        ...[dense(48, 32), relu(), dense(32, 10)],
      ]);
      return { ...(await digits(500)), layer, loss: softmaxCrossEntropy() };
    },
  },
  gpt: {
    budget: 10,
    batch: 8,
    load: async () => {
      const { train: text, vocabulary } = await mobyDick();
      const { x, y } = windows(text, 64);
      const blocks = [1, 2].map(() => transformerBlock(64, 4, { causal: true }));
      const layer = sequential([
        ...[embedding(vocabulary.length, 64), positions(64, 64), ...blocks],
        ...[layerNorm(64), dense(64, vocabulary.length)],
      ]);
      const rows = allRows(256);
      return { x: take(x, rows), y: take(y, rows), layer, loss: softmaxCrossEntropy() };
    },
  },
  autoencoder: {
    budget: 100,
    load: async () => {
      const { x } = await digits(1000);
      return { x, y: x, layer: autoencoder(), loss: sigmoidCrossEntropy({ reduction: 'examples' }) };
    },
  },
};

const [folder, ...chosen] = process.argv.slice(2);
if (!folder) throw new Error('usage: node benchmarks/defaults.mjs FOLDER [NAME...]');
mkdirSync(folder, { recursive: true });
const file = `${folder}/defaults.jsonl`;
/**
 * @typedef {{ problem: string, optimizer: string, seed: number, start: number, end: number, steps: number, gradients: number,
 *   seconds: number, reason: string, details: Readonly<Record<string, number>> }} Run
 */
/** @type {Run[]} */
const runs = existsSync(file)
  ? readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line))
  : [];

/** @param {string} problem @param {string} optimizer @param {number} seed */
const found = (problem, optimizer, seed) =>
  runs.find((r) => r.problem === problem && r.optimizer === optimizer && r.seed === seed);

/** The optimizer with the batch of the problem, where it takes mini-batches. @param {string} spec @param {number | undefined} batch */
function optimizerOf(spec, batch) {
  const given = parseContestant(spec);
  const batched = batch !== undefined && given.settings.batchSize !== undefined;
  return (batched ? parseContestant(`${spec}:batchSize=${batch}`) : given).make();
}

const executor = await ortExecutor({ threads: 1 });

/** The runs of some optimizers on a problem that are not there yet. @param {keyof typeof problems} name @param {readonly string[]} specs */
async function complete(name, specs) {
  const missing = specs.flatMap((spec) => seeds.flatMap((seed) => (found(name, spec, seed) ? [] : [{ spec, seed }])));
  if (missing.length === 0) return;
  const { budget, batch, load } = { batch: undefined, ...problems[name] };
  const { x, y, layer, loss } = await load();
  const [model, rows] = [layer.apply, allRows(Number(x.shape[0]))];
  const objective = supervisedObjective({ executor, model, loss, parameters: layer.init(generator(0)), x, y });
  for (const { spec, seed } of missing) {
    const parameters = objective.layout.flat(layer.init(generator(seed)));
    const start = await objective.value(parameters, rows);
    const from = performance.now();
    let [last, steps, gradients] = [parameters, 0, 0];
    /** @type {Readonly<Record<string, number>>} */
    let details = {};
    const all = train({
      ...{ objective, optimizer: optimizerOf(spec, batch), parameters, seed, patience: 100 },
      gradientEquivalents: budget,
    });
    let reason;
    for (;;) {
      const { done, value } = await all.next();
      if (done) {
        ({ reason } = value);
        break;
      }
      const { event } = value;
      if (event.gradientEquivalents > budget) continue;
      [last, steps, gradients] = [event.parameters, event.step, event.gradientEquivalents];
      details = { ...details, ...event.details };
      if (event.stop !== undefined) {
        reason = event.stop;
        break;
      }
    }
    const end = await objective.value(last, rows);
    const seconds = (performance.now() - from) / 1000;
    const run = { problem: name, optimizer: spec, seed, start, end, steps, gradients, seconds, reason, details };
    runs.push(run);
    appendFileSync(file, `${JSON.stringify(run)}\n`);
    console.log(
      `${name} ${spec} ${seed}: ${start.toPrecision(4)} -> ${end.toPrecision(4)}, ${steps} steps, ${seconds.toFixed(1)} s, ${reason}`,
    );
  }
  await objective.dispose();
}

const median = (/** @type {number[]} */ values) => values.toSorted((a, b) => a - b)[values.length >> 1];
const references = rates.map((rate) => `adamw:learningRate=${rate}`);
/** AdamW with the rate of the best loss, median over seeds. @param {string} name */
function reference(name) {
  const losses = references.map((spec) => Number(median(seeds.map((seed) => Number(found(name, spec, seed)?.end)))));
  return String(references[losses.indexOf(Math.min(...losses))]);
}

/** @param {string} name @param {string} spec */
function share(name, spec) {
  const best = reference(name);
  const shares = seeds.map((seed) => {
    const [run, aim] = [found(name, spec, seed), found(name, best, seed)];
    return run && aim ? (run.start - run.end) / (aim.start - aim.end) : Number.NaN;
  });
  return Number(median(shares));
}

const names = /** @type {(keyof typeof problems)[]} */ (Object.keys(problems));
const specs = chosen.length > 0 ? chosen : Object.keys(optimizers);
/** @param {string} spec @param {string} problem */
const suits = (spec, problem) => {
  const { needs } = optimizers[String(spec.split(':')[0])] ?? {};
  return needs === 'squares' ? false : needs !== 'few parameters' || problem === smallest;
};
for (const name of names) await complete(name, [...references, ...specs.filter((spec) => suits(spec, name))]);
await executor.dispose();

const width = Math.max(...specs.map((spec) => spec.length)) + 2;
console.log(`${'share of AdamW, %'.padEnd(width)}${names.map((name) => name.padStart(12)).join('')}`);
for (const spec of specs) {
  const cells = names.map((name) => {
    if (!suits(spec, name)) return '–';
    const value = share(name, spec);
    const text = (100 * value).toFixed(0);
    if (value >= bar) return text;
    return elsewhere.has(String(spec.split(':')[0])) ? `(${text})` : `* ${text}`;
  });
  console.log(`${spec.padEnd(width)}${cells.map((cell) => cell.padStart(12)).join('')}`);
}
for (const name of names) {
  const best = reference(name);
  const losses = seeds.map((seed) => Number(found(name, best, seed)?.end).toPrecision(3));
  console.log(`${name}: ${problems[name].budget} gradients; ${best}, losses ${losses.join(', ')}`);
}
console.log(`*: below ${100 * bar} %; in brackets: below it, and not what the method is for, as its docstring says;`);
console.log('–: for sums of squares, or with n × n matrices for few parameters');
