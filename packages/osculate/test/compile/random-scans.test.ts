import { expect, it } from 'vitest';
import { grad, hvp, vmap } from '../../src/autodiff/index.js';
import { prepareGraph, referenceBuffer } from '../../src/compile/evaluate.js';
import { compile } from '../../src/compile/index.js';
import { concat, scan } from '../../src/ops/index.js';
import { full, type Generator, generator, input, type Tensor } from '../../src/tensor/index.js';

const [time, rows, columns] = [3, 2, 4];
const matrix = [rows, columns] as const;
const names = ['start', 'other', 'k', 'w', 'x', 'y'] as const;
const shapes = [matrix, matrix, matrix, [columns, columns], [time, ...matrix], [time, rows, 1]];
const inputs = names.map((name, i) => input(name, 'f64', shapes[i]!));
const directions = inputs.map((t, i) => input(`v ${names[i]}`, 'f64', t.shape));
const [start, other, k, w, x, y] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];

/** Functions of matrices that keep values moderate. */
const steps: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  (a, b) => a.add(b),
  (a, b) => a.sub(b),
  (a, b) => a.mul(b),
  (a, b) => a.div(b.square().add(2)),
  (a) => a.neg(),
  (a) => a.mul(0.5),
  (a) => a.sin(),
  (a) => a.tanh(),
  (a) => a.matmul(w),
  (a, b) => a.matmul(b.transpose()).matmul(k).mul(0.2),
  (a, b) => a.mul(b.sum(1, true)).mul(0.3),
  (a) => a.slice([0, 1], [rows, 3]).pad([0, 0], [0, 2]),
  (a, b) => concat([b.slice([0, 2], [rows, 4]), a.slice([0, 0], [rows, 2])], 1),
];

/** A body of random steps over carries, slices and closed-over tensors. */
function randomBody(random: Generator): Parameters<typeof scan>[0] {
  const plan = Array.from({ length: 10 }, () => [random.integer(steps.length), random.uniform(), random.uniform()]);
  const nested = random.uniform() < 0.3;
  return ([a, b, sum], [s, narrow]) => {
    const pool: Tensor[] = [a!, b!, s!, narrow!.expand(matrix), k, w.slice([0, 0], matrix)];
    for (const [step, i, j] of plan as [number, number, number][]) {
      const pick = (u: number): Tensor => pool[Math.floor(u * pool.length)]!;
      pool.push(steps[step]!(pick(i), pick(j)));
    }
    const [p, q, r] = pool.slice(-3) as [Tensor, Tensor, Tensor];
    const inner = (t: Tensor): Tensor =>
      scan(([c]) => ({ carry: [c!.mul(s!).add(k).sin()], y: [] }), [t], [], { length: 2 }).carry[0]!;
    const next = nested ? inner(p.tanh()) : p.tanh();
    return { carry: [next, q.sin(), sum!.add(r.mul(next).sum())], y: [r.tanh(), a!] };
  };
}

function randomLoss(random: Generator): Tensor {
  const reverse = random.uniform() < 0.5;
  const { carry, ys } = scan(randomBody(random), [start, other, full(0, 'f64')], [x, y], { reverse });
  return [...carry, ...ys].map((t) => t.mul(t).sum()).reduce((a, b) => a.add(b));
}

function evaluate(outputs: readonly Tensor[], random: Generator): number[] {
  const all = [...inputs, ...directions];
  const feeds = all.map((t) => Float64Array.from({ length: t.size }, () => random.uniform() - 0.5));
  const results = outputs.map((t) => referenceBuffer(t.dtype, t.size));
  prepareGraph({ inputs: all, outputs })(feeds, results);
  return results.flatMap((r) => Array.from(r));
}

const unreachable = 'zero';
const quantities: Record<string, (loss: Tensor) => Tensor[]> = {
  gradient: (loss) => grad(loss, inputs, { unreachable }),
  hvp: (loss) => hvp(loss, inputs, directions, { unreachable }),
  'mapped hvp': (loss) =>
    vmap((...v: Tensor[]) => hvp(loss, inputs, v, { unreachable }))(
      ...directions.map((t) => t.expand([2, ...t.shape])),
    ) as Tensor[],
};

it.each(Array.from({ length: 12 }, (_, i) => i + 1))(
  'optimising a random scan keeps its derivatives (seed %i)',
  (seed) => {
    const loss = randomLoss(generator(seed));
    for (const [name, quantity] of Object.entries(quantities)) {
      const plain = quantity(loss);
      const expected = evaluate(plain, generator(seed));
      const actual = evaluate(Object.values(compile(plain).outputs), generator(seed));
      const scale = Math.max(1, ...expected.map(Math.abs));
      const error = Math.max(...actual.map((v, i) => Math.abs(v - expected[i]!)));
      expect(error / scale, name).toBeLessThan(1e-11);
    }
  },
);
