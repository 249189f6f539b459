import { describe, expect, it } from 'vitest';
import { ggnvp, grad, hvp, vmap } from '../../src/autodiff/index.js';
import { prepareGraph, referenceBuffer } from '../../src/compile/evaluate.js';
import { compile, costOf } from '../../src/compile/index.js';
import { bodiesOf } from '../../src/compile/verify.js';
import { scan, whileLoop } from '../../src/ops/index.js';
import { full, generator, input, type Node, type Tensor, topological } from '../../src/tensor/index.js';

const computing = (outputs: readonly Tensor[]): Node[] => topological(outputs).filter((n) => n.inputs.length > 0);
const namesOf = (outputs: readonly Tensor[]): string[] => computing(outputs).map((n) => n.op.name);

function optimized(outputs: readonly Tensor[]): Tensor[] {
  return Object.values(compile([...outputs]).outputs);
}

/** The names of the ops in the body of each loop, in order. */
function bodies(outputs: readonly Tensor[]): string[][] {
  return computing(outputs).flatMap((n) => (bodiesOf(n).length > 0 ? [namesOf(bodiesOf(n).at(-1)!.outputs)] : []));
}

function evaluate(outputs: readonly Tensor[], inputs: readonly Tensor[]): number[] {
  const random = generator(3);
  const feeds = inputs.map((t) => Float64Array.from({ length: t.size }, () => random.uniform() - 0.5));
  const results = outputs.map((t) => referenceBuffer(t.dtype, t.size));
  prepareGraph({ inputs, outputs })(feeds, results);
  return results.flatMap((r) => Array.from(r));
}

function expectSame(outputs: readonly Tensor[], inputs: readonly Tensor[]): Tensor[] {
  const better = optimized(outputs);
  const [actual, expected] = [evaluate(better, inputs), evaluate(outputs, inputs)];
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  actual.forEach((v, i) => void expect(Math.abs(v - expected[i]!) / scale).toBeLessThan(1e-11));
  return better;
}

const [time, batch, size] = [100, 2, 3];
const x = input('x', 'f64', [time, batch, size]);
const h = input('h', 'f64', [batch, size]);
const w = input('w', 'f64', [size, size]);
const b = input('b', 'f64', [size]);
const inputs = [x, h, w, b];
const tangents = [w, b].map((t, i) => input(`v${i}`, t.dtype, t.shape));

/** Loss of an Elman network on the mean square of all states. */
function loss(): { loss: Tensor; states: Tensor } {
  const { ys } = scan(
    ([s], [xt]) => {
      const next = xt!
        .add(s!.product(w, false, true))
        .add(b)
        .tanh();
      return { carry: [next], y: [next] };
    },
    [h],
    [x],
  );
  return { loss: ys[0]!.square().sum(), states: ys[0]! };
}

describe('derivatives of a recurrence', () => {
  it('run each direction once, with one small product a step', () => {
    const better = expectSame(grad(loss().loss, [w, b]), inputs);
    expect(bodies(better)).toEqual([['matmul', 'add', 'tanh'], expect.arrayContaining(['matmul', 'mul', 'add'])]);
    expect(bodies(better)[1]!.length).toBeLessThanOrEqual(4);
    expect(computing(better).length).toBeLessThan(40);
  });

  it('take the cotangent of a weight as one product outside', () => {
    const better = optimized([grad(loss().loss, w)]);
    const products = computing(better).filter((n) => n.op.name === 'matmul');
    expect(products.map((n) => n.inputs.map((t) => t.shape))).toEqual([
      [
        [time * batch, size],
        [time * batch, size],
      ],
    ]);
    // No stack of matrices of the weight's size is ever made.
    expect(costOf(better).peakBytes).toBeLessThan(40 * time * batch * size * 8);
  });

  it('share the primal loop and its tangents in a Hessian-vector product', () => {
    const better = expectSame(hvp(loss().loss, [w, b], tangents), [...inputs, ...tangents]);
    const loops = bodies(better);
    expect(loops.length).toBe(4);
    for (const body of loops) {
      expect(body.filter((n) => n === 'matmul').length).toBe(1);
      expect(body.length).toBeLessThanOrEqual(8);
    }
  });

  it('share them in a Gauss-Newton product', () => {
    const model = loss();
    const better = expectSame(ggnvp(model.loss, model.states, [w, b], tangents), [...inputs, ...tangents]);
    expect(bodies(better).length).toBe(3);
  });

  it('stay few in a third derivative', () => {
    const product = hvp(loss().loss, [w, b], tangents);
    const third = grad(product[0]!.mul(tangents[0]!).sum(), [w, b]);
    const better = expectSame(third, [...inputs, ...tangents]);
    expect(bodies(better).length).toBeLessThanOrEqual(12);
    expect(computing(better).length).toBeLessThan(400);
  });

  it('keep one loop for a batch of directions', () => {
    const several = tangents.map((t) => input(`s ${t.size}`, 'f64', [4, ...t.shape]));
    const products = vmap((...v: Tensor[]) => hvp(loss().loss, [w, b], v))(...several);
    const better = expectSame(products, [...inputs, ...several]);
    expect(bodies(better).length).toBe(4);
  });
});

describe('a scan keeps in its body only what has to run step by step', () => {
  const step = (s: Tensor, xt: Tensor): Tensor => s.mul(xt).sin();

  it('what depends on consts alone is computed once', () => {
    const { carry } = scan(([s], [xt]) => ({ carry: [step(s!.mul(w.sum().exp()), xt!)], y: [] }), [h], [x]);
    // The factor joins the slices' outside.
    expect(bodies(expectSame(carry, inputs))).toEqual([['mul', 'sin']]);
  });

  it('what depends on slices and consts is computed for all steps at once', () => {
    const { carry } = scan(([s], [xt]) => ({ carry: [step(s!, xt!.matmul(w).tanh())], y: [] }), [h], [x]);
    const better = expectSame(carry, inputs);
    expect(bodies(better)).toEqual([['mul', 'sin']]);
    const product = computing(better).find((n) => n.op.name === 'matmul')!;
    expect(product.inputs[0]!.shape).toEqual([time * batch, size]);
  });

  it('a slice that would only be spread over more elements is not', () => {
    const narrow = input('narrow', 'f64', [time, batch, 1]);
    const { carry } = scan(([s], [n]) => ({ carry: [s!.mul(n!.add(b)).sin()], y: [] }), [h], [narrow]);
    const better = expectSame(carry, [...inputs, narrow]);
    expect(bodies(better)).toEqual([['add', 'mul', 'sin']]);
  });

  it('what only stacks need is computed from stacked carries', () => {
    const { ys } = scan(
      ([s], [xt]) => {
        const next = step(s!, xt!);
        return { carry: [next], y: [next.matmul(w).add(b).tanh()] };
      },
      [h],
      [x],
    );
    expect(bodies(expectSame(ys, inputs))).toEqual([['mul', 'sin']]);
  });

  it('a stack that is much smaller than what it is made of stays', () => {
    const wide = input('wide', 'f64', [100_000]);
    const { ys } = scan(([s]) => ({ carry: [s!.sin()], y: [s!.square().sum()] }), [wide], [], { length: 3 });
    expect(bodies(expectSame(ys, [wide]))).toEqual([['sin', 'mul', 'sum']]);
  });

  it('a sum over the steps is taken outside', () => {
    const { carry } = scan(
      ([s, sum], [xt]) => {
        const next = step(s!, xt!);
        return { carry: [next, sum!.add(next.matmul(w)).add(xt!)], y: [] };
      },
      [h, h],
      [x],
    );
    expect(bodies(expectSame(carry, inputs))).toEqual([['mul', 'sin']]);
  });

  it('linear terms are collected', () => {
    const { carry } = scan(
      ([s], [xt]) => ({ carry: [s!.mul(xt!).mul(b).add(s!.div(b)).sub(xt!.add(s!.neg()))], y: [] }),
      [h],
      [x],
    );
    expect(bodies(expectSame(carry, inputs))).toEqual([['mul', 'sub']]);
  });

  it('carries and stacks that nobody reads are dropped', () => {
    const { carry } = scan(
      ([s, other], [xt]) => ({ carry: [step(s!, xt!), other!.mul(s!).tanh()], y: [other!] }),
      [h, h],
      [x],
    );
    expect(bodies(expectSame([carry[0]!], inputs))).toEqual([['mul', 'sin']]);
  });

  it('fixed carries, repeated slices and literals become part of the body', () => {
    const ones = full(1, 'f64').expand([time, batch, size]);
    const { carry } = scan(
      ([s, k], [xt, same, one]) => ({ carry: [s!.mul(xt!).mul(same!).mul(one!).mul(k!).sin(), k!], y: [] }),
      [h, full(1, 'f64').expand([batch, size])],
      [x, x, ones],
    );
    const better = expectSame([carry[0]!], inputs);
    expect(bodies(better)).toEqual([['mul', 'sin']]);
    expect(computing(better).find((n) => n.op.name === 'scan')!.inputs.length).toBe(2);
  });

  it('nothing is left of a scan without recurrence', () => {
    const { ys } = scan((_, [xt]) => ({ carry: [], y: [xt!.matmul(w), b] }), [], [x]);
    expect(bodies(expectSame(ys, inputs))).toEqual([]);
  });

  it('scans in a body are treated alike', () => {
    const { carry } = scan(
      ([s], [xt]) => ({
        carry: scan(
          ([q], [row]) => ({ carry: [q!.mul(row!.exp()).sin()], y: [] }),
          [s!],
          [xt!.expand([4, batch, size])],
        ).carry,
        y: [],
      }),
      [h],
      [x],
    );
    const better = expectSame(carry, inputs);
    const outer = computing(better).find((n) => n.op.name === 'scan')!;
    expect(bodies(bodiesOf(outer)[0]!.outputs)).toEqual([['mul', 'sin']]);
  });
});

describe('a scan is merged with', () => {
  it('one of the same recurrence, whatever they stack', () => {
    const run = (y: (s: Tensor) => Tensor): Tensor =>
      scan(([s], [xt]) => ({ carry: [s!.mul(xt!).sin()], y: [y(s!)] }), [h], [x]).ys[0]!;
    const better = expectSame([run((s) => s), run((s) => s.exp()), run((s) => s.mul(b))], inputs);
    expect(bodies(better).length).toBe(1);
  });

  it('no other: neither another start, nor another direction, nor other steps', () => {
    const run = (start: Tensor, reverse: boolean, f: (s: Tensor) => Tensor): Tensor =>
      scan(([s], [xt]) => ({ carry: [f(s!.mul(xt!))], y: [] }), [start], [x], { reverse }).carry[0]!;
    const sin = (t: Tensor): Tensor => t.sin();
    const all = [run(h, false, sin), run(h.mul(2), false, sin), run(h, true, sin), run(h, false, (t) => t.cos())];
    expect(bodies(expectSame(all, inputs)).length).toBe(4);
  });

  it('none that it depends on', () => {
    const first = scan(([s], [xt]) => ({ carry: [s!.mul(xt!).sin()], y: [s!] }), [h], [x]).ys[0]!;
    const second = scan(([s], [xt, f]) => ({ carry: [s!.mul(xt!).sin()], y: [s!.mul(f!)] }), [h], [x, first]).ys[0]!;
    expectSame([second], inputs);
  });
});

describe('a while loop', () => {
  it('computes outside what does not change', () => {
    const [end] = whileLoop(
      ([s]) => s!.sum().less(w.sum().exp()),
      ([s]) => [s!.add(h.matmul(w).square())],
      [h],
      { maxIterations: 10 },
    );
    expect(bodies(expectSame([end!], inputs))).toEqual([['add']]);
  });

  it('drops carries that nobody reads', () => {
    const [end] = whileLoop(
      ([s]) => s!.sum().less(5),
      ([s, other]) => [s!.add(1), other!.sin()],
      [h, h],
    );
    const better = expectSame([end!], inputs);
    expect(bodies(better)).toEqual([['add']]);
  });

  it('around a Gauss-Newton product keeps the primal loop outside', () => {
    const model = loss();
    const product = (v: Tensor): Tensor => ggnvp(model.loss, model.states, w, v);
    const [end] = whileLoop(
      ([n]) => n!.less(3),
      ([n, v]) => [n!.add(1), product(v!)],
      [full(0, 'i32'), tangents[0]!],
    ).slice(1);
    const better = expectSame([end!], [...inputs, ...tangents]);
    expect(namesOf(better).filter((n) => n === 'scan').length).toBe(1);
    const loop = computing(better).find((n) => n.op.name === 'while')!;
    expect(bodies(bodiesOf(loop)[1]!.outputs).length).toBe(2);
  });
});
