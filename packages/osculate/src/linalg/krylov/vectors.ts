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
