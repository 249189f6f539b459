import type { TrainSnapshot } from 'osculate/optim';
import type { RunFolder } from './folder.js';

/** Most of the time that goes into checkpoints: those of large states, which take long, are made less often than asked for. */
const largestShare = 0.01;

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

  /** Call it after every step. */
  async saveIfDue(snapshot: () => TrainSnapshot): Promise<void> {
    const start = performance.now();
    if (start < this.next) return;
    await this.folder.save(snapshot());
    const end = performance.now();
    this.next = end + Math.max(1000 * this.every, (end - start) / largestShare);
  }
}
