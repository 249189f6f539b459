import type { Estimate } from 'osculate/curvature';

/** Eigenvalues at one end of a spectrum, the outermost first. */
export interface EigenvalueEnd {
  readonly which: 'largest' | 'smallest';
  readonly status: 'converged' | 'budget' | 'stalled';
  readonly values: readonly number[];
  /** There is an eigenvalue within this, and the rounding of float32 products, of each value. */
  readonly residuals: readonly number[];
  /** Products that it took. */
  readonly applications: number;
}

/** What `osculate spectrum` measures, as plain data. */
export interface Spectrum {
  readonly problem: string;
  /** Where it was measured: "its initial point". */
  readonly point: string;
  readonly matrix: string;
  readonly size: number;
  readonly rows: number;
  readonly probes: number;
  readonly steps: number;
  readonly seed: number;
  readonly ends: readonly EigenvalueEnd[];
  readonly trace: Estimate;
  /** Σ λ², the squared Frobenius norm. */
  readonly squares: Estimate;
  /** Smoothed density of all eigenvalues, which integrates to 1. */
  readonly density: {
    readonly points: readonly number[];
    readonly values: readonly number[];
    readonly standardErrors: readonly number[];
    readonly width: number;
  };
  /** Products in all. */
  readonly applications: number;
  readonly seconds: number;
}
