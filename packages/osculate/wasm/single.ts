import { lanes } from './vectors';

/** Two floats at an address as doubles. */
export function two(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** Two doubles, rounded, as floats at an address. */
export function storeTwo(at: usize, v: v128): void {
  v128.store64_lane(at, f32x4.demote_f64x2_zero(v), 0);
}

/** Σ aⱼ xⱼ of n floats at byte addresses, in double precision. */
function dotSingleAt(n: i32, a: usize, x: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let j = 0;
  for (; j + 4 <= n; j += 4) {
    s0 = f64x2.add(s0, f64x2.mul(two(a), two(x)));
    s1 = f64x2.add(s1, f64x2.mul(two(a + 8), two(x + 8)));
    a += 16;
    x += 16;
  }
  let sum = lanes(f64x2.add(s0, s1));
  for (; j < n; j++) {
    sum += <f64>load<f32>(a) * <f64>load<f32>(x);
    a += 4;
    x += 4;
  }
  return sum;
}

/**
 * y += A x in double precision, of floats A (m x n, row-major) and x; four rows share each load of x. The offset of y counts doubles, those of
 * A and x and the stride floats.
 */
export function gemvSingle(m: i32, n: i32, a: usize, lda: usize, x: usize, y: usize): void {
  const stride = lda << 2;
  const from = x << 2;
  let row = a << 2;
  let out = y << 3;
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    let t0 = f64x2.splat(0);
    let t1 = f64x2.splat(0);
    let t2 = f64x2.splat(0);
    let t3 = f64x2.splat(0);
    let p = row;
    let q = from;
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const v = two(q);
      const w = two(q + 8);
      s0 = f64x2.add(s0, f64x2.mul(two(p), v));
      t0 = f64x2.add(t0, f64x2.mul(two(p + 8), w));
      s1 = f64x2.add(s1, f64x2.mul(two(p + stride), v));
      t1 = f64x2.add(t1, f64x2.mul(two(p + stride + 8), w));
      s2 = f64x2.add(s2, f64x2.mul(two(p + 2 * stride), v));
      t2 = f64x2.add(t2, f64x2.mul(two(p + 2 * stride + 8), w));
      s3 = f64x2.add(s3, f64x2.mul(two(p + 3 * stride), v));
      t3 = f64x2.add(t3, f64x2.mul(two(p + 3 * stride + 8), w));
      p += 16;
      q += 16;
    }
    const rest = n - j;
    const r0 = lanes(f64x2.add(s0, t0)) + dotSingleAt(rest, p, q);
    const r1 = lanes(f64x2.add(s1, t1)) + dotSingleAt(rest, p + stride, q);
    const r2 = lanes(f64x2.add(s2, t2)) + dotSingleAt(rest, p + 2 * stride, q);
    const r3 = lanes(f64x2.add(s3, t3)) + dotSingleAt(rest, p + 3 * stride, q);
    store<f64>(out, load<f64>(out) + r0);
    store<f64>(out, load<f64>(out, 8) + r1, 8);
    store<f64>(out, load<f64>(out, 16) + r2, 16);
    store<f64>(out, load<f64>(out, 24) + r3, 24);
    row += 4 * stride;
    out += 32;
  }
  for (; i < m; i++) {
    store<f64>(out, load<f64>(out) + dotSingleAt(n, row, from));
    row += stride;
    out += 8;
  }
}

/**
 * y += Aᵀ x of floats y and A (m x n, row-major) and doubles x: summed in double precision, and each y rounded once. The offset of x counts
 * doubles, those of A and y and the stride floats.
 */
export function gemvTransposedSingle(m: i32, n: i32, a: usize, lda: usize, x: usize, y: usize): void {
  const stride = lda << 2;
  const factors = x << 3;
  let column = a << 2;
  let to = y << 2;
  let j = 0;
  for (; j + 8 <= n; j += 8) {
    let s0 = two(to);
    let s1 = two(to + 8);
    let s2 = two(to + 16);
    let s3 = two(to + 24);
    let p = column;
    let q = factors;
    for (let i = 0; i < m; i++) {
      const f = v128.load64_splat(q);
      s0 = f64x2.add(s0, f64x2.mul(two(p), f));
      s1 = f64x2.add(s1, f64x2.mul(two(p + 8), f));
      s2 = f64x2.add(s2, f64x2.mul(two(p + 16), f));
      s3 = f64x2.add(s3, f64x2.mul(two(p + 24), f));
      p += stride;
      q += 8;
    }
    storeTwo(to, s0);
    storeTwo(to + 8, s1);
    storeTwo(to + 16, s2);
    storeTwo(to + 24, s3);
    column += 32;
    to += 32;
  }
  for (; j < n; j++) {
    let sum = <f64>load<f32>(to);
    let p = column;
    for (let i = 0; i < m; i++) {
      sum += <f64>load<f32>(p) * load<f64>(factors + ((<usize>i) << 3));
      p += stride;
    }
    store<f32>(to, <f32>sum);
    column += 4;
    to += 4;
  }
}
