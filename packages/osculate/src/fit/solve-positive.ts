/**
 * Solves A·y = b in place by Cholesky's factorisation. False where A is not positive definite. For an A of a few parameters, for which
 * `cholesky` and `choleskySolve` would spend ten microseconds and more on copies.
 */
export function solvePositive(k: number, a: Float64Array, b: Float64Array): boolean {
  for (let j = 0; j < k; j++) {
    const row = j * k;
    for (let i = 0; i <= j; i++) {
      let sum = a[row + i]!;
      for (let l = 0; l < i; l++) sum -= a[row + l]! * a[i * k + l]!;
      if (i < j) a[row + i] = sum / a[i * k + i]!;
      else if (sum > 0 && sum < Number.POSITIVE_INFINITY) a[row + i] = Math.sqrt(sum);
      else return false;
    }
  }
  for (let i = 0; i < k; i++) {
    for (let l = 0; l < i; l++) b[i]! -= a[i * k + l]! * b[l]!;
    b[i]! /= a[i * k + i]!;
  }
  for (let i = k - 1; i >= 0; i--) {
    for (let l = i + 1; l < k; l++) b[i]! -= a[l * k + i]! * b[l]!;
    b[i]! /= a[i * k + i]!;
  }
  return true;
}
