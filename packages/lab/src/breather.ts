import { setImmediate as turn } from 'node:timers/promises';

/** Milliseconds without a turn of the event loop after which it is given one. */
const longest = 50;

/** Milliseconds from a turn until the next is asked for: asking takes longer than a step on a small function. */
const pause = 25;

/**
 * Gives the event loop room in work that leaves it none by itself, as steps on small functions do, so that Ctrl-C is heard.
 *
 * Work that turns the loop itself is left alone: each run on ONNX Runtime does. In a turn Node frees the memory of earlier runs, which
 * takes 3 % of a step of the autoencoder; a turn between two steps would move that from the clock of the steps to nobody's.
 */
export class Breather {
  /** When the turn was asked for that has not come yet. */
  private asked: number | undefined;
  /** When the next one is to be asked for. */
  private next = 0;

  constructor(private readonly signal: AbortSignal) {}

  /** Whether the loop has had no turn for a while. Call it after every piece of work: the time counts from a call, `now`. */
  isDue(now = performance.now()): boolean {
    if (this.asked !== undefined) return now - this.asked > longest;
    if (now < this.next) return false;
    this.asked = now;
    const came = (): void => {
      this.asked = undefined;
      this.next = performance.now() + pause;
    };
    // A process that has ended its work must not wait for it.
    setImmediate(came).unref();
    return false;
  }

  /** Gives the loop room; resolves to whether the work is to end. */
  async isCancelled(): Promise<boolean> {
    await turn();
    return this.signal.aborted;
  }
}
