import type { Terminal } from '../data/environment.js';
import type { Epoch } from './history.js';

/** A line of training progress that is redrawn in place; it shows nothing when the stream is not a terminal. */
export interface TrainingProgress {
  /** Draws the line, in the place of the last one. */
  show(text: string): void;
  /** Removes the line. */
  clear(): void;
}

/**
 * `trainingProgress(process.stderr)` shows where a run has got to; `fitModel` uses it by itself.
 * @example
 * const progress = trainingProgress(process.stderr);
 * progress.show('step 10 of 100');
 * progress.clear();
 */
export function trainingProgress(out: Terminal): TrainingProgress {
  return {
    show: (text) => {
      if (out.isTTY) out.write(`\r\u001b[K${text.slice(0, (out.columns ?? 80) - 1)}`);
    },
    clear: () => {
      if (out.isTTY) out.write('\r\u001b[K');
    },
  };
}

const figure = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);

/** An epoch as one line of text. */
export function epochText({ epoch, step, seconds, loss, validation }: Epoch, epochs?: number): string {
  const held = Object.entries(validation ?? {}).map(([name, value]) => `  validation ${name} ${figure(value)}`);
  const of = epochs === undefined || epochs === Infinity ? '' : `/${epochs}`;
  return `epoch ${epoch}${of}  step ${step}  ${seconds.toFixed(1)} s  loss ${figure(loss)}${held.join('')}`;
}
