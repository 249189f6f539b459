import { dot } from '../../linalg/vectors.js';
import { type LossName, robustLoss } from '../robust.js';

/** What takes the place of s² under a robust loss. */
export interface RobustVariance {
  /** The factor of (JᵀJ)⁻¹ in the covariance of the parameters. */
  readonly factor: number;
  /** The standard deviation of the residuals that are not outliers: median |r|/0.6745. */
  readonly deviation: number;
}

/** The third quartile of the standard normal distribution. */
const QUARTILE = 0.6744897501960817;

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/**
 * Huber's estimate for M-estimators, κ²·[Σψ²/(m − k)]/ψ̄'² with κ = 1 + (k/m)·var(ψ')/ψ̄'², where ψ = ρ'((r/s)²)·r, ψ' = dψ/dr, ψ̄' its
 * mean and k the number of parameters (Huber 1973, Annals of Statistics 1, equation 6.5; R's `rlm`, H1 of statsmodels). It equals
 * Σr²/(m − k) where ψ = r. NaN without degrees of freedom, or where ψ̄' is not positive.
 */
export function robustVariance(residuals: Float64Array, k: number, name: LossName, scale: number): RobustVariance {
  const m = residuals.length;
  const loss = robustLoss(name, scale);
  const deviation = median(residuals.map(Math.abs)) / QUARTILE;
  const [psi, slopes] = [residuals.slice(), new Float64Array(m).fill(1)];
  if (loss !== null) {
    const [rows, scaled] = [new Float64Array(m), new Float64Array(m)];
    loss.weights(residuals, psi);
    // The model's rows² leave out what `missing` holds where ψ' is not positive enough.
    loss.model(residuals, rows, scaled, slopes);
    slopes.forEach((missing, i) => {
      slopes[i] = missing + rows[i]! ** 2;
    });
  }
  const mean = slopes.reduce((sum, slope) => sum + slope, 0) / m;
  const spread = slopes.reduce((sum, slope) => sum + (slope - mean) ** 2, 0) / m;
  const square = dot(psi, psi) / (m - k);
  const kappa = 1 + (k / m) * (spread / mean ** 2);
  const usable = m > k && mean > 0;
  return { factor: usable ? (kappa ** 2 * square) / mean ** 2 : Number.NaN, deviation };
}
