/**
 * A multiple of 2⁻³². Sums and differences of such numbers are exact up to 2²¹, so that a run that is resumed has done the same work, to
 * the last bit, as one that was never interrupted.
 */
const onGrid = (value: number): number => Math.round(value * 2 ** 32) / 2 ** 32;

/** Counts arithmetic in units of something that is worked out when it is asked for. */
export class WorkCounter {
  /** How often so many flops were done. */
  private readonly counts = new Map<number, number>();
  private flopsPerUnit = 0;

  constructor(private readonly unit: () => number) {}

  add(flops: number, times = 1): void {
    this.counts.set(flops, (this.counts.get(flops) ?? 0) + times);
  }

  /** Work so far, in units. */
  total(): number {
    if (this.flopsPerUnit === 0) this.flopsPerUnit = Math.max(1, this.unit());
    let sum = 0;
    for (const [flops, times] of this.counts) sum += times * onGrid(flops / this.flopsPerUnit);
    return sum;
  }
}
