/**
 * The lower Cholesky factor of a small symmetric n×n block, in place at `at`, of which the lower triangle is read. False where it is not
 * positive definite. `cholesky` and
 * `choleskySolve` cost more to call than such a block does.
 */
export function factorBlock(a: Float64Array, at: number, n: number): boolean {
  for (let j = 0; j < n; j++) {
    const row = at + j * n;
    let pivot = a[row + j]!;
    for (let k = 0; k < j; k++) pivot -= a[row + k]! ** 2;
    if (!(pivot > 0 && pivot < Number.POSITIVE_INFINITY)) return false;
    const root = Math.sqrt(pivot);
    a[row + j] = root;
    for (let i = j + 1; i < n; i++) {
      const below = at + i * n;
      let sum = a[below + j]!;
      for (let k = 0; k < j; k++) sum -= a[below + k]! * a[row + k]!;
      a[below + j] = sum / root;
    }
  }
  return true;
}

/** x ← L⁻¹x for n numbers at `from`. */
export function forwardBlock(l: Float64Array, at: number, n: number, x: Float64Array, from: number): void {
  for (let i = 0; i < n; i++) {
    let sum = x[from + i]!;
    for (let k = 0; k < i; k++) sum -= l[at + i * n + k]! * x[from + k]!;
    x[from + i] = sum / l[at + i * (n + 1)]!;
  }
}

/** x ← L⁻ᵀx. */
export function backwardBlock(l: Float64Array, at: number, n: number, x: Float64Array, from: number): void {
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[from + i]!;
    for (let k = i + 1; k < n; k++) sum -= l[at + k * n + i]! * x[from + k]!;
    x[from + i] = sum / l[at + i * (n + 1)]!;
  }
}

/** Solves A·x = b in place for n numbers, with a matrix A that becomes its factor. False where A is not positive definite. */
export function solvePositive(n: number, a: Float64Array, b: Float64Array): boolean {
  if (!factorBlock(a, 0, n)) return false;
  forwardBlock(a, 0, n, b, 0);
  backwardBlock(a, 0, n, b, 0);
  return true;
}
