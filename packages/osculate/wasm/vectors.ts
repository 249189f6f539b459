/** The sum of the two lanes. */
export function lanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** xᵀy over n doubles at byte addresses. */
export function dotAt(n: i32, x: usize, y: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 = f64x2.add(s0, f64x2.mul(v128.load(x), v128.load(y)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(x, 16), v128.load(y, 16)));
    s2 = f64x2.add(s2, f64x2.mul(v128.load(x, 32), v128.load(y, 32)));
    s3 = f64x2.add(s3, f64x2.mul(v128.load(x, 48), v128.load(y, 48)));
    x += 64;
    y += 64;
  }
  let sum = lanes(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
  for (; i < n; i++) {
    sum += load<f64>(x) * load<f64>(y);
    x += 8;
    y += 8;
  }
  return sum;
}

/** xᵀy; offsets count doubles. */
export function dot(n: i32, x: usize, y: usize): f64 {
  return dotAt(n, x << 3, y << 3);
}

/** y += alpha x; offsets count doubles. */
export function axpy(n: i32, alpha: f64, x: usize, y: usize): void {
  let from = x << 3;
  let to = y << 3;
  const factor = f64x2.splat(alpha);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(to, f64x2.add(v128.load(to), f64x2.mul(factor, v128.load(from))));
    v128.store(to, f64x2.add(v128.load(to, 16), f64x2.mul(factor, v128.load(from, 16))), 16);
    from += 32;
    to += 32;
  }
  for (; i < n; i++) {
    store<f64>(to, load<f64>(to) + alpha * load<f64>(from));
    from += 8;
    to += 8;
  }
}

/** The plane rotation (x, y) ← (c x + s y, c y − s x); offsets count doubles. */
export function rotate(n: i32, x: usize, y: usize, c: f64, s: f64): void {
  let first = x << 3;
  let second = y << 3;
  const cosine = f64x2.splat(c);
  const sine = f64x2.splat(s);
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const a = v128.load(first);
    const b = v128.load(second);
    v128.store(first, f64x2.add(f64x2.mul(cosine, a), f64x2.mul(sine, b)));
    v128.store(second, f64x2.sub(f64x2.mul(cosine, b), f64x2.mul(sine, a)));
    first += 16;
    second += 16;
  }
  if (i < n) {
    const a = load<f64>(first);
    const b = load<f64>(second);
    store<f64>(first, c * a + s * b);
    store<f64>(second, c * b - s * a);
  }
}
