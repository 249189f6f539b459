import { InputError } from '../tensor/errors.js';

/**
 * ρ of the cost ½Σ s²·ρ((rᵢ/s)²): `linear` least squares, `huber`, `soft-l1`, `cauchy`, `arctan` and `tukey`, all with ρ'(0) = 1. The
 * last two stop growing (redescend), so that gross outliers lose all influence and a good start matters.
 */
export type LossName = 'linear' | 'huber' | 'soft-l1' | 'cauchy' | 'arctan' | 'tukey';

/** Writes ρ(z), ρ'(z), ρ''(z). */
type Rho = (z: number, out: Float64Array) => void;

const rhos: Readonly<Record<Exclude<LossName, 'linear'>, Rho>> = {
  huber: (z, out) => {
    const root = Math.sqrt(z);
    const inside = z <= 1;
    out[0] = inside ? z : 2 * root - 1;
    out[1] = inside ? 1 : 1 / root;
    out[2] = inside ? 0 : -0.5 / (z * root);
  },
  'soft-l1': (z, out) => {
    const root = Math.sqrt(1 + z);
    out[0] = (2 * z) / (root + 1);
    out[1] = 1 / root;
    out[2] = -0.5 / (root * (1 + z));
  },
  cauchy: (z, out) => {
    out[0] = Math.log1p(z);
    out[1] = 1 / (1 + z);
    out[2] = -1 / (1 + z) ** 2;
  },
  arctan: (z, out) => {
    out[0] = Math.atan(z);
    out[1] = 1 / (1 + z * z);
    out[2] = (-2 * z) / (1 + z * z) ** 2;
  },
  tukey: (z, out) => {
    const u = z < 1 ? 1 - z : 0;
    out[0] = (1 - u * u * u) / 3;
    out[1] = u * u;
    out[2] = -2 * u;
  },
};

/** The smallest share of ρ' that stays of the Gauss-Newton curvature ρ' + 2zρ'', which is zero or negative for outliers. */
const LEAST_SHARE = 0.05;

/** A robust loss applied to residuals. */
export interface RobustLoss {
  /** ½Σ s²ρ(zᵢ). */
  cost(residuals: Float64Array): number;
  /** wᵢ = ρ'(zᵢ)·rᵢ, so that the gradient of the cost is Jᵀw. */
  weights(residuals: Float64Array, result: Float64Array): void;
  /**
   * Row scales aᵢ and residuals w/a such that ‖w/a + a·J·p‖² models the cost (Triggs, McLauchlan, Hartley and Fitzgibbon 2000), with
   * aᵢ² = ρ' + 2zρ'' where that is positive enough, and the difference of ρ' + 2zρ'' to aᵢ² for exact second derivatives.
   */
  model(residuals: Float64Array, rows: Float64Array, scaled: Float64Array, missing: Float64Array): void;
}

/** The loss of this name, or null for `linear`. InputError for an unknown name, or a scale that is not positive. */
export function robustLoss(name: LossName, scale: number): RobustLoss | null {
  if (!(scale > 0 && Number.isFinite(scale)))
    throw new InputError(
      `leastSquares: lossScale is ${scale}; give the size of a residual that is not an outlier, above 0`,
    );
  if (name === 'linear') return null;
  if (!Object.hasOwn(rhos, name))
    throw new InputError(`leastSquares: loss "${name}" is not one of linear, ${Object.keys(rhos).join(', ')}`);
  const rho = rhos[name];
  const out = new Float64Array(3);
  const at = (r: number): void => rho((r / scale) ** 2, out);
  return {
    cost: (residuals) => {
      let sum = 0;
      for (const r of residuals) {
        at(r);
        sum += out[0]!;
      }
      return 0.5 * scale * scale * sum;
    },
    weights: (residuals, result) => {
      residuals.forEach((r, i) => {
        at(r);
        result[i] = out[1]! * r;
      });
    },
    model: (residuals, rows, scaled, missing) => {
      residuals.forEach((r, i) => {
        at(r);
        const [first, second] = [out[1]!, out[2]!];
        const exact = first + 2 * (r / scale) ** 2 * second;
        const square = Math.max(exact, LEAST_SHARE * first);
        rows[i] = Math.sqrt(square);
        scaled[i] = square > 0 ? (first * r) / rows[i]! : 0;
        missing[i] = exact - square;
      });
    },
  };
}
