import { setImmediate } from 'node:timers/promises';

/** Milliseconds of work between looks at signals. */
const between = 50;

/** Steps on small functions leave the event loop no room by themselves: this gives it some, so that Ctrl-C is heard. */
export class Breather {
  private last = performance.now();

  constructor(private readonly signal: AbortSignal) {}

  /** True when the loop has had no room for a while. */
  get isDue(): boolean {
    return performance.now() - this.last > between;
  }

  /** Gives the loop room; resolves to whether the work is to end. */
  async isCancelled(): Promise<boolean> {
    await setImmediate();
    this.last = performance.now();
    return this.signal.aborted;
  }
}
