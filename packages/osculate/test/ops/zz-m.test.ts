import { it } from 'vitest';
import { compile } from '../../src/compile/index.js';
import '../../src/ops/index.js';
import { ortExecutor } from '../../src/runtime/node.js';
import { input, ndarray, type Tensor } from '../../src/tensor/index.js';
async function time(name: string, f: (x: Tensor, i: Tensor) => Tensor, xs: number[], is: number[], top: number) {
  const ex = await ortExecutor({ threads: 1 });
  const x = input('x', 'f32', xs); const i = input('i', 'i32', is);
  const p = compile({ y: f(x, i) }, { inputs: [x, i] });
  const e = await ex.load(p);
  const feeds = { x: ndarray('f32', Float32Array.from({ length: x.size }, () => 0.1), xs), i: ndarray('i32', Int32Array.from({ length: i.size }, () => Math.floor(Math.random() * top)), is) };
  let best = 1e9; let y: any;
  for (let k = 0; k < 7; k++) { const t = performance.now(); y = await e.run(feeds); best = Math.min(best, performance.now() - t); }
  console.log(name, best.toFixed(2), 'ms', y.y.data[0]);
  await ex.dispose();
}
it('m', async () => {
  await time('sum 16.7M', (x) => x.sum(), [4096, 4096], [1], 1);
  await time('sum 16.7M axis0', (x) => x.sum(0), [4096 * 64, 64], [1], 1);
  await time('sum small', (x) => x.sum(), [128, 128], [1], 1);
  for (const V of [65, 256, 1000, 5000]) {
    const big = (V2: number) => (x: Tensor, i: Tensor) => (input as any, x.slice([0], [1]).mul(0).expand([V2, 64]).scatterAdd(i, x, 0)).slice([0, 0], [1, 1]);
    await time(`scatter V=${V}`, big(V), [8192, 64], [8192], V);
  }
}, 100000);
