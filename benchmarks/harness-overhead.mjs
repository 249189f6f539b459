/**
 * What the harness of `osculate compare` and `osculate study` costs, as a share of a step.
 *
 * The lab runs a contestant, in a process that reports to a parent as the lab's do. Its optimizer is the contestant's, which after each
 * of its steps makes one more: that of a bare loop (same programs, other rows), which no harness code precedes. So both are measured
 * within a fraction of a second of each other, and a machine that gets slower or faster favours neither. The overhead is the sum of
 *
 * - `on steps`: how much longer a step is than the bare one of the same number after it (geometric mean without the tenth at either
 *   end), over the same in a loop that does nothing else;
 * - `between steps`: the time from the end of a step to the beginning of the next, less that in a loop that does nothing else, over a
 *   step: deciding what is due, yielding (medians);
 * - `messages`: what telling the parent adds to both, to the time between steps and to the next step, in which the parent reads it, over
 *   the time between two messages; part of the others where every step is told;
 * - `points`: the same of recording a point of the curve, over the time between two in a run of the problem's own budget: here they come
 *   several times as often, as messages do;
 * - `checkpoints`: the time of one (median of 5), over that from one to the next.
 *
 * It must not exceed 2 %. In brackets is its 95 % interval by the bootstrap over steps. Medians and trimmed means, since another process
 * that takes the processor for some milliseconds in one of the times between steps, tenths of a millisecond, would otherwise decide;
 * `all between steps` is the sum of these times over that of the steps, interruptions and collections of garbage included.
 *
 * Evaluations are no part of it: they are what the user asks for, take as long as the problem wants, and are not on the clock; what they
 * take of a run's wall time is printed beside it.
 *
 * The first steps, in which programs are compiled, are left out. The exit status is 0 when the whole interval is below the limit, 1 when
 * it is above, and 2 when more rounds are needed to tell.
 *
 * Usage: node benchmarks/harness-overhead.mjs [rounds] [case...]   (needs `npm run build`; cases as mnist-mlp/adam)
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ortExecutor } from 'osculate/node';
import { generator } from 'osculate/tensor';
import { parseContestant } from '../packages/lab/dist/contestants.js';
import { problemNamed } from '../packages/lab/dist/problems/index.js';
import { objectiveOn } from '../packages/lab/dist/problems/objective-on.js';
import { ProgressLine, progressText } from '../packages/lab/dist/report/progress.js';
import { runContestant } from '../packages/lab/dist/run/contestant-run.js';
import { Evaluator } from '../packages/lab/dist/run/evaluate.js';
import { RunFolder } from '../packages/lab/dist/run/folder.js';
import { progressTeller, toldEvery } from '../packages/lab/dist/run/messages.js';
import { pointsPerBudget } from '../packages/lab/dist/run/points.js';
import { pauseAfter, savedEvery } from '../packages/lab/dist/run/saver.js';
import { median } from './cases.mjs';

const rounds = Number(process.argv[2] ?? 2);
const warmup = 5;
const limit = 0.02;
const resamplings = 1000;

const cases = [
  // A run of the problem's budget has 15 000 steps: in the first thousands the functions between them are not compiled yet.
  { problem: 'mnist-mlp', optimizer: 'adam', steps: 3000 },
  { problem: 'mnist-cnn', optimizer: 'adam', steps: 150 },
  { problem: 'autoencoder', optimizer: 'adam', steps: 120 },
  { problem: 'autoencoder', optimizer: 'kfac', steps: 16 },
];

/**
 * One step of the harness, in seconds.
 * @typedef {object} Step
 * @property {number} time its own
 * @property {number} after the bare step after it
 * @property {number} between to the beginning of the next one
 * @property {boolean} recorded whether a point was in that time
 * @property {boolean} told whether a message was
 * @property {boolean} toldBefore whether a message was in the time before the step
 * @property {boolean} recordedBefore whether a point was
 */

const now = () => performance.now() / 1000;

/**
 * An optimizer that makes a bare step after each of its own, on the same objective: two sessions of a program need not be equally fast.
 * @param {any} optimizer @param {any[]} passed
 */
function twin(optimizer, passed) {
  // Other rows than those of the run: its own would still be in the caches.
  const random = generator(1);
  const coin = generator(2);
  // The state of the bare steps, one whose vectors they may overwrite, and one for the step for nothing.
  let [bare, retired, nothing] = /** @type {any[]} */ ([]);
  const step = async (/** @type {any} */ state, /** @type {any} */ { objective, ...own }) => {
    bare ??= optimizer.init(objective, state.parameters.slice());
    // Each overwrites what the other has retired: where memory lies makes some of it slower, which must not keep to one kind.
    const begin = now();
    const result = await optimizer.step(state, { objective, generator: own.generator, retired });
    const middle = now();
    const [from, draws] = [bare, random.state()];
    ({ state: bare } = await optimizer.step(from, { objective, generator: random, retired: own.retired }));
    const after = now() - middle;
    // Every other time by chance once more, for nothing: collections of garbage come every so many steps, and must not keep to one kind.
    if (coin.uniform() < 0.5) {
      const context = { objective, generator: generator(draws), retired: nothing };
      ({ state: nothing } = await optimizer.step(from, context));
    }
    retired = from;
    passed.push({ begin, time: middle - begin, after, end: now(), recorded: false, told: false });
    return result;
  };
  return { ...optimizer, step };
}

/** The steps of a measured run but the first. @param {any[]} passed @returns {Step[]} */
function stepsOf(passed) {
  return passed.slice(warmup, -1).map(({ time, after, end, recorded, told }, i) => {
    const [last, next] = [passed[warmup + i - 1], passed[warmup + i + 1]];
    return {
      time,
      after,
      between: next.begin - end,
      recorded,
      told,
      toldBefore: last.told,
      recordedBefore: last.recorded,
    };
  });
}

/** The steps of a loop that does nothing else: what the order of steps and the measurement do by themselves. @param {any} setting */
async function idle({ loaded, contestant, executor, steps }) {
  /** @type {any[]} */
  const passed = [];
  const optimizer = twin(contestant.make(), passed);
  const objective = objectiveOn(executor, loaded, loaded.train);
  const random = generator(0);
  let state = optimizer.init(objective, objective.layout.flat(loaded.parameters));
  let retired;
  while (state.step < warmup + steps) {
    const from = state;
    ({ state } = await optimizer.step(from, { objective, generator: random, retired }));
    retired = from;
  }
  await objective.dispose();
  return stepsOf(passed);
}

/** The steps of one run but the first. @param {any} setting @returns {Promise<Step[]>} */
async function run({ problem, loaded, contestant, executor, steps, folder }) {
  rmSync(folder, { recursive: true, force: true });
  /** @type {any[]} */
  const passed = [];
  const tell = progressTeller((message) => {
    passed.at(-1).told = true;
    process.send?.(message);
  });
  const into = new RunFolder(folder);
  const append = into.append.bind(into);
  into.append = (point) => {
    append(point);
    if (passed.length > 0) passed.at(-1).recorded = true;
  };
  await runContestant({
    ...{ problem, executor, seed: 0, folder: into, saveEvery: Number.POSITIVE_INFINITY },
    ...{
      contestant: { ...contestant, make: () => twin(contestant.make(), passed) },
      loaded: { ...loaded, measurements: {} },
    },
    budget: { steps: warmup + steps },
    // Of several steps one: steps without a point are to be measured, too.
    points: Math.min(pointsPerBudget, Math.ceil(steps / 4)),
    signal: new AbortController().signal,
    peakMemory: () => 1024 * process.resourceUsage().maxRSS,
    progress: tell,
  });
  return stepsOf(passed);
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
    const start = now();
    await folder.save(snapshot);
    times.push(now() - start);
  }
  return median(times);
}

/** Seconds of evaluating all measures at one point. @param {any} setting */
async function evaluationSeconds({ loaded, executor }) {
  const evaluator = new Evaluator(loaded, executor);
  const objective = objectiveOn(executor, loaded, loaded.train);
  const parameters = objective.layout.flat(loaded.parameters);
  const times = [];
  for (let k = 0; k < 4; k++) {
    const start = now();
    await evaluator.evaluate(parameters);
    if (k > 0) times.push(now() - start);
  }
  await objective.dispose();
  return median(times);
}

/** @param {readonly number[]} values */
const sum = (values) => values.reduce((a, b) => a + b, 0);

/** The mean without the tenth of the values at either end. @param {readonly number[]} values */
function trimmedMean(values) {
  const cut = Math.floor(values.length / 10);
  const kept = [...values].sort((a, b) => a - b).slice(cut, values.length - cut);
  return sum(kept) / kept.length;
}

/**
 * A step over the bare one after it. In pairs, for the machine gets faster and slower; by the mean of the logarithms, for collections of
 * garbage make two kinds of steps: between two kinds of quotients the median is now at the one, now at the other.
 * @param {readonly Step[]} steps
 */
const onSteps = (steps) => Math.exp(trimmedMean(steps.map(({ time, after }) => Math.log(time / after))));

/** Each part's share of a step. @param {readonly Step[]} steps @param {readonly Step[]} alone @param {{ budget: number, saving: number }} of */
function partsOf(steps, alone, { budget, saving }) {
  const step = median(steps.map(({ after }) => after));
  const between = (/** @type {(s: Step) => boolean} */ which) => steps.filter(which).map((s) => s.between);
  const told = between((s) => s.told && !s.recorded);
  const untold = between((s) => !s.told && !s.recorded);
  const plain = median(untold.length > 0 ? untold : told);
  const recorded = between((s) => s.recorded && (!s.told || untold.length === 0));
  /** What is made at most once in so many seconds. */
  const extra = (/** @type {number[]} */ times, /** @type {number} */ every) =>
    times.length === 0 ? 0 : (median(times) - plain) / Math.max(every, step);
  const afterTold = steps.filter((s) => s.toldBefore && !s.recordedBefore);
  const afterPoint = steps.filter((s) => s.recordedBefore && (!s.toldBefore || untold.length === 0));
  const afterNeither = steps.filter((s) => !s.recordedBefore && !s.toldBefore);
  const usual = onSteps(afterNeither.length > 0 ? afterNeither : afterTold);
  /** What it adds to the step after it. @param {readonly Step[]} after @param {number} every */
  const later = (after, every) =>
    after.length === 0 ? 0 : ((onSteps(after) / usual - 1) * step) / Math.max(every, step);
  const [telling, recording] = [toldEvery / 1000, budget / pointsPerBudget];
  return {
    'on steps': usual / onSteps(alone) - 1,
    'between steps': (plain - median(alone.map((s) => s.between))) / step,
    messages: extra(told, telling) + later(afterTold, telling),
    points: extra(recorded, recording) + later(afterPoint, recording),
    checkpoints: saving / (saving + pauseAfter(1000 * saving, savedEvery) / 1000),
  };
}

/** @param {Readonly<Record<string, number>>} parts */
const total = (parts) => sum(Object.values(parts));

/** 95 % interval of the sum of the parts. @param {readonly Step[]} steps @param {readonly Step[]} alone @param {{ budget: number, saving: number }} of */
function interval(steps, alone, of) {
  const random = generator(1);
  const resampled = (/** @type {readonly Step[]} */ from) =>
    Array.from(from, () => /** @type {Step} */ (from[random.integer(from.length)]));
  const sums = Array.from({ length: resamplings }, () => total(partsOf(resampled(steps), resampled(alone), of)));
  sums.sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => /** @type {number} */ (sums[Math.round(share * (resamplings - 1))]);
  return /** @type {const} */ ([at(0.025), at(0.975)]);
}

const percent = (/** @type {number} */ share) => (100 * share).toFixed(2);

/** Prints one case; resolves to the exit status. @param {(typeof cases)[number]} wanted @param {any} executor @param {string} folder */
async function measure({ problem: name, optimizer, steps: count }, executor, folder) {
  const problem = problemNamed(name);
  const loaded = await problem.load(0);
  const setting = { problem, loaded, contestant: parseContestant(optimizer), executor, steps: count, folder };
  /** @type {Step[]} */
  const steps = [];
  /** @type {Step[]} */
  const alone = [];
  for (let round = 0; round < rounds; round++) {
    steps.push(...(await run(setting)));
    alone.push(...(await idle(setting)));
  }
  const { budget } = problem;
  const of = { budget, saving: await checkpointSeconds(folder) };
  const evaluations = pointsPerBudget * (await evaluationSeconds(setting));
  const parts = partsOf(steps, alone, of);
  const [low, high] = interval(steps, alone, of);
  const status = high <= limit ? 0 : low > limit ? 1 : 2;
  const verdict = ['within the limit', 'ABOVE THE LIMIT', 'not decided: more rounds'][status];
  const step = median(steps.map(({ after }) => after));
  console.log(
    `${name}, ${optimizer}, ${steps.length} steps of ${(1000 * step).toFixed(2)} ms: overhead ${percent(total(parts))} % ` +
      `[${percent(low)}, ${percent(high)}], ${verdict}`,
  );
  for (const [part, share] of Object.entries(parts)) console.log(`  ${part.padEnd(18)}${percent(share).padStart(6)} %`);
  const all = sum(steps.map(({ between }) => between)) / sum(steps.map(({ time }) => time));
  console.log(`  ${'all between steps'.padEnd(18)}${percent(all).padStart(6)} %`);
  console.log(
    `  evaluations, off the clock: ${percent(evaluations / (budget + evaluations))} % of the wall time of a run of ${budget} s`,
  );
  return status;
}

async function child() {
  const executor = await ortExecutor({ threads: 2 });
  const folder = join(mkdtempSync(join(tmpdir(), 'harness-')), 'run');
  const chosen = process.argv.slice(3);
  const wanted = cases.filter((c) => chosen.length === 0 || chosen.includes(`${c.problem}/${c.optimizer}`));
  if (wanted.length === 0) {
    const names = cases.map((c) => `${c.problem}/${c.optimizer}`).join(', ');
    throw new Error(`no case is named ${chosen.join(' or ')}; there are ${names}`);
  }
  const found = [];
  for (const setting of wanted) found.push(await measure(setting, executor, folder));
  await executor.dispose();
  rmSync(join(folder, '..'), { recursive: true });
  process.exitCode = found.includes(1) ? 1 : Math.max(...found);
  process.disconnect?.();
}

/** What a command does beside its runs: it draws a line of progress, here to nowhere. */
function parent() {
  const line = new ProgressLine({ isTTY: true, columns: 120, write: () => true });
  const measuring = fork(fileURLToPath(import.meta.url), process.argv.slice(2));
  measuring.on('message', (/** @type {any} */ { seconds, step }) =>
    line.show(progressText({ title: 'run', index: 1, total: 1, seconds, budget: 60, step, values: [] })),
  );
  measuring.on('close', (code) => {
    process.exitCode = code ?? 1;
  });
}

if (process.send) await child();
else parent();
