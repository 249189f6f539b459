export interface TrustRadius {
  /** Largest radius of the grid, in coordinates, within which the quadratic model holds; 0 when it fails at the nearest point. */
  readonly radius: number;
  /** It holds on the whole grid: the radius is a lower bound. */
  readonly wholeGrid: boolean;
  /** Largest |L − q| over largest |L − L(0)|, at the radius where the model first fails; null when it holds on the whole grid. */
  readonly errorBeyond: number | null;
}

export interface TrustPoint {
  readonly radius: number;
  readonly loss: number;
  readonly model: number;
}

/**
 * The largest radius r such that, within every smaller radius too, the largest |L − q| is at most `tolerance` times the largest change
 * |L − L(0)|. Both are maxima over the points within the radius: on the level line through the centre there is no change to compare with.
 * `noise` is what differs by rounding alone; a loss that is not finite is beyond trust.
 */
export function trustRadius(
  points: readonly TrustPoint[],
  centre: number,
  tolerance: number,
  noise: number,
): TrustRadius {
  const sorted = points.filter(({ radius }) => radius > 0).sort((a, b) => a.radius - b.radius);
  let [held, error, change] = [0, 0, 0];
  for (let from = 0; from < sorted.length; ) {
    const { radius } = sorted[from]!;
    // Points of one ring count together, whatever their order.
    const limit = radius * (1 + 1e-9);
    for (; from < sorted.length && sorted[from]!.radius <= limit; from++) {
      const { loss, model } = sorted[from]!;
      error = Math.max(error, Number.isFinite(loss) ? Math.abs(loss - model) : Infinity);
      change = Math.max(change, Number.isFinite(loss) ? Math.abs(loss - centre) : 0);
    }
    if (!(error <= tolerance * change + noise)) {
      return { radius: held, wholeGrid: false, errorBeyond: change > 0 ? error / change : Infinity };
    }
    held = radius;
  }
  return { radius: held, wholeGrid: true, errorBeyond: null };
}
