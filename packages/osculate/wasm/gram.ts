import { gemv } from './matrix-vector';
import { dotAt, lanes } from './vectors';

/** Adds to an element. */
function add(at: usize, sum: f64): void {
  store<f64>(at, load<f64>(at) + sum);
}

/**
 * G[2 x 4] += A·Bᵀ, of two rows and four of `bytes` bytes: each load serves four sums or two. With more sums, more loads at a time or offsets
 * in place of pointers, V8 runs out of registers and takes a third longer.
 */
function twoByFour(bytes: usize, stride: usize, a: usize, b: usize, g: usize, across: usize): void {
  let a1 = a + stride;
  let b1 = b + stride;
  let b2 = b1 + stride;
  let b3 = b2 + stride;
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let t0 = f64x2.splat(0);
  let t1 = f64x2.splat(0);
  let t2 = f64x2.splat(0);
  let t3 = f64x2.splat(0);
  const end = a + bytes;
  while (a < end) {
    const x = v128.load(a);
    const y = v128.load(a1);
    const z0 = v128.load(b);
    s0 = f64x2.add(s0, f64x2.mul(x, z0));
    t0 = f64x2.add(t0, f64x2.mul(y, z0));
    const z1 = v128.load(b1);
    s1 = f64x2.add(s1, f64x2.mul(x, z1));
    t1 = f64x2.add(t1, f64x2.mul(y, z1));
    const z2 = v128.load(b2);
    s2 = f64x2.add(s2, f64x2.mul(x, z2));
    t2 = f64x2.add(t2, f64x2.mul(y, z2));
    const z3 = v128.load(b3);
    s3 = f64x2.add(s3, f64x2.mul(x, z3));
    t3 = f64x2.add(t3, f64x2.mul(y, z3));
    a += 16;
    a1 += 16;
    b += 16;
    b1 += 16;
    b2 += 16;
    b3 += 16;
  }
  add(g, lanes(s0));
  add(g + 8, lanes(s1));
  add(g + 16, lanes(s2));
  add(g + 24, lanes(s3));
  g += across;
  add(g, lanes(t0));
  add(g + 8, lanes(t1));
  add(g + 16, lanes(t2));
  add(g + 24, lanes(t3));
}

/**
 * G += A·Aᵀ on and below the diagonal, A n x `count` with `count` a multiple of 4; what lies above the diagonal is unspecified. A should fit
 * the first-level cache. Offsets and strides count doubles.
 */
export function addGram(n: i32, count: i32, a: usize, lda: usize, g: usize, ldg: usize): void {
  const stride = lda << 3;
  const across = ldg << 3;
  const bytes = (<usize>count) << 3;
  const first = a << 3;
  let i = 0;
  for (; i + 2 <= n; i += 2) {
    const row = first + <usize>i * stride;
    const out = (g << 3) + <usize>i * across;
    let j = 0;
    for (; j < i + 2 && j + 4 <= n; j += 4) {
      twoByFour(bytes, stride, row, first + <usize>j * stride, out + ((<usize>j) << 3), across);
    }
    for (; j < i + 2; j++) {
      const column = first + <usize>j * stride;
      const at = out + ((<usize>j) << 3);
      add(at, dotAt(count, row, column));
      add(at + across, dotAt(count, row + stride, column));
    }
  }
  if (i < n) gemv(n, count, 1, a, lda, a + <usize>i * lda, g + <usize>i * ldg);
}
