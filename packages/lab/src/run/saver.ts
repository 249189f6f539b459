import type { TrainSnapshot } from 'osculate/optim';
import type { RunFolder } from './folder.js';

/** Seconds between checkpoints when nothing else is asked for. */
export const savedEvery = 10;

/** Most of the time that goes into checkpoints: those of large states, which take long, are made less often than asked for. */
const largestShare = 0.005;

/** Milliseconds from the end of a checkpoint to the next one, after one that took so many; `every` seconds are asked for. */
export function pauseAfter(taken: number, every: number): number {
  return Math.max(1000 * every, taken / largestShare);
}

/** Saves a run now and then. */
export class Saver {
  private next: number;

  constructor(
    private readonly folder: RunFolder,
    /** Seconds between checkpoints. */
    private readonly every: number,
  ) {
    this.next = performance.now() + 1000 * every;
  }

  /** Whether it is time, `now`; ask it now and then. */
  isDue(now: number): boolean {
    return now >= this.next;
  }

  async save(snapshot: TrainSnapshot): Promise<void> {
    const start = performance.now();
    await this.folder.save(snapshot);
    const end = performance.now();
    this.next = end + pauseAfter(end - start, this.every);
  }
}
