import type { LandscapeData } from '../../landscape.js';

/** A colour map from dark to bright that stays readable without colour (viridis, after van der Walt and Smith 2015). */
const stops = [
  [68, 1, 84],
  [65, 68, 135],
  [42, 120, 142],
  [34, 168, 132],
  [122, 209, 81],
  [253, 231, 37],
] as const;

/** The colour at a share from 0 to 1. */
export function shade(share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const mix = [0, 1, 2].map((k) => Math.round(stops[i]![k]! + (at - i) * (stops[i + 1]![k]! - stops[i]![k]!)));
  return `rgb(${mix.join(',')})`;
}

const finite = (values: readonly (number | null)[]): number[] => values.filter((v) => v !== null).sort((a, b) => a - b);

/** Levels between colours such that each colour covers about as much of the picture; at most `count`, ascending. */
export function levelsOf({ losses }: LandscapeData, count = 13): number[] {
  const sorted = finite(losses);
  const levels = Array.from({ length: count }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / (count + 1))]!);
  return levels.filter((v, i) => v !== undefined && (i === 0 || v > levels[i - 1]!));
}

/** The heights that are shown: from the lowest loss to one that most points lie below, where the rest is far above it. */
export function heightsOf({ losses }: LandscapeData): [low: number, high: number] {
  const sorted = finite(losses);
  const [low, high] = [sorted[0] ?? 0, sorted.at(-1) ?? 1];
  const most = sorted[Math.floor(0.9 * (sorted.length - 1))] ?? high;
  const shown = high - low > 4 * (most - low) ? low + 1.6 * (most - low) : high;
  return shown > low ? [low, shown] : [low - 1, low + 1];
}
