/** What a run ended in. */
export type EndKind =
  | 'minimum'
  | 'saddle'
  | 'maximum'
  /** Stationary, with a Hessian that is singular to rounding. */
  | 'degenerate'
  /** Far outside the window, or not finite. */
  | 'away'
  /** At no stationary point after all steps, or the method could not go on there. */
  | 'unfinished';

/** Something that runs end in; the colours of a map. */
export interface Ending {
  readonly kind: EndKind;
  /** The stationary point, where it is one. */
  readonly point?: { readonly x: readonly [number, number]; readonly f: number };
}

/** One optimizer over the grid. Rows from the lowest y up, each from the lowest x on. */
export interface OptimizerMap {
  readonly spec: string;
  readonly title: string;
  /** Numbers of endings. */
  readonly ends: readonly number[];
  /** Steps to the end. */
  readonly steps: readonly number[];
  /** Share of starts by ending. */
  readonly shares: readonly number[];
  /** Share of starts that end in a minimum. */
  readonly success: number;
  /** Median and 95 % quantile of the steps of those that do; absent where none does. */
  readonly successSteps?: { readonly median: number; readonly high: number };
  /** Gradient equivalents a start, on average. */
  readonly work: number;
}

/** Lower and upper ends of x, then of y. */
export type Window = readonly [number, number, number, number];

/** What `osculate map` computes, as plain data. */
export interface BasinMap {
  readonly problem: string;
  readonly title: string;
  readonly window: Window;
  readonly grid: number;
  readonly maxSteps: number;
  readonly tolerance: number;
  readonly endings: readonly Ending[];
  readonly maps: readonly OptimizerMap[];
  readonly seconds: number;
}
