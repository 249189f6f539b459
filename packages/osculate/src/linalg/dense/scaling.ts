/**
 * The power of two that brings the largest magnitude into [1/2, 1), so that no square over- or underflows; multiplying by it is
 * exact but for elements some 300 orders below the largest. 1 for an array of zeros.
 */
export function powerOfTwoScale(data: Float64Array): number {
  const largest = largestMagnitude(data);
  if (largest === 0) return 1;
  const exponent = Math.floor(Math.log2(largest)) + 1;
  return 2 ** Math.max(-1022, Math.min(1022, -exponent));
}

/** max |x|, 0 for none, NaN with a NaN among them. */
export function largestMagnitude(data: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) {
    const magnitude = Math.abs(data[i]!);
    if (magnitude > largest) largest = magnitude;
    else if (Number.isNaN(magnitude)) return Number.NaN;
  }
  return largest;
}

/** Divides in place by a power of two, in two halves where its reciprocal would overflow. */
export function unscale(data: Float64Array, scale: number): void {
  if (scale !== 1) for (let i = 0; i < data.length; i++) data[i] = data[i]! / scale;
}
