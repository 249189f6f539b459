import { expect, test } from 'vitest';
import { grad, jvp } from '../../src/autodiff/first-order.js';
import { hvp } from '../../src/autodiff/second-order.js';
import { prepareGraph } from '../../src/compile/evaluate.js';
import { scan } from '../../src/ops/index.js';
import type { Tensor } from '../../src/tensor/ir.js';
import { constant, full, input } from '../../src/tensor/leaf.js';
import { leaves } from '../../src/tensor/tree.js';

function run(outputs: Tensor[], ins: Tensor[]): number[][] {
  const out = outputs.map((t) => new Float64Array(t.size));
  let s = 1;
  const rnd = () => {
    s = (s * 16807) % 2147483647;
    return s / 2147483647 - 0.5;
  };
  prepareGraph({ inputs: ins, outputs })(
    ins.map((t) => Float64Array.from({ length: t.size }, rnd)),
    out,
  );
  return out.map((o) => [...o]);
}
const T = 4,
  b = 2,
  h = 3;
const x = input('x', 'f64', [T, b, h]);
const w = input('w', 'f64', [h, h]);
const u = input('u', 'f64', [h, h]);
const b0 = input('b', 'f64', [h]);
const h0 = input('h0', 'f64', [b, h]);
const c0 = input('c0', 'f64', [b, h]);
const all = [x, w, u, b0, h0, c0];
const th = (t: Tensor): Tensor => t.add(t.mul(t).mul(t).mul(full(-0.3, 'f64')));
const step = ([hh, c]: readonly Tensor[], xt: Tensor): [Tensor, Tensor] => {
  const pre = th(xt.matmul(u).add(hh!.matmul(w)).add(b0));
  const cn = pre.mul(c!).add(hh!);
  return [th(cn).mul(pre), cn];
};
function looped(reverse: boolean): Tensor {
  const { carry, ys } = scan(
    (cs, [xt]) => {
      const n = step(cs, xt!);
      return { carry: n, y: [n[0].mul(n[1])] };
    },
    [h0, c0],
    [x],
    { reverse },
  );
  return ys[0]!.mul(ys[0]!).sum().add(carry[0]!.mul(carry[1]!).sum());
}
// unrolled without slice: a selecting product over time
function unrolled(reverse: boolean): Tensor {
  let cs: [Tensor, Tensor] = [h0, c0];
  let loss = full(0, 'f64');
  const order = [0, 1, 2, 3];
  if (reverse) order.reverse();
  for (const t of order) {
    const onehot = constant([order.map((_, i) => (i === t ? 1 : 0))], 'f64');
    const xt = onehot.matmul(x.reshape([T, b * h])).reshape([b, h]);
    cs = step(cs, xt);
    const y = cs[0].mul(cs[1]);
    loss = loss.add(y.mul(y).sum());
  }
  return loss.add(cs[0].mul(cs[1]).sum());
}
const vs = all.map((t, i) => input(`v${i}`, 'f64', t.shape));
const close = (a: number[][], e: number[][]) =>
  a.forEach((r, i) => r.forEach((v, j) => expect(v).toBeCloseTo(e[i]![j]!, 10)));
for (const reverse of [false, true]) {
  test(`value ${reverse}`, () => close(run([looped(reverse)], all), run([unrolled(reverse)], all)));
  test(`jvp ${reverse}`, () =>
    close(
      run([jvp(looped(reverse), all, vs)], [...all, ...vs]),
      run([jvp(unrolled(reverse), all, vs)], [...all, ...vs]),
    ));
  test(`grad ${reverse}`, () => close(run(grad(looped(reverse), all), all), run(grad(unrolled(reverse), all), all)));
  test(`hvp ${reverse}`, () =>
    close(run(hvp(looped(reverse), all, vs), [...all, ...vs]), run(hvp(unrolled(reverse), all, vs), [...all, ...vs])));
  const third = (l: Tensor) => {
    const g = hvp(l, all, vs);
    return grad(
      g.map((t, i) => t.mul(vs[i]!).sum()).reduce((a, c) => a.add(c)),
      all,
    );
  };
  test(`third ${reverse}`, () =>
    close(run(third(looped(reverse)), [...all, ...vs]), run(third(unrolled(reverse)), [...all, ...vs])));
}
import { compile } from '../../src/compile/compile.js';
import { printGraph } from '../../src/compile/print.js';
import { topological } from '../../src/tensor/graph.js';
const optimised = (ts: Tensor[]): Tensor[] => Object.values(compile(ts).outputs);
for (const reverse of [false, true]) {
  const third = (l: Tensor) => { const g = hvp(l, all, vs); return grad(g.map((t, i) => t.mul(vs[i]!).sum()).reduce((a, c) => a.add(c)), all); };
  const things: [string, () => Tensor[]][] = [['value', () => [looped(reverse)]], ['grad', () => grad(looped(reverse), all)], ['hvp', () => hvp(looped(reverse), all, vs)], ['third', () => third(looped(reverse))]];
  for (const [name, f] of things) test(`optimised ${name} ${reverse}`, () => {
    const plain = f();
    const start = performance.now();
    const better = optimised(plain);
    console.log(name, topological(plain).length, topological(better).length, (performance.now() - start).toFixed(0) + ' ms', topological(better).filter((n) => n.op.name === 'scan').map((n) => `${(n.attrs as any).xs} xs ${topological((n.attrs as any).body.outputs).filter(n=>n.inputs.length).map(n=>n.op.name).join(' ')}`));
    if (process.env.PRINT === name) console.log(printGraph(better));
    close(run(better, [...all, ...vs]), run(plain, [...all, ...vs]));
  });
}
import { ortExecutor } from '../../src/runtime/node.js';
import { inputName } from '../../src/tensor/leaf.js';
for (const reverse of [false, true]) test(`ort ${reverse}`, async () => {
  const outs = hvp(looped(reverse), all, vs);
  for (const optimize of [true, false]) {
    const program = compile(outs, { optimize });
    const ort = await ortExecutor();
    const exe = await ort.load(program);
    let s = 1;
    const rnd = () => { s = (s * 16807) % 2147483647; return s / 2147483647 - 0.5; };
    const feeds = Object.fromEntries([...all, ...vs].map((t) => [inputName(t), Float64Array.from({ length: t.size }, rnd)]));
    const r = await exe.run(feeds);
    close(Object.keys(program.outputs).map((k) => [...(r[k]!.data as Float64Array)]), run(outs, [...all, ...vs]));
    await exe.dispose();
  }
});
