/** How many losses a loss that has risen is compared with. */
const remembered = 10;

/** Before the first step. */
export const noLosses = (): Float64Array => new Float64Array(remembered).fill(Number.NEGATIVE_INFINITY);

/** The losses with that of this step, in the place of the oldest. */
export function withLoss(losses: Float64Array, step: number, loss: number): Float64Array {
  const next = losses.slice();
  next[step % next.length] = loss;
  return next;
}

/** The largest of them. */
export const largestLoss = (losses: Float64Array): number => Math.max(...losses);
