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
