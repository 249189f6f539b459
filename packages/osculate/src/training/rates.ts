import { compile, costOf } from '../compile/index.js';
import { cholesky, choleskyInverse, matrix } from '../linalg/index.js';
import type { Executor } from '../runtime/index.js';
import { input } from '../tensor/leaf.js';

/** How fast this machine is with an executor, of everyday sizes. */
export interface Rates {
  /** Floating-point operations a second of products of matrices on the engine. */
  readonly flops: number;
  /** Seconds of a run that computes next to nothing. */
  readonly overhead: number;
  /** Bytes a second that elementwise operations of the engine read and write. */
  readonly bandwidth: number;
  /** Bytes a second that an update in JavaScript reads and writes, in arrays that are new. */
  readonly updates: number;
  /** Operations a second of factorisations and inverses in double precision beside the engine. */
  readonly dense: number;
}

const known = new WeakMap<Executor, Promise<Rates>>();

/** Measured once for each executor, in some 80 ms. */
export function ratesOf(executor: Executor): Promise<Rates> {
  let rates = known.get(executor);
  if (rates === undefined) {
    rates = measure(executor);
    known.set(executor, rates);
    // A failure may pass: it is not kept.
    rates.catch(() => known.delete(executor));
  }
  return rates;
}

/** Seconds of a task, the shortest of some: what else runs beside it only makes it slower. */
async function shortest(task: () => unknown, budget: number): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + 1000 * budget;
  // The first run warms up.
  await task();
  for (let i = 0; i < 4 || (i < 40 && performance.now() < end); i++) {
    const from = performance.now();
    await task();
    best = Math.min(best, performance.now() - from);
  }
  return best / 1000;
}

/** Operations of the elementwise program, which the engine does in one pass: those of a network are not as easy to join. */
const fusion = 2.4;
const [rows, width] = [128, 384];
/** Of a vector that the caches hold, and of one that they do not. */
const [cached, elements] = [2 ** 18, 2 ** 19];
const order = 160;

async function measure(executor: Executor): Promise<Rates> {
  const [x, w, v] = [input('x', 'f32', [rows, width]), input('w', 'f32', [width, width]), input('v', 'f32', [cached])];
  const chain = x.product(w).tanh().product(w).tanh().product(w);
  const programs = {
    tiny: compile({ y: x.slice([0, 0], [1, 1]).mul(2) }),
    products: compile({ y: chain.sum() }),
    elementwise: compile({ y: v.mul(2).maximum(v).add(v).sum() }),
  };
  const feeds = { x: new Float32Array(rows * width).fill(0.1), w: new Float32Array(width ** 2).fill(0.01) };
  const seconds = async (
    program: keyof typeof programs,
    given: Readonly<Record<string, Float32Array>>,
  ): Promise<number> => {
    const executable = await executor.load(programs[program]);
    try {
      return await shortest(() => executable.run(given), 0.015);
    } finally {
      await executable.dispose();
    }
  };
  const overhead = await seconds('tiny', { x: feeds.x });
  const products = await seconds('products', feeds);
  const elementwise = await seconds('elementwise', { v: new Float32Array(cached).fill(1) });
  const old = new Float32Array(elements).fill(1);
  const updates = await shortest(() => {
    const next = new Float32Array(elements);
    for (let i = 0; i < elements; i++) next[i] = 0.9 * next[i]! + 0.1 * old[i]!;
  }, 0.015);
  const dense = await shortest(() => {
    const a = matrix(order, order);
    for (let i = 0; i < order; i++) a.data[i * (order + 1)] = 1;
    const result = cholesky(a);
    if (result.status === 'ok') choleskyInverse(result.factor);
  }, 0.015);
  return {
    overhead,
    flops: (6 * rows * width ** 2) / products,
    bandwidth: costOf(programs.elementwise.outputs).bytes / elementwise / fusion,
    updates: (8 * elements) / updates,
    dense: (2 * order ** 3) / dense,
  };
}
