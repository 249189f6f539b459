import { compile } from 'osculate/compile';
import type { Executor } from 'osculate/runtime';
import { type Generator, generator, input } from 'osculate/tensor';
import type { Machine } from './roofline.js';
import { timed } from './timing.js';

/** Work sizes of the measurement. */
export interface MachineSizes {
  /** Sides of the square products that are tried. */
  readonly sides: readonly number[];
  /** Elements of the arrays that are summed, a multiple of 1024: far more than caches hold. */
  readonly length: number;
}

const rowLength = 1024;

const machineSizes: MachineSizes = { sides: [512, 1024, 1536], length: 2 ** 25 };

const normals = (n: number, random: Generator): Float32Array => Float32Array.from({ length: n }, () => random.normal());

/** Operations a second of y = a·b of side n, at best. */
async function productRate(executor: Executor, n: number, seconds: number): Promise<number> {
  const [a, b] = [input('a', 'f32', [n, n]), input('b', 'f32', [n, n])];
  const executable = await executor.load(compile({ y: a.matmul(b) }));
  const random = generator(0);
  const feeds = { a: normals(n * n, random), b: normals(n * n, random) };
  const { best } = await timed(() => executable.run(feeds), seconds);
  await executable.dispose();
  return (2 * n ** 3) / best;
}

/**
 * Bytes a second at best of a sum over a long array, which reads it, and of a sum of two, which reads both and writes the result. A
 * result that is returned would be in fresh memory, which costs more to get than to fill: only one row of it is.
 */
async function bandwidth(executor: Executor, length: number, seconds: number): Promise<number> {
  const shape = [length / rowLength, rowLength];
  const [a, b] = [input('a', 'f32', shape), input('b', 'f32', shape)];
  const feeds = { a: new Float32Array(length).fill(1), b: new Float32Array(length).fill(2) };
  const [sum, both] = await Promise.all([
    executor.load(compile({ y: a.sum() })),
    executor.load(compile({ y: a.add(b).slice([0, 0], [1, rowLength]) })),
  ]);
  const read = await timed(() => sum.run({ a: feeds.a }), seconds);
  const copied = await timed(() => both.run(feeds), seconds);
  await Promise.all([sum.dispose(), both.dispose()]);
  return Math.max((4 * length) / read.best, (3 * 4 * length) / copied.best);
}

/**
 * The float32 peak and the memory bandwidth that programs can reach through an executor: the best of several runs, `seconds` for each
 * of the sizes.
 */
export async function measureMachine(
  executor: Executor,
  threads: number,
  seconds: number,
  { sides, length }: MachineSizes = machineSizes,
): Promise<Machine> {
  let [peak, side] = [0, 0];
  for (const n of sides) {
    const rate = await productRate(executor, n, seconds);
    if (rate > peak) [peak, side] = [rate, n];
  }
  return { threads, peak, side, bandwidth: await bandwidth(executor, length, seconds) };
}
