import { expect, it } from 'vitest';
import '../../src/ops/index.js';
import { grad } from '../../src/autodiff/first-order.js';
import { compile } from '../../src/compile/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { input } from '../../src/tensor/leaf.js';

it('5,000 gradients of an MLP leave the resident memory as it was', async () => {
  const [x, w1, w2] = [input('x', 'f32', [32, 64]), input('w1', 'f32', [64, 64]), input('w2', 'f32', [64, 10])];
  const loss = x.matmul(w1).tanh().matmul(w2).tanh().sum();
  const executor = await ortExecutor();
  const executable = await executor.load(compile({ loss, gradient: grad(loss, { w1, w2 }) }));
  const feeds = Object.fromEntries(
    [x, w1, w2].map((t, i) => [`${['x', 'w1', 'w2'][i]}`, new Float32Array(t.size).fill(0.01)]),
  );
  const highest = async (runs: number): Promise<number> => {
    let rss = 0;
    for (let i = 0; i < runs; i++) {
      await executable.run(feeds);
      if (i % 50 === 0) rss = Math.max(rss, process.memoryUsage.rss());
    }
    return rss;
  };
  // The peak between collections, not the present value, so that waiting garbage does not count as a leak. The heap may still
  // be growing to its working size in the first window; a leak grows in every one.
  const growth: number[] = [];
  let before = await highest(2000);
  while (growth.length < 3 && !growth.some((megabytes) => megabytes < 20)) {
    const after = await highest(5000);
    growth.push((after - before) / 1e6);
    before = after;
  }
  expect(Math.min(...growth)).toBeLessThan(20);
  await executor.dispose();
}, 60_000);
