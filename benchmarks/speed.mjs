/**
 * Gradient, Hessian-vector and Gauss-Newton-vector products against PyTorch on the CPU, interleaved in one run, and against the
 * gradient: a product by itself, and the next one at the same point, which CG or Lanczos ask for (the forward pass and the gradient are held).
 *
 * Usage: node benchmarks/speed.mjs [cases] [rounds]   (needs `npm run build`; PyTorch: PYTHON or /usr/bin/python3 with torch)
 */
import { setTimeout } from 'node:timers/promises';
import { splitProgram } from 'osculate/compile';
import { ortExecutor } from 'osculate/node';
import { inputName } from 'osculate/tensor';
import { cases, derivative, kinds, median } from './cases.mjs';
import { peer } from './peer.mjs';

const bars = { gradient: 1.0, hvp: 1.7, ggnvp: 1.7 };
const names = (process.argv[2] ?? 'mlp,cnn,attention,lstm,block').split(',');
const rounds = Number(process.argv[3] ?? 5);
const repeats = 15;
const warmUp = 4;
/** Runs after a change of sides that are not counted. */
const settling = 5;
/** Milliseconds between the sides: threads of the other one may spin that long after their last run, and the processor is warm for both. */
const pause = 250;

/** @param {import('osculate/runtime').Executable} executable @param {any} feeds */
async function ours(executable, feeds) {
  await setTimeout(pause);
  const times = [];
  for (let i = 0; i < settling + repeats; i++) {
    const start = performance.now();
    await executable.run(feeds);
    times.push(performance.now() - start);
  }
  return times.slice(settling);
}

/** The part of a program that depends on the vectors, and its feeds. @param {import('osculate/compile').Program} program @param {any} feeds */
async function nextProduct(program, feeds) {
  const split = splitProgram(program, (name) => name.startsWith('v.'));
  if (split === null) throw new Error('a product does not only depend on its vector');
  const held = await executor.load(split.held);
  const of = (/** @type {import('osculate/compile').Program} */ { inputs }, /** @type {any} */ values) =>
    Object.fromEntries(inputs.map((t) => [inputName(t), values[inputName(t)]]));
  const values = { ...feeds, ...(await held.run(of(split.held, feeds))) };
  await held.dispose();
  return { executable: await executor.load(split.rest), feeds: of(split.rest, values) };
}

const torch = peer('peer_torch.py');
const executor = await ortExecutor({ threads: 2 });
console.log(
  'case       kind      osculate ms   PyTorch ms (1 thread, 2 threads)   ratio   bar   /gradient   next product, /gradient',
);
for (const name of names) {
  /** @type {Record<string, number>} */
  const times = {};
  for (const kind of kinds) {
    const { program, feeds } = derivative(cases[name], kind);
    const executable = await executor.load(program);
    const next = kind === 'gradient' ? null : await nextProduct(program, feeds);
    // Steady state on both sides: caches, thread pools and the heap have their working size.
    for (let i = 0; i < warmUp; i++) {
      await ours(executable, feeds);
      if (next) await ours(next.executable, next.feeds);
    }
    for (const threads of [1, 2]) await torch.ask(`${name} ${kind} ${threads} ${warmUp}`);
    /** @type {[number[], number[], number[]]} */
    const samples = [[], [], []];
    /** @type {number[]} */
    const following = [];
    for (let round = 0; round < rounds; round++) {
      samples[0].push(...(await ours(executable, feeds)));
      if (next) following.push(...(await ours(next.executable, next.feeds)));
      for (const threads of [1, 2]) {
        await setTimeout(pause);
        const times = await torch.ask(`${name} ${kind} ${threads} ${settling + repeats}`);
        samples[threads].push(...times.slice(settling));
      }
    }
    const [mine, one, two] = samples.map(median);
    times[kind] = mine;
    const ratio = Math.min(one, two) / mine;
    const relative = kind === 'gradient' ? '' : (mine / times.gradient).toFixed(2);
    const after = next ? `${median(following).toFixed(2)}, ${(median(following) / times.gradient).toFixed(2)}` : '';
    console.log(
      `${name.padEnd(10)} ${kind.padEnd(9)} ${mine.toFixed(2).padStart(11)} ${`${one.toFixed(2)}, ${two.toFixed(2)}`.padStart(36)}` +
        `${ratio.toFixed(2).padStart(8)} ${bars[kind].toFixed(1).padStart(5)} ${relative.padStart(11)} ${after.padStart(24)}`,
    );
    await executable.dispose();
    await next?.executable.dispose();
  }
}
torch.end();
await executor.dispose();
