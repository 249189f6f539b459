import { describe, expect, it } from 'vitest';
import { ggnvp, grad, hvp, jvp, vmap } from '../../src/autodiff/index.js';
import { compile, costOf } from '../../src/compile/index.js';
import { scan, whileLoop } from '../../src/ops/index.js';
import { full, input, type Tensor } from '../../src/tensor/index.js';
import { controlCases, lstmStep } from './cases/control.js';
import { evaluator } from './forms.js';
import { directions } from './sample.js';
import { opSuite } from './suite.js';

opSuite(controlCases);

const [time, batch, size] = [5, 2, 3];
const weights = [
  input('w', 'f64', [size, 4 * size]),
  input('b', 'f64', [4 * size]),
  input('h', 'f64', [batch, size]),
  input('c', 'f64', [batch, size]),
];
const x = input('x', 'f64', [time, batch, 4 * size]);
const tangents = weights.map((t, i) => input(`v${i}`, t.dtype, t.shape));

const readout = (h: Tensor): Tensor => h.square().add(h).sum();

/** Loss of an LSTM whose every state counts, by scan or by its steps written out. */
function scanned(reverse: boolean): { loss: Tensor; last: Tensor } {
  const [w, b, h, c] = weights as [Tensor, Tensor, Tensor, Tensor];
  const { carry, ys } = scan(
    (carries, [xt]) => {
      const next = lstmStep(carries, xt!.add(b), w);
      return { carry: next, y: [next[0]] };
    },
    [h, c],
    [x],
    { reverse },
  );
  return { loss: readout(ys[0]!).add(carry[1]!.sum()), last: carry[0]! };
}

function unrolled(reverse: boolean): { loss: Tensor; last: Tensor } {
  const [w, b, h, c] = weights as [Tensor, Tensor, Tensor, Tensor];
  let carry: [Tensor, Tensor] = [h, c];
  let loss = full(0, 'f64');
  const order = Array.from({ length: time }, (_, t) => (reverse ? time - 1 - t : t));
  for (const t of order) {
    carry = lstmStep(
      carry,
      x
        .slice([t], [t + 1])
        .squeeze(0)
        .add(b),
      w,
    );
    loss = loss.add(readout(carry[0]));
  }
  return { loss: loss.add(carry[1].sum()), last: carry[0] };
}

const placeholders = [...weights, x, ...tangents];
const values = directions(
  placeholders.map((t) => t.size),
  7,
);

function evaluate(outputs: readonly Tensor[]): number[][] {
  return evaluator<null>(placeholders, outputs, () => values)(null).map((b) => Array.from(b));
}

function expectEqual(actual: readonly Tensor[], expected: readonly Tensor[]): void {
  const [a, e] = [evaluate(actual), evaluate(expected)];
  expect(a.length).toBe(e.length);
  a.forEach((row, i) => void row.forEach((v, j) => void expect(v).toBeCloseTo(e[i]![j]!, 10)));
}

const quantities: Record<string, (model: { loss: Tensor; last: Tensor }) => readonly Tensor[]> = {
  value: ({ loss, last }) => [loss, last],
  jvp: ({ last }) => [jvp(last, weights, tangents)],
  gradient: ({ loss }) => grad(loss, weights),
  hvp: ({ loss }) => hvp(loss, weights, tangents),
  ggnvp: ({ last }) => ggnvp(readout(last), last, weights, tangents),
  'third derivative': ({ loss }) => {
    const product = hvp(loss, weights, tangents);
    return grad(
      product.map((t, i) => t.mul(tangents[i]!).sum()).reduce((a, b) => a.add(b)),
      weights,
    );
  },
  'mapped hvp': ({ loss }) => {
    const several = tangents.map((t) => t.mul(full(1, 'f64', [2]).reshape([2, ...t.shape.map(() => 1)])));
    return vmap((...v: Tensor[]) => hvp(loss, weights, v))(...several);
  },
};

describe('an LSTM by scan equals its steps written out', () => {
  for (const [name, quantity] of Object.entries(quantities)) {
    it(name, () => expectEqual(quantity(scanned(false)), quantity(unrolled(false))));
    it(`${name}, reverse`, () => expectEqual(quantity(scanned(true)), quantity(unrolled(true))));
    it(`${name}, compiled`, () => {
      const plain = quantity(scanned(false));
      expectEqual(Object.values(compile(plain as Tensor[]).outputs), plain);
    });
  }
});

describe('the mean over a mapped batch of sequences', () => {
  it('has the gradient of its elements', () => {
    const [w] = weights as [Tensor];
    const one = (start: Tensor, steps: Tensor): Tensor => {
      const next = scan(([h, c], [xt]) => ({ carry: lstmStep([h!, c!], xt!, w), y: [] }), [start, start], [steps]);
      return readout(next.carry[0]!);
    };
    const starts = weights[2]!.reshape([2, 1, size]);
    const sequences = x.transpose([1, 0, 2]).reshape([2, time, 1, 4 * size]);
    const mapped = vmap((s: Tensor, q: Tensor) => grad(one(s, q), w))(starts, sequences).sum(0);
    expectEqual([mapped], [grad(one(weights[2]!, x), w)]);
  });
});

describe('while', () => {
  const a = input('a', 'f64', [3]);
  const da = input('da', 'f64', [3]);
  /** Doubles until the sum exceeds 100, and counts. */
  const doubled = (t: Tensor): readonly Tensor[] =>
    whileLoop(
      ([s]) => s!.sum().less(100),
      ([s, n]) => [s!.mul(2).add(t.sin()), n!.add(1)],
      [t, full(0, 'i32')],
    );
  const at = [
    [1, 2, 3],
    [0.5, -0.25, 2],
  ];
  const run = (outputs: readonly Tensor[]): number[][] =>
    evaluator<null>([a, da], outputs, () => at)(null).map((b) => Array.from(b));

  it('has tangents by forward mode, to any order', () => {
    // s₄ = 16·t + 15·sin t is the first whose sum exceeds 100.
    const [end, steps] = doubled(a) as [Tensor, Tensor];
    const first = jvp(end, a, da);
    const second = jvp(first, a, da);
    const [s, n, d, dd] = run([end, steps, first, second]) as [number[], number[], number[], number[]];
    expect(n).toEqual([4]);
    at[0]!.forEach((t, i) => {
      const v = at[1]![i]!;
      expect(s[i]).toBeCloseTo(16 * t + 15 * Math.sin(t), 10);
      expect(d[i]).toBeCloseTo((16 + 15 * Math.cos(t)) * v, 10);
      expect(dd[i]).toBeCloseTo(-15 * Math.sin(t) * v * v, 10);
    });
  });

  it('lets every element of a batch stop at its own step', () => {
    const starts = input('starts', 'f64', [3, 3]);
    const rows = [
      [1, 2, 3],
      [50, 60, 70],
      [0.1, 0.1, 0.2],
    ];
    const [ends, counts] = vmap((t: Tensor) => doubled(t))(starts) as [Tensor, Tensor];
    const got = evaluator<null>([starts], [ends, counts], () => [rows.flat()])(null);
    const single = rows.map((row) => evaluator<null>([a], doubled(a), () => [row])(null));
    expect(Array.from(got[0]!)).toEqual(single.flatMap(([end]) => Array.from(end!)));
    expect(Array.from(got[1]!)).toEqual(single.flatMap(([, n]) => Array.from(n!)));
  });

  it('keeps one loop for a batch whose elements run the same number of steps', () => {
    const starts = input('starts', 'f64', [2, 3]);
    const loop = vmap((t: Tensor) =>
      whileLoop(
        ([n]) => n!.less(4),
        ([n, s]) => [n!.add(1), s!.mul(3)],
        [full(0, 'i32'), t],
      ),
    )(starts);
    const got = evaluator<null>([starts], loop, () => [[1, 2, 3, 4, 5, 6]])(null);
    expect(Array.from(got[1]!)).toEqual([81, 162, 243, 324, 405, 486]);
    expect(Array.from(got[0]!)).toEqual([4, 4]);
  });
});

describe('cost', () => {
  it('counts the body of a scan once a step, and that of a while loop apart', () => {
    const s = input('s', 'f64', [10]);
    const { carry } = scan(([h]) => ({ carry: [h!.mul(h!)], y: [] }), [s], [], { length: 7 });
    expect(costOf(carry).flops).toBe(70);
    const loop = whileLoop(
      ([h]) => h!.sum().less(1),
      ([h]) => [h!.mul(h!)],
      [s],
    );
    expect(costOf(loop)).toMatchObject({ flops: 0, flopsPerIteration: 10 + 10 + 1 });
  });
});
