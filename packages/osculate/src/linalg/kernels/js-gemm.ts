/** Sizes of the packed blocks; smaller than the caches would allow, since scalar code is bound by arithmetic. */
const ROWS = 64;
const DEPTH = 128;
const COLUMNS = 256;

const packedA = new Float64Array(ROWS * DEPTH);
const packedB = new Float64Array(DEPTH * COLUMNS);

/** Packs `count` lines of `depth` entries, times alpha, in slivers of 4 lines, the last one padded with zeros. */
function pack(
  out: Float64Array,
  h: Float64Array,
  count: number,
  depth: number,
  alpha: number,
  source: number,
  lineStride: number,
  depthStride: number,
): void {
  let at = 0;
  for (let i = 0; i < count; i += 4) {
    const valid = Math.min(4, count - i);
    const line = source + i * lineStride;
    for (let p = 0; p < depth; p++) {
      const from = line + p * depthStride;
      for (let r = 0; r < 4; r++) out[at++] = r < valid ? alpha * h[from + r * lineStride]! : 0;
    }
  }
}

/** C[rows x columns] += A sliver times B sliver, held in 16 scalars. */
function tile(h: Float64Array, k: number, a: number, b: number, c: number, ldc: number, rows: number, columns: number) {
  const A = packedA;
  const B = packedB;
  let c00 = 0,
    c01 = 0,
    c02 = 0,
    c03 = 0,
    c10 = 0,
    c11 = 0,
    c12 = 0,
    c13 = 0;
  let c20 = 0,
    c21 = 0,
    c22 = 0,
    c23 = 0,
    c30 = 0,
    c31 = 0,
    c32 = 0,
    c33 = 0;
  for (let p = 0; p < k; p++, a += 4, b += 4) {
    const b0 = B[b]!,
      b1 = B[b + 1]!,
      b2 = B[b + 2]!,
      b3 = B[b + 3]!;
    const a0 = A[a]!,
      a1 = A[a + 1]!,
      a2 = A[a + 2]!,
      a3 = A[a + 3]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  addRow(h, c, columns, c00, c01, c02, c03);
  if (rows > 1) addRow(h, c + ldc, columns, c10, c11, c12, c13);
  if (rows > 2) addRow(h, c + 2 * ldc, columns, c20, c21, c22, c23);
  if (rows > 3) addRow(h, c + 3 * ldc, columns, c30, c31, c32, c33);
}

function addRow(h: Float64Array, at: number, columns: number, v0: number, v1: number, v2: number, v3: number): void {
  h[at] = h[at]! + v0;
  if (columns > 1) h[at + 1] = h[at + 1]! + v1;
  if (columns > 2) h[at + 2] = h[at + 2]! + v2;
  if (columns > 3) h[at + 3] = h[at + 3]! + v3;
}

/** C += alpha op(A) op(B) by packed blocks (Goto and van de Geijn 2008); the contract is `Kernels.gemm`. */
export function gemm(
  h: Float64Array,
  transA: boolean,
  transB: boolean,
  m: number,
  n: number,
  k: number,
  alpha: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  c: number,
  ldc: number,
  lower: boolean,
): void {
  const [aRow, aDepth] = transA ? [1, lda] : [lda, 1];
  const [bDepth, bColumn] = transB ? [1, ldb] : [ldb, 1];
  for (let jc = 0; jc < n; jc += COLUMNS) {
    const nc = Math.min(COLUMNS, n - jc);
    for (let pc = 0; pc < k; pc += DEPTH) {
      const kc = Math.min(DEPTH, k - pc);
      pack(packedB, h, nc, kc, 1, b + pc * bDepth + jc * bColumn, bColumn, bDepth);
      for (let ic = 0; ic < m; ic += ROWS) {
        const mc = Math.min(ROWS, m - ic);
        if (lower && ic + mc <= jc) continue;
        pack(packedA, h, mc, kc, alpha, a + ic * aRow + pc * aDepth, aRow, aDepth);
        for (let j = 0; j < nc; j += 4) {
          for (let i = 0; i < mc; i += 4) {
            if (lower && ic + i + 3 < jc + j) continue;
            tile(h, kc, i * kc, j * kc, c + (ic + i) * ldc + jc + j, ldc, mc - i, nc - j);
          }
        }
      }
    }
  }
}
