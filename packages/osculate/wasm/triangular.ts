import { dotAt } from './vectors';

/** b -= t0 b0 + t1 b1 + t2 b2 + t3 b3 over n doubles. */
function subtractFour(
  n: i32,
  b: usize,
  t0: f64,
  b0: usize,
  t1: f64,
  b1: usize,
  t2: f64,
  b2: usize,
  t3: f64,
  b3: usize,
): void {
  let j: usize = 0;
  const end = (<usize>n) << 3;
  const v0 = f64x2.splat(t0);
  const v1 = f64x2.splat(t1);
  const v2 = f64x2.splat(t2);
  const v3 = f64x2.splat(t3);
  for (; j + 16 <= end; j += 16) {
    const low = f64x2.add(f64x2.mul(v0, v128.load(b0 + j)), f64x2.mul(v1, v128.load(b1 + j)));
    const high = f64x2.add(f64x2.mul(v2, v128.load(b2 + j)), f64x2.mul(v3, v128.load(b3 + j)));
    v128.store(b + j, f64x2.sub(v128.load(b + j), f64x2.add(low, high)));
  }
  if (j < end) {
    const low = t0 * load<f64>(b0 + j) + t1 * load<f64>(b1 + j);
    const high = t2 * load<f64>(b2 + j) + t3 * load<f64>(b3 + j);
    store<f64>(b + j, load<f64>(b + j) - (low + high));
  }
}

/** b -= t b0 over n doubles. */
function subtractOne(n: i32, b: usize, t: f64, b0: usize): void {
  let j: usize = 0;
  const end = (<usize>n) << 3;
  const v = f64x2.splat(t);
  for (; j + 16 <= end; j += 16) v128.store(b + j, f64x2.sub(v128.load(b + j), f64x2.mul(v, v128.load(b0 + j))));
  if (j < end) store<f64>(b + j, load<f64>(b + j) - t * load<f64>(b0 + j));
}

/**
 * T X = B in place, T n x n triangular with the element (i, k) at t + i rowStride + k columnStride, so a transpose costs nothing:
 * lower when `backward` is 0, upper otherwise. For the small diagonal blocks of a blocked solve. Offsets count doubles.
 */
export function solveLeft(
  n: i32,
  columns: i32,
  t: usize,
  rowStride: usize,
  columnStride: usize,
  unit: i32,
  backward: i32,
  b: usize,
  ldb: usize,
): void {
  const stride = ldb << 3;
  const across = columnStride << 3;
  for (let step = 0; step < n; step++) {
    const i = backward ? n - 1 - step : step;
    const first = backward ? i + 1 : 0;
    const end = backward ? n : i;
    const target = (b << 3) + <usize>i * stride;
    const row = (t << 3) + ((<usize>i * rowStride) << 3);
    let k = first;
    for (; k + 4 <= end; k += 4) {
      const p = row + <usize>k * across;
      const q = (b << 3) + <usize>k * stride;
      subtractFour(
        columns,
        target,
        load<f64>(p),
        q,
        load<f64>(p + across),
        q + stride,
        load<f64>(p + 2 * across),
        q + 2 * stride,
        load<f64>(p + 3 * across),
        q + 3 * stride,
      );
    }
    for (; k < end; k++) {
      subtractOne(columns, target, load<f64>(row + <usize>k * across), (b << 3) + <usize>k * stride);
    }
    if (!unit) {
      const pivot = load<f64>(row + <usize>i * across);
      for (let j = 0; j < columns; j++) {
        const at = target + ((<usize>j) << 3);
        store<f64>(at, load<f64>(at) / pivot);
      }
    }
  }
}

/**
 * X Lᵀ = B in place, B m x n, L n x n lower triangular and row-major: two rows of X at a time against each row of L. For the
 * small diagonal blocks of a blocked Cholesky factorisation. Offsets count doubles.
 */
export function solveRightLowerTransposed(m: i32, n: i32, l: usize, ldl: usize, b: usize, ldb: usize): void {
  const stride = ldb << 3;
  let row = b << 3;
  let i = 0;
  for (; i + 2 <= m; i += 2) {
    let lower = l << 3;
    for (let j = 0; j < n; j++) {
      const at = row + ((<usize>j) << 3);
      let s0 = f64x2.splat(0);
      let s1 = f64x2.splat(0);
      let p: usize = 0;
      const pairs = ((<usize>j) << 3) & ~15;
      for (; p < pairs; p += 16) {
        const v = v128.load(lower + p);
        s0 = f64x2.add(s0, f64x2.mul(v, v128.load(row + p)));
        s1 = f64x2.add(s1, f64x2.mul(v, v128.load(row + stride + p)));
      }
      let both = f64x2.add(v128.shuffle<f64>(s0, s1, 0, 2), v128.shuffle<f64>(s0, s1, 1, 3));
      if (j & 1) {
        const other = f64x2.replace_lane(f64x2.splat(load<f64>(row + p)), 1, load<f64>(row + stride + p));
        both = f64x2.add(both, f64x2.mul(f64x2.splat(load<f64>(lower + p)), other));
      }
      const right = f64x2.replace_lane(f64x2.splat(load<f64>(at)), 1, load<f64>(at + stride));
      const x = f64x2.div(f64x2.sub(right, both), f64x2.splat(load<f64>(lower + ((<usize>j) << 3))));
      store<f64>(at, f64x2.extract_lane(x, 0));
      store<f64>(at + stride, f64x2.extract_lane(x, 1));
      lower += ldl << 3;
    }
    row += 2 * stride;
  }
  if (i < m) {
    let lower = l << 3;
    for (let j = 0; j < n; j++) {
      const at = row + ((<usize>j) << 3);
      store<f64>(at, (load<f64>(at) - dotAt(j, row, lower)) / load<f64>(lower + ((<usize>j) << 3)));
      lower += ldl << 3;
    }
  }
}
