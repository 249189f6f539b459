/**
 * Rows of the batch of step k, counted from 1: m₁·(N/m₁)^((k − 1)/(K − 1)) of N, all of them from step K on (Martens and Grosse 2015,
 * section 13, with m₁ = 1000 and K = 500). It is rounded down to a multiple of m₁, since every other size is another program. K = 0: m₁.
 */
export function batchSizeAt(k: number, first: number, rows: number, wholeAt: number): number {
  if (wholeAt === 0 || first >= rows) return first;
  if (k >= wholeAt) return rows;
  return first * Math.floor((rows / first) ** ((k - 1) / (wholeAt - 1)));
}
