import type { Interval } from '../../statistics/interval.js';
import type { Axis } from '../../studies/analysis.js';
import type { Contrast } from '../../studies/contrast.js';
import type { Budget } from '../../study.js';
import { count } from '../format.js';

/** Thousands apart, but never at the end of a line. */
const grouped = (value: number): string => count(value).replaceAll(' ', '\u00a0');

/** Three significant digits: more than a few seeds can tell. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  return size >= 1000 ? grouped(value) : Number(value.toPrecision(3)).toString();
}

/** `1.2 to 1.5`; `no interval` for one seed. */
export function range({ low, high }: Interval): string {
  return Number.isFinite(low) && Number.isFinite(high) ? `${short(low)} to ${short(high)}` : 'no interval';
}

/** `p = 0.25`, or below what is worth a digit. */
export function probability(p: number): string {
  return p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(2))}`;
}

/** What a cost is called after a number: `3.2 s`, `120 steps`. */
export const units: Readonly<Record<Axis, string>> = {
  seconds: 's',
  step: 'steps',
  gradientEquivalents: 'gradient equivalents',
};

/** What a cost is called in a sentence. */
export const costNames: Readonly<Record<Axis, string>> = {
  seconds: 'seconds',
  step: 'steps',
  gradientEquivalents: 'gradient equivalents',
};

/** The least p that so many seeds can show. */
export const leastP = (seeds: number): number => Math.min(1, 2 / 2 ** seeds);

/** How a quotient or difference of two optimizers reads, turned so that it is at least 1 or positive where the first is better. */
export function advantage({ kind, interval }: Contrast, better: 'lower' | 'higher'): string | undefined {
  if (!interval) return undefined;
  const turned = (value: number): number => {
    if (kind === 'ratio') return better === 'lower' ? 1 / value : value;
    return better === 'lower' ? -value : value;
  };
  const [a, b] = [turned(interval.low), turned(interval.high)];
  const turnedInterval = { estimate: turned(interval.estimate), low: Math.min(a, b), high: Math.max(a, b) };
  const amount = short(turnedInterval.estimate);
  const by = kind === 'ratio' ? `a factor of ${amount}` : amount;
  return a === b ? by : `${by} (95 % interval ${range(turnedInterval)})`;
}

/** `60 s or 100 steps, whichever comes first`. */
export function budgetText({ seconds, steps, gradientEquivalents }: Budget): string {
  const parts = [
    ...(seconds !== undefined ? [`${short(seconds)} s of stepping`] : []),
    ...(steps !== undefined ? [`${grouped(steps)} steps`] : []),
    ...(gradientEquivalents !== undefined ? [`${short(gradientEquivalents)} gradient equivalents`] : []),
  ];
  return parts.length > 1 ? `${parts.join(' or ')}, whichever comes first` : parts.join('');
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
