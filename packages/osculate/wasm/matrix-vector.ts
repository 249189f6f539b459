import { axpy, dotAt, lanes } from './vectors';

/** y += alpha A x, A m x n row-major; four rows share each load of x. Offsets and strides count doubles. */
export function gemv(m: i32, n: i32, alpha: f64, a: usize, lda: usize, x: usize, y: usize): void {
  const stride = lda << 3;
  let row = a << 3;
  let out = y << 3;
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    let s0 = f64x2.splat(0);
    let s1 = f64x2.splat(0);
    let s2 = f64x2.splat(0);
    let s3 = f64x2.splat(0);
    let p = row;
    let q = x << 3;
    let j = 0;
    for (; j + 2 <= n; j += 2) {
      const v = v128.load(q);
      s0 = f64x2.add(s0, f64x2.mul(v128.load(p), v));
      s1 = f64x2.add(s1, f64x2.mul(v128.load(p + stride), v));
      s2 = f64x2.add(s2, f64x2.mul(v128.load(p + 2 * stride), v));
      s3 = f64x2.add(s3, f64x2.mul(v128.load(p + 3 * stride), v));
      p += 16;
      q += 16;
    }
    let t0 = lanes(s0);
    let t1 = lanes(s1);
    let t2 = lanes(s2);
    let t3 = lanes(s3);
    if (j < n) {
      const v = load<f64>(q);
      t0 += load<f64>(p) * v;
      t1 += load<f64>(p + stride) * v;
      t2 += load<f64>(p + 2 * stride) * v;
      t3 += load<f64>(p + 3 * stride) * v;
    }
    store<f64>(out, load<f64>(out) + alpha * t0);
    store<f64>(out, load<f64>(out, 8) + alpha * t1, 8);
    store<f64>(out, load<f64>(out, 16) + alpha * t2, 16);
    store<f64>(out, load<f64>(out, 24) + alpha * t3, 24);
    row += 4 * stride;
    out += 32;
  }
  for (; i < m; i++) {
    store<f64>(out, load<f64>(out) + alpha * dotAt(n, row, x << 3));
    row += stride;
    out += 8;
  }
}

/** y += alpha Aᵀ x, A m x n row-major; four rows share each load and store of y. Offsets and strides count doubles. */
export function gemvTransposed(m: i32, n: i32, alpha: f64, a: usize, lda: usize, x: usize, y: usize): void {
  const stride = lda << 3;
  let row = a << 3;
  let factor = x << 3;
  let i = 0;
  for (; i + 4 <= m; i += 4) {
    const f0 = alpha * load<f64>(factor);
    const f1 = alpha * load<f64>(factor, 8);
    const f2 = alpha * load<f64>(factor, 16);
    const f3 = alpha * load<f64>(factor, 24);
    const v0 = f64x2.splat(f0);
    const v1 = f64x2.splat(f1);
    const v2 = f64x2.splat(f2);
    const v3 = f64x2.splat(f3);
    let p = row;
    let q = y << 3;
    let j = 0;
    for (; j + 2 <= n; j += 2) {
      const low = f64x2.add(f64x2.mul(v128.load(p), v0), f64x2.mul(v128.load(p + stride), v1));
      const high = f64x2.add(f64x2.mul(v128.load(p + 2 * stride), v2), f64x2.mul(v128.load(p + 3 * stride), v3));
      v128.store(q, f64x2.add(v128.load(q), f64x2.add(low, high)));
      p += 16;
      q += 16;
    }
    if (j < n) {
      const low = load<f64>(p) * f0 + load<f64>(p + stride) * f1;
      const high = load<f64>(p + 2 * stride) * f2 + load<f64>(p + 3 * stride) * f3;
      store<f64>(q, load<f64>(q) + (low + high));
    }
    row += 4 * stride;
    factor += 32;
  }
  for (; i < m; i++) {
    axpy(n, alpha * load<f64>(factor), row >> 3, y);
    row += stride;
    factor += 8;
  }
}

/** The columns before the diagonal of four rows: their products with x go to y below, those of their transpose to y above. */
function symvStrip(columns: i32, alpha: f64, row: usize, stride: usize, x: usize, y: usize, at: i32): void {
  const here = (<usize>at) << 3;
  const v0 = f64x2.splat(alpha * load<f64>(x + here));
  const v1 = f64x2.splat(alpha * load<f64>(x + here, 8));
  const v2 = f64x2.splat(alpha * load<f64>(x + here, 16));
  const v3 = f64x2.splat(alpha * load<f64>(x + here, 24));
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let p = row;
  let from = x;
  let to = y;
  for (let j = 0; j < columns; j += 2) {
    const v = v128.load(from);
    const a0 = v128.load(p);
    const a1 = v128.load(p + stride);
    s0 = f64x2.add(s0, f64x2.mul(a0, v));
    s1 = f64x2.add(s1, f64x2.mul(a1, v));
    const low = f64x2.add(f64x2.mul(a0, v0), f64x2.mul(a1, v1));
    const a2 = v128.load(p + 2 * stride);
    const a3 = v128.load(p + 3 * stride);
    s2 = f64x2.add(s2, f64x2.mul(a2, v));
    s3 = f64x2.add(s3, f64x2.mul(a3, v));
    const high = f64x2.add(f64x2.mul(a2, v2), f64x2.mul(a3, v3));
    v128.store(to, f64x2.add(v128.load(to), f64x2.add(low, high)));
    p += 16;
    from += 16;
    to += 16;
  }
  const out = y + here;
  store<f64>(out, load<f64>(out) + alpha * lanes(s0));
  store<f64>(out, load<f64>(out, 8) + alpha * lanes(s1), 8);
  store<f64>(out, load<f64>(out, 16) + alpha * lanes(s2), 16);
  store<f64>(out, load<f64>(out, 24) + alpha * lanes(s3), 24);
}

/**
 * y += alpha A x with A symmetric, of which the lower triangle is read, once: each entry serves its row and its column.
 * Offsets and strides count doubles.
 */
export function symv(n: i32, alpha: f64, a: usize, lda: usize, x: usize, y: usize): void {
  const stride = lda << 3;
  const from = x << 3;
  const to = y << 3;
  let i = 0;
  for (; i + 4 <= n; i += 4) symvStrip(i, alpha, (a << 3) + <usize>i * stride, stride, from, to, i);
  const strips = i;
  for (i = 0; i < n; i++) {
    const start = i < strips ? i & ~3 : 0;
    const row = (a << 3) + <usize>i * stride;
    const xi = alpha * load<f64>(from + ((<usize>i) << 3));
    let sum = load<f64>(row + ((<usize>i) << 3)) * load<f64>(from + ((<usize>i) << 3));
    for (let j = start; j < i; j++) {
      const at = (<usize>j) << 3;
      const value = load<f64>(row + at);
      sum += value * load<f64>(from + at);
      store<f64>(to + at, load<f64>(to + at) + value * xi);
    }
    const out = to + ((<usize>i) << 3);
    store<f64>(out, load<f64>(out) + alpha * sum);
  }
}
