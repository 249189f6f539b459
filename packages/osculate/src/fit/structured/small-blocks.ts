/**
 * The lower Cholesky factor of a small symmetric n×n block, in place at `at`, of which the lower triangle is read. False where it is not
 * positive definite. The dense routines of linalg cost more to call than such a block costs.
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

/** out += AᵀA of a rows×n block, n×n. */
export function addGram(a: Float64Array, at: number, rows: number, n: number, out: Float64Array, to: number): void {
  for (let r = 0; r < rows; r++) {
    const row = at + r * n;
    for (let i = 0; i < n; i++) {
      const factor = a[row + i]!;
      if (factor === 0) continue;
      for (let j = 0; j < n; j++) out[to + i * n + j]! += factor * a[row + j]!;
    }
  }
}

/** out += Aᵀx of a rows×n block. */
export function addTransposed(
  a: Float64Array,
  at: number,
  rows: number,
  n: number,
  x: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
): void {
  for (let r = 0; r < rows; r++) {
    const factor = x[from + r]!;
    for (let j = 0; j < n; j++) out[to + j]! += factor * a[at + r * n + j]!;
  }
}

/** out += Ax of a rows×n block. */
export function addProduct(
  a: Float64Array,
  at: number,
  rows: number,
  n: number,
  x: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
): void {
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[at + r * n + j]! * x[from + j]!;
    out[to + r]! += sum;
  }
}

/** out = Ax of a rows×n block. */
export function setProduct(
  a: Float64Array,
  at: number,
  rows: number,
  n: number,
  x: Float64Array,
  from: number,
  out: Float64Array,
): void {
  for (let r = 0; r < rows; r++) out[r] = 0;
  addProduct(a, at, rows, n, x, from, out, 0);
}
