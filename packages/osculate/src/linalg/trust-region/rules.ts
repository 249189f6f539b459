/** How a region (a trust radius, or the weight of a regularisation) follows the gain ratio ρ = actual / predicted decrease. */
export interface RegionRule {
  /** Least ρ of a step that is taken. */
  readonly accept: number;
  next(region: number, rho: number, stepLength: number): number;
}

/**
 * The trust radius after a step (Nocedal and Wright 2006, algorithm 4.1): a quarter of the step that disappoints (ρ < ¼), twice
 * the radius when a step to the boundary keeps its promise (ρ > ¾). A zero or infinite radius cannot arise.
 */
export const radiusRule: RegionRule = {
  accept: 1e-4,
  next: (radius, rho, length) => {
    if (!(rho >= 0.25)) return 0.25 * Math.min(radius, length);
    return rho > 0.75 && length > 0.99 * radius ? Math.min(2 * radius, 1e100) : radius;
  },
};

/** The damping λ after a step: a quarter when the model is trustworthy (ρ > ¾), four times as much when not (ρ < ¼). */
export const dampingRule: RegionRule = {
  accept: 1e-4,
  next: (damping, rho) => {
    if (!(rho >= 0.25)) return Math.min(4 * damping, 1e100);
    return rho > 0.75 ? Math.max(0.25 * damping, 1e-100) : damping;
  },
};

/**
 * The weight σ of the cubic term after a step: a quarter when the model keeps its promise (ρ > 0.9), four times as much when the
 * step is refused (ρ < 0.1), otherwise unchanged (Cartis, Gould and Toint 2011, part I, section 7, with their 2 replaced by 4).
 * The ratio is taken with the quadratic part of the model.
 */
export const cubicWeightRule: RegionRule = {
  accept: 0.1,
  next: (sigma, rho) => {
    if (!(rho >= 0.1)) return Math.min(4 * sigma, 1e100);
    return rho > 0.9 ? Math.max(0.25 * sigma, 1e-100) : sigma;
  },
};

/** λ from step to step, and how it is to grow next (Nielsen 1999; Madsen, Nielsen and Tingleff 2004, section 3.2). */
export class NielsenDamping {
  private growth = 2;

  /** From a first λ; it stays above `least`, below which factors of nearly singular systems fail. */
  constructor(
    public value: number,
    private readonly least: number,
  ) {}

  /** After a step that was taken, with a gain ratio ρ. */
  lighten(rho: number): void {
    this.value = Math.max(this.least, this.value * Math.max(1 / 3, 1 - (2 * rho - 1) ** 3));
    this.growth = 2;
  }

  /** After a step that was refused. */
  raise(): void {
    this.value *= this.growth;
    this.growth *= 2;
  }
}
