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
  /** Seconds between checkpoints, more for states that take long to save; default 10. */
  readonly saveEvery?: number;
  readonly folder: string;
}

/** What a run's process tells its parent. */
export type RunMessage =
  | { readonly kind: 'progress'; readonly seconds: number; readonly step: number; readonly point: Point }
  | { readonly kind: 'ended'; readonly finished: boolean }
  | { readonly kind: 'failed'; readonly message: string };
