import type { Budget, Point } from '../study.js';

/** What the parent process tells a run's process. */
export interface RunRequest {
  readonly problem: string;
  readonly optimizer: string;
  readonly budget: Budget;
  readonly seed: number;
  readonly threads: number;
  /** Steps before the clock starts; none when absent. */
  readonly warmup?: number;
  /** Points of the curve. */
  readonly points?: number;
  /** Seconds between checkpoints, more for states that take long to save; default `savedEvery`. */
  readonly saveEvery?: number;
  readonly folder: string;
}

/** Where a run has got to. */
export interface ProgressMessage {
  readonly kind: 'progress';
  readonly seconds: number;
  readonly step: number;
  readonly point: Point;
}

/** What a run's process tells its parent. */
export type RunMessage =
  | ProgressMessage
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'ended'; readonly finished: boolean }
  | { readonly kind: 'failed'; readonly message: string };

/** Milliseconds between two messages about progress: one takes half a millisecond, and nobody reads faster. */
export const toldEvery = 250;

/** Passes on where a run has got to, but not at every step: the steps of small problems are shorter than telling of them. */
export function progressTeller(
  tell: (message: ProgressMessage) => void,
): (seconds: number, step: number, point: Point) => void {
  let told = Number.NEGATIVE_INFINITY;
  return (seconds, step, point) => {
    const now = performance.now();
    if (now - told < toldEvery) return;
    told = now;
    tell({ kind: 'progress', seconds, step, point });
  };
}
