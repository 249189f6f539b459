/**
 * Seconds to the training loss that the best of Adam, Nesterov and RMSProp (7 learning rates each) reaches in 300 s on the MNIST
 * autoencoder: K-FAC and others, and PyTorch's Adam.
 *
 * Time is counted in steps: loss curves are recorded against steps, and a step's seconds are the mean over many steps, all methods
 * interleaved in one run. So the curves may be made on a busy machine; only `time` needs a quiet one. PyTorch's Adam makes the steps of
 * ours (test/optim/trajectories), so that its curve is ours and only the time of its step is measured (its best of 1 and 2 threads).
 *
 * Learning rates are chosen by successive halving: all 21 get a fifteenth of the time, the best 5 a fifth, the best 2 all of it.
 *
 * Usage: node benchmarks/autoencoder-target.mjs time|curves|table FOLDER   (needs `npm run build`; `time` needs python3 with torch)
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ortExecutor } from 'osculate/node';
import { train } from 'osculate/optim';
import { generator } from 'osculate/tensor';
import { parseContestant } from '../packages/lab/dist/contestants.js';
import { problemNamed } from '../packages/lab/dist/problems/index.js';
import { objectiveOn } from '../packages/lab/dist/problems/objective-on.js';
import { Evaluator } from '../packages/lab/dist/run/evaluate.js';
import { peer } from './peer.mjs';

const budget = 300;
const seed = 1;
const firstOrder = {
  adam: [1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2],
  nesterov: [3e-4, 1e-3, 3e-3, 5e-3, 1e-2, 2e-2, 3e-2],
  rmsprop: [3e-5, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 1e-2],
};
/** Seconds that the others may take, at their defaults in the lab. */
const others = { kfac: 100, ekfac: 60, soap: 60, shampoo: 60, muon: 60 };

/** Successive halving over all of them: share of the budget, and how many of the best go on. */
const rungs = /** @type {const} */ ([
  [1 / 15, 5],
  [1 / 5, 2],
  [1, 1],
]);

const [command = '', folder = ''] = process.argv.slice(2);
if (!['time', 'curves', 'table'].includes(command) || !folder) throw new Error('usage: time|curves|table FOLDER');
mkdirSync(folder, { recursive: true });
const timesFile = `${folder}/times.json`;
const curvesFile = `${folder}/curves.jsonl`;

async function load() {
  const problem = await problemNamed('autoencoder').load(seed);
  const executor = await ortExecutor({ threads: 2 });
  return { problem, executor, newObjective: () => objectiveOn(executor, problem, problem.train) };
}

/** Mean seconds a step of every method, whole cycles of its refreshes, interleaved. */
async function time() {
  const { problem, executor, newObjective } = await load();
  const start = newObjective().layout.flat(problem.parameters);
  const specs = [...Object.keys(firstOrder), ...Object.keys(others)];
  const runs = specs.map((spec) => {
    const [optimizer, objective] = [parseContestant(spec).make(), newObjective()];
    const state = optimizer.init(objective, start.slice());
    return { spec, optimizer, objective, state, random: generator(seed), seconds: 0, steps: 0 };
  });
  const torch = peer('peer_torch_adam.py');
  const spent = { 1: { ms: 0, steps: 0 }, 2: { ms: 0, steps: 0 } };
  const cycle = 20;
  for (let round = 0; round < 4; round++) {
    for (const run of runs) {
      const cycles = run.spec === 'shampoo' ? 50 : cycle;
      for (let i = -3; i < cycles; i++) {
        const from = performance.now();
        run.state = (await run.optimizer.step(run.state, { objective: run.objective, generator: run.random })).state;
        // The first round compiles; three steps after a change of sides settle threads and caches.
        if (round > 0 && i >= 0) {
          run.seconds += (performance.now() - from) / 1e3;
          run.steps++;
        }
      }
    }
    for (const threads of /** @type {const} */ ([1, 2])) {
      const times = (await torch.ask(`${threads} ${3 + 2 * cycle}`)).slice(3);
      if (round === 0) continue;
      spent[threads].ms += times.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b, 0);
      spent[threads].steps += times.length;
    }
  }
  torch.end();
  await executor.dispose();
  const times = Object.fromEntries(runs.map(({ spec, seconds, steps }) => [spec, seconds / steps]));
  times['PyTorch adam'] = Math.min(...Object.values(spent).map(({ ms, steps }) => ms / steps / 1e3));
  writeFileSync(timesFile, JSON.stringify(times, null, 2));
  for (const [spec, seconds] of Object.entries(times))
    console.log(`${spec.padEnd(14)} ${(1e3 * seconds).toFixed(1)} ms a step`);
}

const times = () => JSON.parse(readFileSync(timesFile, 'utf8'));
/** @returns {{ spec: string, steps: number, points: [number, number][] }[]} */
function curves() {
  if (!existsSync(curvesFile)) return [];
  return readFileSync(curvesFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Smallest training loss of a curve within so many steps. @param {{ points: [number, number][] }} curve @param {number} steps */
const best = ({ points }, steps) => Math.min(...points.filter(([step]) => step <= steps).map(([, loss]) => loss));

async function record() {
  const { problem, executor, newObjective } = await load();
  const start = newObjective().layout.flat(problem.parameters);
  const evaluator = new Evaluator(problem, executor);
  const seconds = times();
  /** A curve of so many steps, from the file if it is there. @param {string} spec @param {number} steps */
  const curve = async (spec, steps) => {
    const known = curves().find((c) => c.spec === spec && c.steps >= steps);
    if (known) return known;
    const optimizer = parseContestant(spec).make();
    const every = Math.max(5, Math.round(steps / 60));
    /** @type {[number, number][]} */
    const points = [];
    const objective = newObjective();
    for await (const { event } of train({ objective, optimizer, parameters: start, seed, steps })) {
      if (event.step % every !== 0 && event.step !== steps) continue;
      points.push([event.step, /** @type {number} */ ((await evaluator.evaluate(event.parameters)).loss)]);
    }
    await objective.dispose();
    const line = { spec, steps, points };
    appendFileSync(curvesFile, `${JSON.stringify(line)}\n`);
    process.stderr.write(`${spec}: ${steps} steps, training loss ${best(line, steps).toFixed(2)}\n`);
    return line;
  };
  await curve('kfac', Math.round(others.kfac / seconds.kfac));
  let specs = Object.entries(firstOrder).flatMap(([name, rates]) =>
    rates.map((rate) => `${name}:learningRate=${rate}`),
  );
  for (const [share, kept] of rungs) {
    const losses = [];
    for (const spec of specs) {
      const steps = Math.round((share * budget) / seconds[spec.split(':')[0]]);
      losses.push({ spec, loss: best(await curve(spec, steps), steps) });
    }
    specs = losses
      .filter(({ loss }) => Number.isFinite(loss))
      .sort((a, b) => a.loss - b.loss)
      .slice(0, kept)
      .map(({ spec }) => spec);
  }
  for (const [name, limit] of Object.entries(others)) await curve(name, Math.round(limit / seconds[name]));
  await executor.dispose();
}

function table() {
  const seconds = times();
  const all = curves();
  const finals = all.flatMap((curve) => {
    const name = curve.spec.split(':')[0] ?? '';
    const steps = Math.round(budget / seconds[name]);
    return curve.spec.includes(':') && curve.steps >= steps ? [{ ...curve, name, loss: best(curve, steps) }] : [];
  });
  for (const { spec, loss } of finals) console.log(`${spec}: training loss ${loss.toFixed(2)} in ${budget} s`);
  const winner = /** @type {any} */ (finals.sort((a, b) => a.loss - b.loss)[0]);
  console.log(`target ${winner.loss.toFixed(2)} (${winner.spec})`);
  for (const name of Object.keys(others)) {
    const c = all.find(({ spec }) => spec === name);
    const hit = c?.points.find(([, loss]) => loss <= winner.loss);
    const text = hit
      ? `${(hit[0] * seconds[name]).toFixed(1)} s (${hit[0]} steps)`
      : `not in ${others[name]} s (best ${c ? best(c, c.steps).toFixed(2) : '-'})`;
    console.log(`${name.padEnd(10)} ${text}`);
  }
  const adam = finals.find((f) => f.name === 'adam');
  const hit = adam?.points.find(([, loss]) => loss <= winner.loss);
  console.log(
    hit
      ? `PyTorch adam ${(hit[0] * seconds['PyTorch adam']).toFixed(1)} s`
      : `PyTorch adam: more than ${((adam?.steps ?? 0) * seconds['PyTorch adam']).toFixed(0)} s (target not reached)`,
  );
}

if (command === 'time') await time();
else if (command === 'curves') await record();
else table();
