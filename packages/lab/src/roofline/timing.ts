import { quantile } from 'simple-statistics';
import type { Timing } from './roofline.js';

/** Runs that warm up caches and memory. */
const warmUps = 2;
/** Runs at least, however long they take. */
const least = 5;

/** Times runs for about so many seconds, at least five after two to warm up. */
export async function timed(run: () => Promise<unknown>, seconds: number): Promise<Timing> {
  for (let i = 0; i < warmUps; i++) await run();
  const samples: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (samples.length < least || performance.now() < end) {
    const from = performance.now();
    await run();
    samples.push((performance.now() - from) / 1000);
  }
  samples.sort((a, b) => a - b);
  const [low, median, high] = quantile(samples, [0.25, 0.5, 0.75]) as [number, number, number];
  return { low, median, high, best: samples[0]!, samples: samples.length };
}
