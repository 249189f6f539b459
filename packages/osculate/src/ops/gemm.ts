import type { ReferenceBuffer } from '../tensor/ir.js';

/** Rank-2 product C = op(A)·op(B) of row-major matrices that start at the given offsets; C is overwritten. */
export type Gemm = (
  a: ReferenceBuffer,
  b: ReferenceBuffer,
  c: ReferenceBuffer,
  atA: number,
  atB: number,
  atC: number,
) => void;

/** Rows and columns of C that are computed at a time, in registers. */
const rows = 4;
const columns = 2;

/** Columns of B that are packed at a time: with a few hundred rows they stay in the second-level cache. */
const blockColumns = 64;

/** Lines first … first + width − 1 of `from` side by side: to[p·width + r] is element p of line first + r; zeros past `lines`. */
function pack(
  from: ReferenceBuffer,
  at: number,
  lineStride: number,
  stride: number,
  line: { first: number; width: number; lines: number },
  to: Float64Array,
  start: number,
  k: number,
): void {
  const { first, width, lines } = line;
  for (let r = 0; r < width; r++) {
    const inside = first + r < lines;
    let source = at + (first + r) * lineStride;
    for (let p = 0, target = start + r; p < k; p++, target += width, source += stride) {
      to[target] = inside ? from[source]! : 0;
    }
  }
}

/** The 4 × 2 tile of C at (i, j) from a panel of four rows of A and, from `ib` on, one of two columns of B. */
function tile(
  pa: Float64Array,
  pb: Float64Array,
  ib: number,
  c: ReferenceBuffer,
  at: number,
  i: number,
  j: number,
  m: number,
  n: number,
): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let t0 = 0;
  let t1 = 0;
  let t2 = 0;
  let t3 = 0;
  for (let ia = 0; ia < pa.length; ia += rows, ib += columns) {
    const u = pb[ib]!;
    const v = pb[ib + 1]!;
    const w = pa[ia]!;
    const x = pa[ia + 1]!;
    const y = pa[ia + 2]!;
    const z = pa[ia + 3]!;
    s0 += w * u;
    s1 += x * u;
    s2 += y * u;
    s3 += z * u;
    t0 += w * v;
    t1 += x * v;
    t2 += y * v;
    t3 += z * v;
  }
  const to = at + i * n + j;
  const both = j + 1 < n;
  c[to] = s0;
  if (both) c[to + 1] = t0;
  if (i + 1 >= m) return;
  c[to + n] = s1;
  if (both) c[to + n + 1] = t1;
  if (i + 2 >= m) return;
  c[to + 2 * n] = s2;
  if (both) c[to + 2 * n + 1] = t2;
  if (i + 3 >= m) return;
  c[to + 3 * n] = s3;
  if (both) c[to + 3 * n + 1] = t3;
}

function tiled(m: number, k: number, n: number, transA: boolean, transB: boolean): Gemm {
  const pa = new Float64Array(rows * k);
  const pb = new Float64Array(k * Math.min(n + (n % columns), blockColumns));
  const [ai, ap] = transA ? [1, m] : [k, 1];
  const [bj, bp] = transB ? [k, 1] : [1, n];
  return (a, b, c, atA, atB, atC) => {
    for (let block = 0; block < n; block += blockColumns) {
      const end = Math.min(block + blockColumns, n);
      for (let j = block; j < end; j += columns) {
        pack(b, atB, bj, bp, { first: j, width: columns, lines: n }, pb, (j - block) * k, k);
      }
      for (let i = 0; i < m; i += rows) {
        pack(a, atA, ai, ap, { first: i, width: rows, lines: m }, pa, 0, k);
        for (let j = block; j < end; j += columns) tile(pa, pb, (j - block) * k, c, atC, i, j, m, n);
      }
    }
  };
}

/** The product of one row with a k × n matrix: multiples of the matrix's rows, four at a time. */
function rowTimes(k: number, n: number): Gemm {
  return (a, b, c, atA, atB, atC) => {
    c.fill(0, atC, atC + n);
    let p = 0;
    for (let q = atB; p + 3 < k; p += 4, q += 4 * n) {
      const x0 = a[atA + p]!;
      const x1 = a[atA + p + 1]!;
      const x2 = a[atA + p + 2]!;
      const x3 = a[atA + p + 3]!;
      for (let j = 0; j < n; j++) {
        const from = q + j;
        c[atC + j] = c[atC + j]! + x0 * b[from]! + x1 * b[from + n]! + x2 * b[from + 2 * n]! + x3 * b[from + 3 * n]!;
      }
    }
    for (; p < k; p++) {
      const x = a[atA + p]!;
      const from = atB + p * n;
      for (let j = 0; j < n; j++) c[atC + j]! += x * b[from + j]!;
    }
  };
}

/** The products of one row with the rows of an n × k matrix, four at a time: one sum alone would wait for each addition. */
function rowDots(k: number, n: number): Gemm {
  return (a, b, c, atA, atB, atC) => {
    let j = 0;
    for (; j + 3 < n; j += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let p = 0, q = atB + j * k; p < k; p++, q++) {
        const x = a[atA + p]!;
        s0 += x * b[q]!;
        s1 += x * b[q + k]!;
        s2 += x * b[q + 2 * k]!;
        s3 += x * b[q + 3 * k]!;
      }
      c[atC + j] = s0;
      c[atC + j + 1] = s1;
      c[atC + j + 2] = s2;
      c[atC + j + 3] = s3;
    }
    for (; j < n; j++) {
      let s = 0;
      for (let p = 0, q = atB + j * k; p < k; p++, q++) s += a[atA + p]! * b[q]!;
      c[atC + j] = s;
    }
  };
}

/**
 * Prepares products of m × k by k × n matrices (stored as k × m, n × k where transposed) in float64. Each element is
 * summed in the order of k. About 3 GFLOP/s for sizes of a few hundred; work space 4·k + 64·k numbers.
 */
export function prepareGemm(m: number, k: number, n: number, transA: boolean, transB: boolean): Gemm {
  if (m === 1) return transB ? rowDots(k, n) : rowTimes(k, n);
  if (n === 1) {
    const swapped = transA ? rowTimes(k, m) : rowDots(k, m);
    return (a, b, c, atA, atB, atC) => swapped(b, a, c, atB, atA, atC);
  }
  return tiled(m, k, n, transA, transB);
}
