import { clock, figure } from './format.js';

/** Where a progress line is written: standard error, if it is a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressState {
  readonly title: string;
  /** Which run of how many, from 1. */
  readonly index: number;
  readonly total: number;
  readonly seconds: number;
  readonly budget: number;
  readonly step: number;
  /** Titles and values of the measures to watch. */
  readonly values: readonly (readonly [title: string, value: number])[];
}

const bar = (share: number, width: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
};

/** One line of text for a state of progress. */
export function progressText(s: ProgressState): string {
  const values = s.values.map(([title, value]) => `  ${title} ${figure(value)}`).join('');
  const time = `${bar(s.seconds / s.budget, 20)} ${clock(s.seconds)}/${clock(s.budget)}`;
  return `[${s.index}/${s.total}] ${s.title}  ${time}  step ${s.step}${values}`;
}

/** A line that is redrawn in place; it shows nothing when the stream is not a terminal. */
export class ProgressLine {
  private readonly noted = new Set<string>();

  constructor(private readonly out: Terminal) {}

  show(text: string): void {
    if (!this.out.isTTY) return;
    const width = (this.out.columns ?? 80) - 1;
    this.out.write(`\r\u001b[K${text.slice(0, width)}`);
  }

  clear(): void {
    if (this.out.isTTY) this.out.write('\r\u001b[K');
  }

  /** Writes a note above the line, on any stream, but once. */
  note(text: string): void {
    if (this.noted.has(text)) return;
    this.noted.add(text);
    this.clear();
    this.out.write(`note: ${text}\n`);
  }
}
