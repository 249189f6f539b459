import type { Rows } from '../data/source.js';
import { type Generator, generator as seeded } from '../tensor/random.js';

/** Rows that will be drawn: what `draw` makes of the generator as a step leaves it. */
export interface Draw {
  readonly generator: Generator;
  draw(generator: Generator): Rows;
}

/**
 * Says which rows will be read next, once those that are needed now are being read. Before it draws its next rows, a step may draw other
 * things, such as targets or directions, and does not say so: at its runs a copy of the generator tells, from as many different states on
 * as were seen after each of the last two draws, or the fewer of them: sooner foretells in vain, later not at all.
 */
export class NextRows {
  private known: Rows | undefined;
  private drawn: Draw | undefined;
  private last = '';
  private seen = 1;
  private usual = [1, 1];

  constructor(private readonly tell: (rows: Rows) => void) {}

  expect(next: Rows | Draw): void {
    if (!('draw' in next)) {
      this.known = next;
      return;
    }
    this.drawn = next;
    this.usual = [this.usual[1]!, this.seen];
    [this.last, this.seen] = ['', 0];
  }

  /** Rows are being read, or are there. */
  begun(): void {
    if (this.known?.length) this.tell(this.known);
    this.known = undefined;
    const state = this.drawn?.generator.state();
    if (!state || state.join() === this.last) return;
    this.last = state.join();
    if (++this.seen >= Math.min(...this.usual)) this.tell(this.drawn!.draw(seeded(state)));
  }
}
