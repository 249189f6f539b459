/** xᵀy. */
export function dot(x: Float64Array, y: Float64Array): number {
  let s0 = 0;
  let s1 = 0;
  let i = 0;
  for (; i + 2 <= x.length; i += 2) {
    s0 += x[i]! * y[i]!;
    s1 += x[i + 1]! * y[i + 1]!;
  }
  if (i < x.length) s0 += x[i]! * y[i]!;
  return s0 + s1;
}

/** Σ a[i + p]·b[j + p] over p < length, in four sums, since one would wait for each addition to finish before the next. */
export function dotAt(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const whole = length - (length % 4);
  let p = 0;
  for (; p < whole; p += 4) {
    s0 += a[i + p]! * b[j + p]!;
    s1 += a[i + p + 1]! * b[j + p + 1]!;
    s2 += a[i + p + 2]! * b[j + p + 2]!;
    s3 += a[i + p + 3]! * b[j + p + 3]!;
  }
  for (; p < length; p++) s0 += a[i + p]! * b[j + p]!;
  return s0 + s1 + (s2 + s3);
}

/** y += alpha x. */
export function axpy(alpha: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) y[i] = y[i]! + alpha * x[i]!;
}

/** y = x + beta y. */
export function xpby(x: Float64Array, beta: number, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) y[i] = x[i]! + beta * y[i]!;
}

/** x *= alpha. */
export function scale(alpha: number, x: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i] = x[i]! * alpha;
}
