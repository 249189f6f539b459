/**
 * Time of a K-FAC step against a step of Adam on the 2.8 million parameter autoencoder, batches of 1000, interleaved in one run. The mean
 * over K-FAC's steps includes its inverses, one renewal every 20 steps.
 *
 * Usage: node benchmarks/kfac.mjs [steps] [fresh]   (needs `npm run build`)
 */

import { ortExecutor } from 'osculate/node';
import { adam, kfac } from 'osculate/optim';
import { generator } from 'osculate/tensor';
import { problemNamed } from '../packages/lab/dist/problems/index.js';
import { objectiveOn } from '../packages/lab/dist/problems/objective-on.js';

const bar = 1.8;
/** Steps before the first that counts: compilation, and the inverses that are renewed in the first three steps. */
const warmUp = 5;
const steps = Number(process.argv[2] ?? 40);
/** Steps make new vectors, as without `recycle`. */
const fresh = process.argv[3] === 'fresh';
const problem = await problemNamed('autoencoder').load(1);
const executor = await ortExecutor({ threads: 2 });
const objective = objectiveOn(executor, problem, problem.train);
const start = objective.layout.flat(problem.parameters);
/** @type {import('osculate/optim').Optimizer[]} */
const optimizers = [adam({ batchSize: 1000 }), kfac({ damping: 1 })];
const runs = optimizers.map((optimizer) => ({
  optimizer,
  state: optimizer.init(objective, start.slice()),
  /** As `train` does with `recycle`. @type {any} */
  retired: undefined,
  random: generator(1),
  /** @type {number[]} */
  times: [],
  loss: Number.NaN,
}));
for (let i = 0; i < warmUp + steps; i++) {
  for (const run of runs) {
    const from = performance.now();
    const context = { objective, generator: run.random, retired: run.retired };
    const { state, report } = await run.optimizer.step(run.state, context);
    if (i >= warmUp) run.times.push(performance.now() - from);
    Object.assign(run, { state, retired: fresh ? undefined : run.state, loss: report.loss });
  }
}
const means = runs.map(({ times }) => times.reduce((a, b) => a + b, 0) / times.length);
runs.forEach(({ optimizer, loss: last }, i) => {
  console.log(
    `${optimizer.name}: ${means[i]?.toFixed(0)} ms a step, loss ${last.toFixed(2)} after ${warmUp + steps} steps`,
  );
});
const ratio = (means[1] ?? 0) / (means[0] ?? 1);
console.log(`K-FAC step / Adam step: ${ratio.toFixed(2)} (bar ${bar})`);
await executor.dispose();
process.exitCode = ratio <= bar ? 0 : 1;
