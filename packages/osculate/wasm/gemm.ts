import { microKernel, microKernelEdge } from './micro-kernel';

/** Sizes of the packed blocks (Goto & van de Geijn 2008): ROWS x DEPTH of A stays in L2, a DEPTH x 4 sliver of B in L1. */
const ROWS: i32 = 96;
const DEPTH: i32 = 256;
const COLUMNS: i32 = 512;

/** The packing buffers lie at the bottom of the memory; the heap that JavaScript hands out starts after them. */
const PACKED_A: usize = 1024;
const PACKED_B: usize = PACKED_A + <usize>ROWS * <usize>DEPTH * 8;
export const HEAP_START: usize = PACKED_B + <usize>DEPTH * <usize>COLUMNS * 8;

/** Packs `rows` x `depth` of op(A), times alpha, in slivers of 4 rows, the last one padded with zeros. */
function packRows(rows: i32, depth: i32, alpha: f64, a: usize, rowStride: usize, depthStride: usize): void {
  let out = PACKED_A;
  for (let i = 0; i < rows; i += 4) {
    const valid = rows - i;
    let p0 = a + <usize>i * rowStride;
    let p1 = p0 + rowStride;
    let p2 = p1 + rowStride;
    let p3 = p2 + rowStride;
    if (valid >= 4) {
      for (let p = 0; p < depth; p++) {
        store<f64>(out, alpha * load<f64>(p0));
        store<f64>(out, alpha * load<f64>(p1), 8);
        store<f64>(out, alpha * load<f64>(p2), 16);
        store<f64>(out, alpha * load<f64>(p3), 24);
        out += 32;
        p0 += depthStride;
        p1 += depthStride;
        p2 += depthStride;
        p3 += depthStride;
      }
    } else {
      for (let p = 0; p < depth; p++) {
        store<f64>(out, alpha * load<f64>(p0));
        store<f64>(out, valid > 1 ? alpha * load<f64>(p1) : 0.0, 8);
        store<f64>(out, valid > 2 ? alpha * load<f64>(p2) : 0.0, 16);
        store<f64>(out, 0.0, 24);
        out += 32;
        p0 += depthStride;
        p1 += depthStride;
        p2 += depthStride;
      }
    }
  }
}

/** Packs `depth` x `columns` of op(B) in slivers of 4 columns, the last one padded with zeros. */
function packColumns(depth: i32, columns: i32, b: usize, depthStride: usize, columnStride: usize): void {
  let out = PACKED_B;
  for (let j = 0; j < columns; j += 4) {
    const valid = columns - j;
    let source = b + <usize>j * columnStride;
    if (valid >= 4) {
      for (let p = 0; p < depth; p++) {
        store<f64>(out, load<f64>(source));
        store<f64>(out, load<f64>(source + columnStride), 8);
        store<f64>(out, load<f64>(source + 2 * columnStride), 16);
        store<f64>(out, load<f64>(source + 3 * columnStride), 24);
        out += 32;
        source += depthStride;
      }
    } else {
      for (let p = 0; p < depth; p++) {
        store<f64>(out, load<f64>(source));
        store<f64>(out, valid > 1 ? load<f64>(source + columnStride) : 0.0, 8);
        store<f64>(out, valid > 2 ? load<f64>(source + 2 * columnStride) : 0.0, 16);
        store<f64>(out, 0.0, 24);
        out += 32;
        source += depthStride;
      }
    }
  }
}

/** One packed block of A times one packed block of B, added to C at (row, column); `lower` skips tiles above the diagonal. */
function multiplyBlocks(m: i32, n: i32, k: i32, c: usize, ldc: usize, row: i32, column: i32, lower: i32): void {
  const sliver = <usize>k * 32;
  let b = PACKED_B;
  for (let j = 0; j < n; j += 4) {
    let a = PACKED_A;
    for (let i = 0; i < m; i += 4) {
      if (!lower || row + i + 3 >= column + j) {
        const target = c + <usize>(row + i) * ldc + ((<usize>(column + j)) << 3);
        if (i + 4 <= m && j + 4 <= n) microKernel(k, a, b, target, ldc);
        else microKernelEdge(k, a, b, target, ldc, min(4, m - i), min(4, n - j));
      }
      a += sliver;
    }
    b += sliver;
  }
}

/**
 * C += alpha op(A) op(B), C m x n, op(A) m x k, op(B) k x n, row-major. Offsets and leading dimensions count doubles.
 * With `lower`, tiles of 4 x 4 that lie wholly above the diagonal of C are left as they are.
 */
export function gemm(
  transA: i32,
  transB: i32,
  m: i32,
  n: i32,
  k: i32,
  alpha: f64,
  a: usize,
  lda: usize,
  b: usize,
  ldb: usize,
  c: usize,
  ldc: usize,
  lower: i32,
): void {
  const aRow: usize = transA ? 8 : lda << 3;
  const aDepth: usize = transA ? lda << 3 : 8;
  const bDepth: usize = transB ? 8 : ldb << 3;
  const bColumn: usize = transB ? ldb << 3 : 8;
  for (let jc = 0; jc < n; jc += COLUMNS) {
    const nc = min(COLUMNS, n - jc);
    for (let pc = 0; pc < k; pc += DEPTH) {
      const kc = min(DEPTH, k - pc);
      packColumns(kc, nc, (b << 3) + <usize>pc * bDepth + <usize>jc * bColumn, bDepth, bColumn);
      for (let ic = 0; ic < m; ic += ROWS) {
        const mc = min(ROWS, m - ic);
        if (lower && ic + mc <= jc) continue;
        packRows(mc, kc, alpha, (a << 3) + <usize>ic * aRow + <usize>pc * aDepth, aRow, aDepth);
        multiplyBlocks(mc, nc, kc, c << 3, ldc << 3, ic, jc, lower);
      }
    }
  }
}
