import { scan, whileLoop } from '../../../src/ops/index.js';
import { constant, full, type NDArray, type Tensor, toNumbers } from '../../../src/tensor/index.js';
import type { OpCase } from '../case.js';

const [time, batch, size] = [4, 2, 3];
const state = { shape: [batch, size] } as const;
const slices = { shape: [time, batch, size] } as const;
const weight = { shape: [size, size], low: -1, high: 1 } as const;

/** [batch, size]·[size, size] in plain numbers. */
function times(h: readonly number[], w: readonly number[]): number[] {
  return h.map((_, i) => {
    const [row, column] = [Math.floor(i / size), i % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += h[row * size + k]! * w[k * size + column]!;
    return sum;
  });
}

/** The last state and the stacked doubles of all states of h′ = tanh(x + h·w). */
function elman(reverse: boolean): NonNullable<OpCase['expected']> {
  return (...inputs: readonly NDArray[]) => {
    const [h0, x, w] = inputs.map(toNumbers) as [number[], number[], number[]];
    let h = h0;
    const ys: number[][] = new Array(time);
    for (let n = 0; n < time; n++) {
      const t = reverse ? time - 1 - n : n;
      const product = times(h, w);
      h = product.map((v, i) => Math.tanh(v + x[t * batch * size + i]!));
      ys[t] = h.map((v) => 2 * v);
    }
    return [h, ys.flat()];
  };
}

function elmanScan(h0: Tensor, x: Tensor, w: Tensor, reverse: boolean): readonly Tensor[] {
  const { carry, ys } = scan(
    ([h], [xt]) => {
      const next = xt!.add(h!.matmul(w)).tanh();
      return { carry: [next], y: [next.mul(2)] };
    },
    [h0],
    [x],
    { reverse },
  );
  return [...carry, ...ys];
}

/** One step of an LSTM without input weights; `x` holds the gates' inputs. */
export function lstmStep([h, c]: readonly Tensor[], x: Tensor, w: Tensor): [Tensor, Tensor] {
  const [i, f, g, o] = x.add(h!.matmul(w)).split(4, 1) as [Tensor, Tensor, Tensor, Tensor];
  const next = f.sigmoid().mul(c!).add(i.sigmoid().mul(g.tanh()));
  return [o.sigmoid().mul(next.tanh()), next];
}

const scans: readonly OpCase[] = [
  {
    name: 'scan',
    inputs: [state, slices, weight],
    build: (h, x, w) => elmanScan(h!, x!, w!, false),
    expected: elman(false),
  },
  {
    name: 'scan, reverse',
    inputs: [state, slices, weight],
    build: (h, x, w) => elmanScan(h!, x!, w!, true),
    expected: elman(true),
  },
  {
    name: 'scan, LSTM',
    inputs: [state, state, { shape: [time, batch, 4 * size] }, { shape: [size, 4 * size], low: -1, high: 1 }],
    build: (h, c, x, w) => {
      const { carry, ys } = scan(
        (carries, [xt]) => {
          const next = lstmStep(carries, xt!, w!);
          return { carry: next, y: [next[0]] };
        },
        [h!, c!],
        [x!],
      );
      return [carry[1]!, ys[0]!];
    },
  },
  {
    name: 'scan, no steps',
    inputs: [state, { shape: [0, batch, size] }],
    build: (h, x) => {
      const { carry, ys } = scan(([s], [xt]) => ({ carry: [s!.add(xt!)], y: [s!.mul(xt!)] }), [h!], [x!]);
      return [carry[0]!.square(), ys[0]!];
    },
    expected: (h) => [toNumbers(h!).map((v) => v * v), []],
  },
  {
    name: 'scan, length without slices',
    inputs: [{ shape: [3] }, { shape: [3] }],
    build: (x, w) => scan(([s]) => ({ carry: [s!.mul(w!).sin()], y: [] }), [x!], [], { length: 5 }).carry,
    expected: (x, w) => [
      toNumbers(x!).map((v, i) => {
        for (let t = 0; t < 5; t++) v = Math.sin(v * toNumbers(w!)[i]!);
        return v;
      }),
    ],
  },
  {
    name: 'scan, no carries',
    inputs: [slices, state],
    build: (x, w) => scan((_, [xt]) => ({ carry: [], y: [xt!.mul(w!).sin(), w!.square(), xt!] }), [], [x!]).ys,
    expected: (x, w) => {
      const [xs, ws] = [toNumbers(x!), toNumbers(w!)];
      const at = (i: number): number => ws[i % ws.length]!;
      return [xs.map((v, i) => Math.sin(v * at(i))), xs.map((_, i) => at(i) ** 2), xs];
    },
  },
  {
    name: 'scan, nested',
    inputs: [{ shape: [2] }, { shape: [3, 2] }, { shape: [2] }],
    build: (h, x, w) =>
      scan(
        ([outer], [xt]) => {
          const inner = scan(([s]) => ({ carry: [s!.mul(w!).add(xt!).sin()], y: [] }), [outer!], [], { length: 2 });
          return { carry: inner.carry, y: [inner.carry[0]!.mul(outer!)] };
        },
        [h!],
        [x!],
      ).ys,
    expected: (h, x, w) => {
      const [s, xs, ws] = [toNumbers(h!), toNumbers(x!), toNumbers(w!)];
      return [
        xs.map((v, n) => {
          const before = s[n % 2]!;
          for (let t = 0; t < 2; t++) s[n % 2] = Math.sin(s[n % 2]! * ws[n % 2]! + v);
          return s[n % 2]! * before;
        }),
      ];
    },
  },
  {
    name: 'scan, integer and bool carries',
    inputs: [{ shape: [4] }, { shape: [], dtype: 'i32' }, { shape: [], dtype: 'bool' }],
    build: (x, n, flag) => {
      const { carry, ys } = scan(
        ([sum, count, odd], [xt]) => {
          const factor = count!.cast(sum!.dtype);
          const y = odd!.where(xt!.mul(factor), xt!.square());
          return { carry: [sum!.add(y), count!.add(1), odd!.logicalNot()], y: [y] };
        },
        [full(0, x!.dtype), n!, flag!],
        [x!],
      );
      return [...carry, ...ys];
    },
    expected: (x, n, flag) => {
      let [sum, count, odd] = [0, toNumbers(n!)[0]!, toNumbers(flag!)[0]!];
      const ys = toNumbers(x!).map((v) => {
        const y = odd === 1 ? v * count : v * v;
        [sum, count, odd] = [sum + y, count + 1, 1 - odd];
        return y;
      });
      return [[sum], [count], [odd], ys];
    },
  },
  {
    name: 'scan, literals and a fixed carry',
    inputs: [{ shape: [80] }, { shape: [3, 80] }, { shape: [80] }],
    build: (h, x, k) => {
      const ramp = constant(
        Array.from({ length: 80 }, (_, i) => i / 80),
        h!.dtype,
      );
      const { carry } = scan(
        ([s, fixed], [xt, other]) => ({
          carry: [s!.mul(ramp).add(fixed!.mul(xt!)).sub(other!.mul(0.5)).sin(), fixed!],
          y: [],
        }),
        [h!, k!],
        [x!, x!],
      );
      return carry;
    },
    expected: (h, x, k) => {
      const [xs, ks] = [toNumbers(x!), toNumbers(k!)];
      const end = toNumbers(h!).map((s, i) => {
        for (let t = 0; t < 3; t++) s = Math.sin((s * i) / 80 + (ks[i]! - 0.5) * xs[t * 80 + i]!);
        return s;
      });
      return [end, ks];
    },
  },
  {
    name: 'scan, accumulator',
    inputs: [{ shape: [3] }, { shape: [5, 3] }],
    build: (h, x) =>
      scan(
        ([s, sum], [xt]) => {
          const next = s!.add(xt!).sin();
          return { carry: [next, sum!.add(next.square().sum())], y: [] };
        },
        [h!, full(1, h!.dtype)],
        [x!],
      ).carry,
    expected: (h, x) => {
      const [s, xs] = [toNumbers(h!), toNumbers(x!)];
      let sum = 1;
      xs.forEach((v, n) => {
        s[n % 3] = Math.sin(s[n % 3]! + v);
        sum += s[n % 3]! ** 2;
      });
      return [s, [sum]];
    },
  },
];

/** Newton's iteration for √x from above, until it no longer falls. */
function newton(x: Tensor): Tensor {
  return whileLoop(
    ([root, last]) => root!.less(last!),
    ([root]) => [root!.add(x.div(root!)).mul(0.5), root!],
    [x.add(1), x.add(2)],
    { maxIterations: 60 },
  )[1]!;
}

// Reverse mode is refused.
const whiles: readonly OpCase[] = [
  {
    name: 'while',
    inputs: [{ shape: [], low: 0.5, high: 3 }],
    build: (x) => newton(x!),
    expected: (x) => [toNumbers(x!).map(Math.sqrt)],
    reverse: false,
  },
  {
    name: 'while, limited',
    inputs: [{ shape: [2] }, { shape: [2] }],
    build: (x, w) =>
      whileLoop(
        ([s]) => s!.sum().less(1e9),
        ([s]) => [s!.add(w!)],
        [x!],
        { maxIterations: 3 },
      ),
    expected: (x, w) => [toNumbers(x!).map((v, i) => v + 3 * toNumbers(w!)[i]!)],
    reverse: false,
  },
  {
    name: 'while, never',
    inputs: [{ shape: [2] }],
    build: (x) =>
      whileLoop(
        ([s]) => s!.sum().greater(1e9),
        ([s]) => [s!.mul(2)],
        [x!],
      ),
    expected: (x) => [toNumbers(x!)],
    reverse: false,
  },
  {
    name: 'while, integer state',
    inputs: [{ shape: [], dtype: 'i32', low: 1, high: 40 }],
    // Steps of 3n + 1, n/2 until n is 1.
    build: (x) =>
      whileLoop(
        ([n]) => n!.greater(1),
        ([n, steps]) => {
          const half = n!.cast('f64').mul(0.5).floor().cast('i32');
          return [half.mul(2).equal(n!).where(half, n!.mul(3).add(1)), steps!.add(1)];
        },
        [x!, full(0, 'i32')],
      ),
    expected: (x) => {
      let [n, steps] = [toNumbers(x!)[0]!, 0];
      for (; n > 1; steps++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
      return [[n], [steps]];
    },
    smooth: 0,
  },
];

export const controlCases: readonly OpCase[] = [...scans, ...whiles];
