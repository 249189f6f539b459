/** A time, or the time until which nothing had happened. */
export interface Observation {
  readonly time: number;
  /** The target had not been reached when the run ended. */
  readonly censored: boolean;
}

/** The share that has not reached the target, after each time at which some did. */
export interface SurvivalStep {
  readonly time: number;
  readonly share: number;
}

/** Kaplan and Meier's estimate: Π (1 − reached/at risk) over the times up to t. Runs that end without the target leave the risk set. */
export function survivalCurve(observations: readonly Observation[]): SurvivalStep[] {
  const times = [...new Set(observations.filter((o) => !o.censored).map((o) => o.time))].sort((a, b) => a - b);
  let share = 1;
  return times.map((time) => {
    const atRisk = observations.filter((o) => o.time >= time).length;
    const reached = observations.filter((o) => !o.censored && o.time === time).length;
    share *= 1 - reached / atRisk;
    return { time, share };
  });
}

/**
 * The median time to the target: where the survival curve first falls below ½. Where it stays at ½ for a while, as with an even number of
 * runs, the middle of that while; its beginning when it never falls below. Undefined when fewer than half have reached the target.
 */
export function medianTime(observations: readonly Observation[]): number | undefined {
  const curve = survivalCurve(observations);
  const index = curve.findIndex(({ share }) => share <= 0.5 + 1e-12);
  const [half, below] = [curve[index], curve[index + 1]];
  if (!half || !below || half.share < 0.5 - 1e-12) return half?.time;
  return (half.time + below.time) / 2;
}
