/**
 * Adam's step on whole problems: the gradient (with the drawing of its rows), and the rest, which is the update of all parameters, beside
 * torch.optim.Adam's step alone on parameters of the same sizes (its better of one and two threads), interleaved. Medians.
 *
 * Usage: node benchmarks/first-order.mjs [rounds] [fresh]   (needs `npm run build`; PyTorch, if it is there: PYTHON or /usr/bin/python3)
 */
import { spawnSync } from 'node:child_process';
import { ortExecutor } from 'osculate/node';
import { adam } from 'osculate/optim';
import { generator } from 'osculate/tensor';
import { problemNamed } from '../packages/lab/dist/problems/index.js';
import { objectiveOn } from '../packages/lab/dist/problems/objective-on.js';
import { median } from './cases.mjs';
import { peer } from './peer.mjs';

const rounds = Number(process.argv[2] ?? 4);
/** Steps make new vectors, as without `recycle`. */
const fresh = process.argv[3] === 'fresh';
const seed = 1;
/** Steps after a change of sides that are not counted, and those that are. */
const settling = 3;
const cases = { 'mnist-mlp': 60, 'mnist-cnn': 12, autoencoder: 10 };

const hasTorch = spawnSync(process.env.PYTHON ?? '/usr/bin/python3', ['-c', 'import torch']).status === 0;
const torch = hasTorch ? peer('peer_torch_adam_step.py') : undefined;
const executor = await ortExecutor({ threads: 2 });
console.log('problem        parameters   step ms   gradient ms   rest ms   ns an element   PyTorch update ms   ratio');
for (const [name, count] of Object.entries(cases)) {
  const problem = await problemNamed(name).load(seed);
  const objective = objectiveOn(executor, problem, problem.train);
  let spent = 0;
  const timed = Object.assign(Object.create(objective), {
    /** @type {typeof objective.valueAndGradient} */
    valueAndGradient: async (...operands) => {
      const from = performance.now();
      const result = await objective.valueAndGradient(...operands);
      spent = performance.now() - from;
      return result;
    },
  });
  const optimizer = adam();
  let state = optimizer.init(objective, objective.layout.flat(problem.parameters));
  /** As `train` does with `recycle`. @type {any} */
  let retired;
  const random = generator(seed);
  const sizes = objective.layout.slots.map(({ size }) => size);
  const [steps, gradients, rests, theirs] = [[], [], [], { 1: [], 2: [] }].map((x) => /** @type {any} */ (x));
  // The first round compiles.
  for (let round = 0; round <= rounds; round++) {
    for (let i = -settling; i < count; i++) {
      const from = performance.now();
      const next = (await optimizer.step(state, { objective: timed, generator: random, retired })).state;
      const all = performance.now() - from;
      [state, retired] = [next, fresh ? undefined : state];
      if (round === 0 || i < 0) continue;
      steps.push(all);
      gradients.push(spent);
      rests.push(all - spent);
    }
    for (const threads of [1, 2]) {
      const times = await torch?.ask(`${threads} ${settling + count} ${sizes.join(',')}`);
      if (round > 0 && times !== undefined) theirs[threads].push(...times.slice(settling));
    }
  }
  const n = state.parameters.length;
  const rest = median(rests);
  const update = hasTorch ? Math.min(median(theirs[1]), median(theirs[2])) : NaN;
  const ms = (/** @type {number} */ t, /** @type {number} */ width) => t.toFixed(2).padStart(width);
  console.log(
    `${name.padEnd(14)} ${String(n).padStart(10)}${ms(median(steps), 10)}${ms(median(gradients), 14)}${ms(rest, 10)}` +
      `${((1e6 * rest) / n).toFixed(1).padStart(16)}${ms(update, 20)}${ms(update / rest, 8)}`,
  );
  await objective.dispose();
}
torch?.end();
await executor.dispose();
