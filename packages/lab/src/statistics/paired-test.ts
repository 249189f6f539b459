/** Up to so many pairs all sign patterns are gone through. */
const mostPairs = 20;

/**
 * The two-sided p-value of the exact paired permutation test (Fisher's randomisation test): the share of all 2ⁿ sign patterns of the
 * differences whose sum is at least as far from zero as the one found. With n pairs it is never below 2/2ⁿ: 5 seeds cannot show more than
 * p = 0.0625. Cost 2ⁿ. @throws RangeError for more than 20 pairs.
 */
export function pairedTest(differences: readonly number[]): number {
  const n = differences.length;
  if (n > mostPairs) throw new RangeError(`pairedTest: ${n} pairs; at most ${mostPairs} can be gone through`);
  const found = Math.abs(differences.reduce((a, b) => a + b, 0));
  // Sums that are equal but for rounding count as equal.
  const least = found - 1e-12 * differences.reduce((a, b) => a + Math.abs(b), 0);
  let extreme = 0;
  for (let pattern = 0; pattern < 2 ** n; pattern++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += pattern & (1 << i) ? differences[i]! : -differences[i]!;
    if (Math.abs(sum) >= least) extreme++;
  }
  return extreme / 2 ** n;
}
