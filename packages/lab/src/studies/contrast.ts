import { type Interval, meanInterval } from '../statistics/interval.js';
import { pairedTest } from '../statistics/paired-test.js';

/** A comparison of two optimizers, seed by seed. */
export interface Contrast {
  /** Of positive figures that differ by factors: their quotient; of others the difference. */
  readonly kind: 'ratio' | 'difference';
  /** Seeds that both ran. */
  readonly seeds: number;
  /** Seeds in which the first, and in which the second of the two is better; a run that failed is worse than one that did not. */
  readonly wins: number;
  readonly losses: number;
  /** First over second, or first less second, over the seeds in which neither failed; absent for fewer than two. */
  readonly interval?: Interval;
  /** Seeds that the interval is of. */
  readonly pairs: number;
  /** Two-sided. */
  readonly p: number;
  /** The paired permutation test, or the sign test where a run failed (its figure is not known, only that it is worse). */
  readonly test: 'permutation' | 'sign';
}

/** How sure it is that the first of two is better: `shown`: p ≤ 0.05; `consistent`: too few seeds for that, but better in all of at least three and by more than they scatter. */
export type Confidence = 'shown' | 'consistent' | 'none';

/** More pairs than the permutation test can go through are compared by their signs. */
const mostPermuted = 20;

/** The exact two-sided sign test: 2·P(X ≤ min(wins, losses)) for X binomial with p = ½; 1 without wins and losses. */
function signTest(wins: number, losses: number): number {
  const n = wins + losses;
  let term = 0.5 ** n;
  let tail = 0;
  for (let k = 0; k <= Math.min(wins, losses); k++) {
    tail += term;
    term *= (n - k) / (k + 1);
  }
  return Math.min(1, 2 * tail);
}

const failed = (value: number): boolean => !Number.isFinite(value);

/** Figures of two optimizers for the same seeds; what is not finite has failed. */
export function contrast(
  pairs: readonly (readonly [number, number])[],
  kind: Contrast['kind'],
  better: 'lower' | 'higher',
): Contrast {
  const sign = better === 'lower' ? 1 : -1;
  const score = (value: number): number => (failed(value) ? Number.POSITIVE_INFINITY : sign * value);
  const wins = pairs.filter(([a, b]) => score(a) < score(b)).length;
  const losses = pairs.filter(([a, b]) => score(a) > score(b)).length;
  const usable = pairs.filter(([a, b]) => !failed(a) && !failed(b) && (kind === 'difference' || (a > 0 && b > 0)));
  const differences = usable.map(([a, b]) => (kind === 'ratio' ? Math.log(a / b) : a - b));
  const permuted = usable.length === pairs.length && pairs.length > 0 && pairs.length <= mostPermuted;
  const back = kind === 'ratio' ? Math.exp : (v: number) => v;
  const spread = differences.length > 1 ? meanInterval(differences) : undefined;
  return {
    kind,
    seeds: pairs.length,
    wins,
    losses,
    ...(spread && { interval: { estimate: back(spread.estimate), low: back(spread.low), high: back(spread.high) } }),
    pairs: usable.length,
    p: permuted ? pairedTest(differences) : signTest(wins, losses),
    test: permuted ? 'permutation' : 'sign',
  };
}

/** How sure it is that the first of the two is better. */
export function confidence({ kind, seeds, wins, losses, interval, p }: Contrast): Confidence {
  if (wins <= losses) return 'none';
  if (p <= 0.05) return 'shown';
  const neutral = kind === 'ratio' ? 1 : 0;
  const apart = interval === undefined || interval.low > neutral || interval.high < neutral;
  return wins === seeds && seeds >= 3 && apart ? 'consistent' : 'none';
}
