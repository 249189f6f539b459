/** ½Σ(rᵢ² − r'ᵢ²): the difference of two nearly equal sums of squares would lose what this keeps. */
export function costDecrease(residuals: Float64Array, trial: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < residuals.length; i++) {
    const a = residuals[i]!;
    const b = trial[i]!;
    sum += (a - b) * (a + b);
  }
  return 0.5 * sum;
}

/** ‖D·x‖. */
export function scaledLength(x: Float64Array, scale: Float64Array): number {
  let square = 0;
  for (let j = 0; j < x.length; j++) square += (scale[j]! * x[j]!) ** 2;
  return Math.sqrt(square);
}

/** D follows the norms of J's columns upward (Moré 1978). A column that has always been zero gets 1. */
export function growScale(scale: Float64Array, norms: Float64Array, first: boolean): void {
  for (let j = 0; j < scale.length; j++) scale[j] = Math.max(first ? 0 : scale[j]!, norms[j]!) || 1;
}

/** Largest cosine between residuals of norm `size` and a column of J, from the gradient and lengths of the columns; only free ones count. */
export function largestCosine(
  gradient: Float64Array,
  lengths: Float64Array,
  size: number,
  free: Int8Array | null = null,
): number {
  if (size === 0) return 0;
  let largest = 0;
  for (let j = 0; j < gradient.length; j++) {
    if (free?.[j] === 0 || lengths[j] === 0) continue;
    largest = Math.max(largest, Math.abs(gradient[j]!) / lengths[j]!);
  }
  return largest / size;
}

/** A promise this small, relative to the cost, is lost in the cost's rounding. */
const ROUNDING = 1e-14;

/** Whether a trial step, taken or not, shows that too little is left to gain. */
export function costSettled(promised: number, gain: number, taken: boolean, cost: number, tolerance: number): boolean {
  const least = tolerance * cost;
  if (Math.abs(promised) <= least && Math.abs(gain) <= least) return true;
  return !taken && Math.abs(promised) <= ROUNDING * cost;
}
