import { it } from 'vitest';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { input, ndarray, type Tensor } from '../../src/tensor/index.js';
async function time(name: string, f: (x: Tensor, i: Tensor) => Tensor, xs: number[], is: number[]) {
  const ex = await ortExecutor({ threads: 1 });
  const x = input('x', 'f32', xs); const i = input('i', 'f32', is);
  const p = compile({ y: f(x, i).slice([0], [1]).sum() }, { inputs: [x, i] });
  const e = await ex.load(p);
  const feeds = { x: ndarray('f32', Float32Array.from({ length: x.size }, () => 0.1), xs), i: ndarray('f32', Float32Array.from({ length: i.size }, () => Math.random()), is) };
  let best = 1e9; let y: any;
  for (let k = 0; k < 9; k++) { const t = performance.now(); y = await e.run(feeds); best = Math.min(best, performance.now() - t); }
  console.log(name, best.toFixed(2), 'ms', y.y.data[0]);
  await ex.dispose();
}
it('m', async () => {
  for (const [B, m, n] of [[256, 128, 128], [256, 784, 64], [256, 64, 10], [2048, 16, 16]] as const) {
    await time(`matmul ${B} ${m} ${n}`, (x, i) => x.matmul(i), [B, m, 1], [B, 1, n]);
    await time(`mul    ${B} ${m} ${n}`, (x, i) => x.mul(i), [B, m, 1], [B, 1, n]);
  }
}, 100000);
