/** A setting's value and the loss that it led to; not finite when the run diverged. */
export interface Trial {
  readonly value: number;
  readonly loss: number;
}

export interface Sensitivity {
  readonly best: Trial;
  /** Ends of the region around the best value in which the loss is within the tolerance. */
  readonly low: number;
  readonly high: number;
  /** log₁₀(high/low). */
  readonly decades: number;
  /** The region reaches an end of what was tried: it may be wider. */
  readonly open: boolean;
}

/** Where the loss crosses the limit between an inside and an outside value, linear in the logarithms; the middle when the outside diverged. */
function crossing(inside: Trial, outside: Trial, limit: number): number {
  const [a, b] = [Math.log(inside.value), Math.log(outside.value)];
  const finite = Number.isFinite(outside.loss);
  const share = finite
    ? (Math.log(limit) - Math.log(inside.loss)) / (Math.log(outside.loss) - Math.log(inside.loss))
    : 0.5;
  return Math.exp(a + Math.min(1, Math.max(0, share)) * (b - a));
}

/**
 * How wide the region of a setting (a learning rate, a damping) is in which the loss is at most (1 + tolerance) times the best one: the
 * wider, the less it has to be tuned. Losses are positive; trials that diverged are outside. Undefined when all did.
 */
export function sensitivity(trials: readonly Trial[], tolerance = 0.05): Sensitivity | undefined {
  const sorted = [...trials].sort((a, b) => a.value - b.value);
  const best = sorted.filter(({ loss }) => Number.isFinite(loss)).sort((a, b) => a.loss - b.loss)[0];
  if (best === undefined) return undefined;
  const limit = (1 + tolerance) * best.loss;
  const end = (direction: 1 | -1): { value: number; open: boolean } => {
    let inside = best;
    for (let i = sorted.indexOf(best) + direction; i >= 0 && i < sorted.length; i += direction) {
      const next = sorted[i]!;
      if (!(next.loss <= limit)) return { value: crossing(inside, next, limit), open: false };
      inside = next;
    }
    return { value: inside.value, open: true };
  };
  const [low, high] = [end(-1), end(1)];
  return {
    best,
    low: low.value,
    high: high.value,
    decades: Math.log10(high.value / low.value),
    open: low.open || high.open,
  };
}
