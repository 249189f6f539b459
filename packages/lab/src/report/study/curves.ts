import type { Measure } from '../../problems/problem.js';
import type { Axis } from '../../studies/analysis.js';
import type { SeededResult } from '../../studies/results.js';

/** A point of a curve over seeds. */
export interface CurvePoint {
  readonly x: number;
  /** Geometric mean of a logarithmic measure, else the mean. */
  readonly y: number;
  /** Least and largest of the seeds. */
  readonly low: number;
  readonly high: number;
  readonly seeds: number;
}

/** Points of the common grid. */
const gridPoints = 49;

/** The running mean goes over so many points to each side. */
const smoothing = 3;

interface Track {
  /** Both on the scale on which means are taken: logarithms where the axis is logarithmic. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** A run that diverged has no value after its last finite one; any other stays where it ended. */
  readonly ends: number;
}

function trackOf({ points, summary }: SeededResult, axis: Axis, measure: Measure, logX: boolean): Track | undefined {
  const kept = points.flatMap((p) => {
    const y = p.values[measure.key];
    const fits = typeof y === 'number' && (!measure.logarithmic || y > 0) && (!logX || p[axis] > 0);
    return fits ? [{ x: logX ? Math.log(p[axis]) : p[axis], y: measure.logarithmic ? Math.log(y) : y }] : [];
  });
  if (kept.length === 0) return undefined;
  const ends = summary.ending === 'diverged' ? kept.at(-1)!.x : Number.POSITIVE_INFINITY;
  return { x: kept.map(({ x }) => x), y: kept.map(({ y }) => y), ends };
}

/** Linear between points, constant before the first and after the last. */
function at({ x, y }: Track, where: number): number {
  const next = x.findIndex((v) => v >= where);
  if (next < 0) return y.at(-1)!;
  if (next === 0) return y[0]!;
  const [a, b] = [x[next - 1]!, x[next]!];
  return y[next - 1]! + ((where - a) / (b - a)) * (y[next]! - y[next - 1]!);
}

/**
 * The curve of an optimizer over its seeds on a common grid of one axis: from where all have begun to where the longest ends; only
 * where at least half of the seeds still have finite values.
 */
export function curveOf(runs: readonly SeededResult[], axis: Axis, measure: Measure, logX: boolean): CurvePoint[] {
  const tracks = runs.flatMap((run) => trackOf(run, axis, measure, logX) ?? []);
  if (tracks.length === 0) return [];
  const from = Math.max(...tracks.map(({ x }) => x[0]!));
  const to = Math.max(...tracks.map(({ x }) => x.at(-1)!));
  const n = to > from ? gridPoints : 1;
  const back = (scale: boolean) => (v: number) => (scale ? Math.exp(v) : v);
  const [backX, backY] = [back(logX), back(measure.logarithmic)];
  return Array.from({ length: n }, (_, i) => (i === n - 1 ? to : from + (i / (n - 1)) * (to - from))).flatMap((x) => {
    const values = tracks.filter(({ ends }) => x <= ends).map((track) => at(track, x));
    if (2 * values.length < runs.length) return [];
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [{ x: backX(x), y: backY(mean), low: backY(low), high: backY(high), seeds: values.length }];
  });
}

/** A running mean of a curve, geometric for a logarithmic measure; narrower towards the ends. */
export function smoothed(curve: readonly CurvePoint[], { logarithmic }: Measure): CurvePoint[] {
  return curve.map((point, i) => {
    const half = Math.min(smoothing, i, curve.length - 1 - i);
    const near = curve.slice(i - half, i + half + 1).map(({ y }) => (logarithmic ? Math.log(y) : y));
    const mean = near.reduce((a, b) => a + b, 0) / near.length;
    return { ...point, y: logarithmic ? Math.exp(mean) : mean };
  });
}
