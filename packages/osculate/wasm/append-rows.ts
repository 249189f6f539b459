import { axpy, dotAt, lanes } from './vectors';

/** Byte addresses of scratch below the packing buffers: T of a panel, row-major 4 x 4, and the tops of its vectors. */
const FACTORS: usize = 384;
const FIRSTS: usize = 512;

/** A squared norm below this, 2⁻¹⁰⁰⁰, is too near underflow to divide by: the column counts as zero there. */
const NEGLIGIBLE: f64 = 9.332636185032189e-302;

/** Element i of Tᵀ·w. */
function coefficient(i: usize, w0: f64, w1: f64, w2: f64, w3: f64): f64 {
  let t = load<f64>(FACTORS + (i << 3)) * w0;
  if (i > 0) t += load<f64>(FACTORS + 32 + (i << 3)) * w1;
  if (i > 1) t += load<f64>(FACTORS + 64 + (i << 3)) * w2;
  if (i > 2) t += load<f64>(FACTORS + 96 + (i << 3)) * w3;
  return t;
}

/** (I − V·T·Vᵀ)ᵀ applied to two columns, of elements of R at r (rows `across` apart) and rows of the block at a. */
function applyToTwo(rows: i32, v: usize, stride: usize, r: usize, across: usize, a: usize): void {
  const bytes = (<usize>rows) << 3;
  const va = v + stride;
  const vb = va + stride;
  const vc = vb + stride;
  const b = a + stride;
  let p0 = f64x2.splat(0);
  let p1 = f64x2.splat(0);
  let p2 = f64x2.splat(0);
  let p3 = f64x2.splat(0);
  let q0 = f64x2.splat(0);
  let q1 = f64x2.splat(0);
  let q2 = f64x2.splat(0);
  let q3 = f64x2.splat(0);
  for (let i: usize = 0; i < bytes; i += 32) {
    const at = a + i;
    const bt = b + i;
    const vt = v + i;
    const vat = va + i;
    const vbt = vb + i;
    const vct = vc + i;
    const x = v128.load(at);
    const y = v128.load(bt);
    const v0 = v128.load(vt);
    p0 = f64x2.add(p0, f64x2.mul(v0, x));
    q0 = f64x2.add(q0, f64x2.mul(v0, y));
    const v1 = v128.load(vat);
    p1 = f64x2.add(p1, f64x2.mul(v1, x));
    q1 = f64x2.add(q1, f64x2.mul(v1, y));
    const v2 = v128.load(vbt);
    p2 = f64x2.add(p2, f64x2.mul(v2, x));
    q2 = f64x2.add(q2, f64x2.mul(v2, y));
    const v3 = v128.load(vct);
    p3 = f64x2.add(p3, f64x2.mul(v3, x));
    q3 = f64x2.add(q3, f64x2.mul(v3, y));
    const xb = v128.load(at, 16);
    const yb = v128.load(bt, 16);
    const v0b = v128.load(vt, 16);
    p0 = f64x2.add(p0, f64x2.mul(v0b, xb));
    q0 = f64x2.add(q0, f64x2.mul(v0b, yb));
    const v1b = v128.load(vat, 16);
    p1 = f64x2.add(p1, f64x2.mul(v1b, xb));
    q1 = f64x2.add(q1, f64x2.mul(v1b, yb));
    const v2b = v128.load(vbt, 16);
    p2 = f64x2.add(p2, f64x2.mul(v2b, xb));
    q2 = f64x2.add(q2, f64x2.mul(v2b, yb));
    const v3b = v128.load(vct, 16);
    p3 = f64x2.add(p3, f64x2.mul(v3b, xb));
    q3 = f64x2.add(q3, f64x2.mul(v3b, yb));
  }
  const f0 = load<f64>(FIRSTS);
  const f1 = load<f64>(FIRSTS, 8);
  const f2 = load<f64>(FIRSTS, 16);
  const f3 = load<f64>(FIRSTS, 24);
  const r1 = r + across;
  const r2 = r1 + across;
  const r3 = r2 + across;
  const x0 = lanes(p0) + f0 * load<f64>(r);
  const x1 = lanes(p1) + f1 * load<f64>(r1);
  const x2 = lanes(p2) + f2 * load<f64>(r2);
  const x3 = lanes(p3) + f3 * load<f64>(r3);
  const y0 = lanes(q0) + f0 * load<f64>(r, 8);
  const y1 = lanes(q1) + f1 * load<f64>(r1, 8);
  const y2 = lanes(q2) + f2 * load<f64>(r2, 8);
  const y3 = lanes(q3) + f3 * load<f64>(r3, 8);
  const s0 = coefficient(0, x0, x1, x2, x3);
  const s1 = coefficient(1, x0, x1, x2, x3);
  const s2 = coefficient(2, x0, x1, x2, x3);
  const s3 = coefficient(3, x0, x1, x2, x3);
  const t0 = coefficient(0, y0, y1, y2, y3);
  const t1 = coefficient(1, y0, y1, y2, y3);
  const t2 = coefficient(2, y0, y1, y2, y3);
  const t3 = coefficient(3, y0, y1, y2, y3);
  store<f64>(r, load<f64>(r) - f0 * s0);
  store<f64>(r1, load<f64>(r1) - f1 * s1);
  store<f64>(r2, load<f64>(r2) - f2 * s2);
  store<f64>(r3, load<f64>(r3) - f3 * s3);
  store<f64>(r, load<f64>(r, 8) - f0 * t0, 8);
  store<f64>(r1, load<f64>(r1, 8) - f1 * t1, 8);
  store<f64>(r2, load<f64>(r2, 8) - f2 * t2, 8);
  store<f64>(r3, load<f64>(r3, 8) - f3 * t3, 8);
  const a0 = f64x2.splat(s0);
  const a1 = f64x2.splat(s1);
  const a2 = f64x2.splat(s2);
  const a3 = f64x2.splat(s3);
  const b0 = f64x2.splat(t0);
  const b1 = f64x2.splat(t1);
  const b2 = f64x2.splat(t2);
  const b3 = f64x2.splat(t3);
  for (let i: usize = 0; i < bytes; i += 32) {
    const at = a + i;
    const bt = b + i;
    const vt = v + i;
    const vat = va + i;
    const vbt = vb + i;
    const vct = vc + i;
    const v0 = v128.load(vt);
    const v1 = v128.load(vat);
    const v2 = v128.load(vbt);
    const v3 = v128.load(vct);
    const x = f64x2.add(
      f64x2.add(f64x2.mul(a0, v0), f64x2.mul(a1, v1)),
      f64x2.add(f64x2.mul(a2, v2), f64x2.mul(a3, v3)),
    );
    v128.store(at, f64x2.sub(v128.load(at), x));
    const y = f64x2.add(
      f64x2.add(f64x2.mul(b0, v0), f64x2.mul(b1, v1)),
      f64x2.add(f64x2.mul(b2, v2), f64x2.mul(b3, v3)),
    );
    v128.store(bt, f64x2.sub(v128.load(bt), y));
    const v0b = v128.load(vt, 16);
    const v1b = v128.load(vat, 16);
    const v2b = v128.load(vbt, 16);
    const v3b = v128.load(vct, 16);
    const xb = f64x2.add(
      f64x2.add(f64x2.mul(a0, v0b), f64x2.mul(a1, v1b)),
      f64x2.add(f64x2.mul(a2, v2b), f64x2.mul(a3, v3b)),
    );
    v128.store(at, f64x2.sub(v128.load(at, 16), xb), 16);
    const yb = f64x2.add(
      f64x2.add(f64x2.mul(b0, v0b), f64x2.mul(b1, v1b)),
      f64x2.add(f64x2.mul(b2, v2b), f64x2.mul(b3, v3b)),
    );
    v128.store(bt, f64x2.sub(v128.load(bt, 16), yb), 16);
  }
}

/** Applies one reflection to the columns from `l` to `end`. */
function applyToEach(
  rows: i32,
  first: f64,
  factor: f64,
  v: usize,
  row: usize,
  a: usize,
  stride: usize,
  l: i32,
  end: i32,
): void {
  for (; l < end; l++) {
    const other = a + <usize>l * stride;
    const element = row + ((<usize>l) << 3);
    const t = factor * (first * load<f64>(element) + dotAt(rows, v, other));
    store<f64>(element, load<f64>(element) - t * first);
    axpy(rows, -t, v >> 3, other >> 3);
  }
}

/** T of the panel, of which `FACTORS` holds the diagonal: T[0:i, i] = −T[0:i, 0:i]·(Vᵀvᵢ)·Tᵢᵢ. Tops of different vectors do not meet. */
function formFactors(rows: i32, v: usize, stride: usize): void {
  for (let i: usize = 1; i < 4; i++) {
    const own = load<f64>(FACTORS + i * 40);
    for (let k: usize = 0; k < i; k++) {
      store<f64>(FACTORS + k * 32 + (i << 3), -own * dotAt(rows, v + k * stride, v + i * stride));
    }
    for (let k: usize = 0; k < i; k++) {
      let sum: f64 = 0;
      for (let l = k; l < i; l++)
        sum += load<f64>(FACTORS + k * 32 + (l << 3)) * load<f64>(FACTORS + l * 32 + (i << 3));
      store<f64>(FACTORS + k * 32 + (i << 3), sum);
    }
  }
}

/**
 * R ← the triangular factor of [R; Aᵀ], R n x n upper triangular, A n x rows, whose rows are the columns of the block that is appended and
 * are overwritten; `rows` is a multiple of 4. One Householder reflection a column, of R's diagonal element and the whole block, which
 * should fit the first-level cache; four reflections at a time act on the columns to the right (compact WY). Offsets and strides count
 * doubles.
 */
export function appendRows(n: i32, rows: i32, r: usize, ldr: usize, a: usize, lda: usize): void {
  const stride = lda << 3;
  const across = ldr << 3;
  const block = a << 3;
  for (let start = 0; start < n; start += 4) {
    const end = min(start + 4, n);
    const panel = block + <usize>start * stride;
    for (let j = start; j < end; j++) {
      const v = block + <usize>j * stride;
      const row = (r << 3) + <usize>j * across;
      const at = row + ((<usize>j) << 3);
      const square = dotAt(rows, v, v);
      const head = load<f64>(at);
      let first: f64 = 0;
      let factor: f64 = 0;
      if (head * head + square > NEGLIGIBLE && square > 0) {
        const norm = sqrt<f64>(head * head + square);
        const alpha = head > 0 ? -norm : norm;
        first = head - alpha;
        factor = -1 / (alpha * first);
        store<f64>(at, alpha);
        applyToEach(rows, first, factor, v, row, block, stride, j + 1, end);
      }
      const i = <usize>(j - start);
      store<f64>(FIRSTS + (i << 3), first);
      store<f64>(FACTORS + i * 40, factor);
    }
    if (end === n) break;
    formFactors(rows, panel, stride);
    const top = (r << 3) + <usize>start * across;
    let l = end;
    for (; l + 2 <= n; l += 2) {
      applyToTwo(rows, panel, stride, top + ((<usize>l) << 3), across, block + <usize>l * stride);
    }
    if (l < n) {
      for (let j = start; j < end; j++) {
        const i = <usize>(j - start);
        const first = load<f64>(FIRSTS + (i << 3));
        const factor = load<f64>(FACTORS + i * 40);
        applyToEach(rows, first, factor, panel + i * stride, top + i * across, block, stride, l, n);
      }
    }
  }
}
