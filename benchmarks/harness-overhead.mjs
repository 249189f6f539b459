/**
 * What the harness of `osculate compare` and `osculate study` costs, as a share of a step.
 *
 * The same steps (same problem, seed, optimizer and executor) run in turns in a bare loop over `optimizer.step`, and in the lab's run of a
 * contestant, in a process that reports to its parent as the lab's do. The overhead has four parts:
 *
 * - `on the clock`: the median step by the harness's clock, which budgets and curves are in, over that of the bare loop, less one.
 * - `beside it`: the wall time between steps over that of a step: deciding what is due, snapshots, turns of the event loop, messages to
 *   the parent. It is a mean without the largest 3 %, which are those in which the system took the processor away (with them: in brackets).
 * - `points`: the median time of recording one in its file, over the time between two in a run of the problem's own budget.
 * - `checkpoints`: the time of one over that from one to the next: 10 s, or more where one takes long.
 *
 * Their sum must not exceed 2 %. Evaluations are no part of it: they are what the user asks for, take as long as the problem wants, and
 * are not on the clock. That they are not is measured too: `with slow evaluations` is the median step by the clock of runs in which each
 * of the 40 evaluations lasts 30 ms longer, over that of the others, less one: noise around zero.
 *
 * The first steps of each run, in which programs are compiled, are left out.
 *
 * Usage: node benchmarks/harness-overhead.mjs [rounds] [case...]   (needs `npm run build`; cases as mnist-mlp/adam)
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { supervisedObjective } from 'osculate/optim';
import { ortExecutor } from 'osculate/runtime/node';
import { generator } from 'osculate/tensor';
import { parseContestant } from '../packages/lab/dist/contestants.js';
import { problemNamed } from '../packages/lab/dist/problems/index.js';
import { runContestant } from '../packages/lab/dist/run/contestant-run.js';
import { flatParameters } from '../packages/lab/dist/run/evaluate.js';
import { RunFolder } from '../packages/lab/dist/run/folder.js';
import { median } from './cases.mjs';

const rounds = Number(process.argv[2] ?? 6);
const warmup = 5;
const limit = 0.02;
/** Points of a curve. */
const pointsPerBudget = 40;
/** Seconds between two checkpoints, and most of the time that goes into them: as the lab has it when nothing else is asked for. */
const saveEvery = 10;
const savingShare = 0.01;
/** Milliseconds between two messages to the parent, as the lab's processes have it. */
const messageEvery = 100;

const cases = [
  { problem: 'mnist-mlp', optimizer: 'adam', steps: 200 },
  { problem: 'mnist-cnn', optimizer: 'adam', steps: 60 },
  { problem: 'autoencoder', optimizer: 'adam', steps: 60 },
  { problem: 'autoencoder', optimizer: 'kfac', steps: 12 },
];

/** Seconds of each step without a harness. @param {any} setting */
async function bare({ loaded, contestant, executor, steps }) {
  const objective = supervisedObjective({ executor, ...loaded, ...loaded.train });
  const optimizer = contestant.make(loaded);
  const random = generator(0);
  let state = optimizer.init(flatParameters(objective, loaded));
  const times = [];
  for (let k = 0; k < warmup + steps; k++) {
    const start = performance.now();
    ({ state } = await optimizer.step(state, { objective, generator: random }));
    if (k >= warmup) times.push((performance.now() - start) / 1000);
  }
  await objective.dispose();
  return times;
}

/**
 * The same steps in the harness: seconds of each by its clock, between steps, and between those between which a point was recorded.
 * @param {any} setting @param {any} [measurements]
 */
async function harness({ problem, loaded, contestant, executor, steps, folder }, measurements = {}) {
  rmSync(folder, { recursive: true, force: true });
  /** @type {Record<'times' | 'between' | 'recording', number[]>} */
  const found = { times: [], between: [], recording: [] };
  const last = { wall: 0, clock: 0 };
  let told = 0;
  await runContestant({
    ...{ problem, contestant, executor, seed: 0, saveEvery, folder: new RunFolder(folder) },
    loaded: { ...loaded, measurements },
    budget: { steps: warmup + steps },
    signal: new AbortController().signal,
    peakMemory: () => 1024 * process.resourceUsage().maxRSS,
    progress: (seconds, step, point) => {
      const wall = performance.now() / 1000;
      if (step > warmup) {
        const [time, passed] = [seconds - last.clock, wall - last.wall];
        found.times.push(time);
        (point.step === step ? found.recording : found.between).push(passed - time);
      }
      Object.assign(last, { wall, clock: seconds });
      if (1000 * wall - told < messageEvery) return;
      told = 1000 * wall;
      process.send?.({ kind: 'progress', seconds, step, point });
    },
  });
  return found;
}

/** Seconds of writing the checkpoint that the last run left. @param {string} path */
async function checkpointSeconds(path) {
  const folder = new RunFolder(path);
  const { tensors, metadata } = /** @type {any} */ (folder.checkpoint());
  const numbers = JSON.parse(metadata.state);
  const arrays = Object.entries(tensors).map(([name, { data }]) => [name.slice('state.'.length), data]);
  const snapshot = { ...JSON.parse(metadata.progress), state: { ...numbers, ...Object.fromEntries(arrays) } };
  const times = [];
  for (let k = 0; k < 5; k++) {
    const start = performance.now();
    await folder.save(snapshot);
    times.push((performance.now() - start) / 1000);
  }
  return median(times);
}

/** A measure that takes its time. @param {any} loaded */
function slow(loaded) {
  const finish = (/** @type {number} */ value) => {
    const start = performance.now();
    while (performance.now() - start < 30);
    return value;
  };
  const [[key, measurement]] = /** @type {any} */ (Object.entries(loaded.measurements));
  return { [key]: { ...measurement, finish } };
}

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2)} %`;

/** @param {readonly number[]} values */
const total = (values) => values.reduce((a, b) => a + b, 0);

/** Mean without the largest 3 %. @param {readonly number[]} values */
function trimmed(values) {
  const kept = [...values].sort((a, b) => a - b).slice(0, Math.ceil(0.97 * values.length));
  return total(kept) / kept.length;
}

/** @param {(typeof cases)[number]} setting @param {any} executor @param {string} folder */
async function measure({ problem: name, optimizer, steps }, executor, folder) {
  const problem = problemNamed(name);
  const loaded = await problem.load(0);
  const setting = { problem, loaded, contestant: parseContestant(optimizer), executor, steps, folder };
  /** @type {Record<'alone' | 'times' | 'between' | 'recording' | 'slowed', number[]>} */
  const found = { alone: [], times: [], between: [], recording: [], slowed: [] };
  for (let round = 0; round < rounds; round++) {
    // In turns, each first once: a machine that gets slower or faster favours neither.
    if (round % 2 === 0) found.alone.push(...(await bare(setting)));
    const { times, between, recording } = await harness(setting);
    found.times.push(...times);
    found.between.push(...between);
    found.recording.push(...recording);
    if (round % 2 === 1) found.alone.push(...(await bare(setting)));
    found.slowed.push(...(await harness(setting, slow(loaded))).times);
  }
  const saving = await checkpointSeconds(folder);
  const step = median(found.times);
  const parts = {
    'on the clock': step / median(found.alone) - 1,
    'beside it': trimmed(found.between) / step,
    points: (median(found.recording) * pointsPerBudget) / problem.budget,
    checkpoints: saving / (saving + Math.max(saveEvery, saving / savingShare)),
  };
  const overhead = total(Object.values(parts));
  const listed = Object.entries(parts).map(([part, share]) => `${part} ${percent(share)}`);
  console.log(
    `${name}, ${optimizer}, ${(1000 * median(found.alone)).toFixed(2)} ms a step: overhead ${percent(overhead)} ` +
      `(${listed.join(', ')})${overhead > limit ? ' ABOVE THE LIMIT' : ''} ` +
      `[all between steps ${percent(total(found.between) / total(found.times))}]; ` +
      `with slow evaluations ${percent(median(found.slowed) / step - 1)}`,
  );
  return overhead;
}

async function child() {
  const executor = await ortExecutor({ threads: 2 });
  const folder = join(mkdtempSync(join(tmpdir(), 'harness-')), 'run');
  let most = 0;
  const chosen = process.argv.slice(3);
  const wanted = cases.filter((c) => chosen.length === 0 || chosen.includes(`${c.problem}/${c.optimizer}`));
  if (wanted.length === 0) {
    const names = cases.map((c) => `${c.problem}/${c.optimizer}`).join(', ');
    throw new Error(`no case is named ${chosen.join(' or ')}; there are ${names}`);
  }
  for (const setting of wanted) most = Math.max(most, await measure(setting, executor, folder));
  await executor.dispose();
  rmSync(join(folder, '..'), { recursive: true });
  process.exitCode = most > limit ? 1 : 0;
  process.disconnect?.();
}

if (process.send) await child();
else {
  const measuring = fork(fileURLToPath(import.meta.url), process.argv.slice(2));
  let messages = 0;
  measuring.on('message', () => messages++);
  measuring.on('close', (code) => {
    console.log(`${messages} messages came here`);
    process.exitCode = code ?? 1;
  });
}
