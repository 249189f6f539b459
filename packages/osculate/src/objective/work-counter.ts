/**
 * A multiple of 2⁻³². Sums and differences of such numbers are exact up to 2²¹, so that a run that is resumed has done the same work, to
 * the last bit, as one that was never interrupted.
 */
const onGrid = (value: number): number => Math.round(value * 2 ** 32) / 2 ** 32;

/** Counts arithmetic in units of something that is worked out when it is asked for. */
export class WorkCounter {
  /** How often so many flops were done before the unit was asked for. */
  private readonly early = new Map<number, number>();
  private flopsPerUnit = 0;
  private sum = 0;

  constructor(private readonly unit: () => number) {}

  add(flops: number, times = 1): void {
    if (this.flopsPerUnit > 0) this.sum += times * onGrid(flops / this.flopsPerUnit);
    else this.early.set(flops, (this.early.get(flops) ?? 0) + times);
  }

  /** Work so far, in units. */
  total(): number {
    if (this.flopsPerUnit === 0) {
      this.flopsPerUnit = Math.max(1, this.unit());
      for (const [flops, times] of this.early) this.add(flops, times);
      this.early.clear();
    }
    return this.sum;
  }
}
