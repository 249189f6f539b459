import { gemm } from './js-gemm.js';
import type { Kernels } from './kernels.js';
import { OffsetStack } from './stack.js';

/** Doubles beyond which the heap is given back once nothing is allocated in it (128 MiB). */
const KEEP = 2 ** 24;

let heap = new Float64Array(0);

const stack = new OffsetStack(0, (length) => {
  if (length <= heap.length) return;
  const grown = new Float64Array(Math.max(length, Math.min(2 * heap.length, KEEP)));
  grown.set(heap);
  heap = grown;
});

function dot(n: number, x: number, y: number): number {
  const h = heap;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += h[x + i]! * h[y + i]!;
    s1 += h[x + i + 1]! * h[y + i + 1]!;
    s2 += h[x + i + 2]! * h[y + i + 2]!;
    s3 += h[x + i + 3]! * h[y + i + 3]!;
  }
  for (; i < n; i++) s0 += h[x + i]! * h[y + i]!;
  return s0 + s1 + (s2 + s3);
}

function axpy(n: number, alpha: number, x: number, y: number): void {
  const h = heap;
  for (let i = 0; i < n; i++) h[y + i] = h[y + i]! + alpha * h[x + i]!;
}

/** The plain TypeScript kernels: the fallback where WebAssembly SIMD is missing, and what it is tested against. */
export const jsKernels: Kernels = {
  name: 'js',
  get heap() {
    return heap;
  },
  allocate: (length) => stack.allocate(length),
  release(offset) {
    if (stack.release(offset) && heap.length > KEEP) heap = new Float64Array(0);
  },
  gemm: (...operands) => gemm(heap, ...operands),
  gemv(m, n, alpha, a, lda, x, y) {
    const h = heap;
    for (let i = 0; i < m; i++) h[y + i] = h[y + i]! + alpha * dot(n, a + i * lda, x);
  },
  gemvTransposed(m, n, alpha, a, lda, x, y) {
    for (let i = 0; i < m; i++) axpy(n, alpha * heap[x + i]!, a + i * lda, y);
  },
  gemvSingle(m, n, a, lda, x, y) {
    const h = heap;
    const single = new Float32Array(h.buffer);
    for (let i = 0; i < m; i++) {
      const row = a + i * lda;
      let sum = 0;
      for (let j = 0; j < n; j++) sum += single[row + j]! * single[x + j]!;
      h[y + i] = h[y + i]! + sum;
    }
  },
  gemvTransposedSingle(m, n, a, lda, x, y) {
    const h = heap;
    const single = new Float32Array(h.buffer);
    for (let j = 0; j < n; j++) {
      let sum = single[y + j]!;
      for (let i = 0; i < m; i++) sum += single[a + i * lda + j]! * h[x + i]!;
      single[y + j] = sum;
    }
  },
  symv(n, alpha, a, lda, x, y) {
    const h = heap;
    for (let i = 0; i < n; i++) {
      const row = a + i * lda;
      const xi = alpha * h[x + i]!;
      let sum = h[row + i]! * h[x + i]!;
      for (let j = 0; j < i; j++) {
        const value = h[row + j]!;
        sum += value * h[x + j]!;
        h[y + j] = h[y + j]! + value * xi;
      }
      h[y + i] = h[y + i]! + alpha * sum;
    }
  },
  dot,
  axpy,
  rotate(n, x, y, c, s) {
    const h = heap;
    for (let i = 0; i < n; i++) {
      const u = h[x + i]!;
      const v = h[y + i]!;
      h[x + i] = c * u + s * v;
      h[y + i] = c * v - s * u;
    }
  },
  solveLeft(n, columns, t, rowStride, columnStride, unit, backward, b, ldb) {
    const h = heap;
    for (let step = 0; step < n; step++) {
      const i = backward ? n - 1 - step : step;
      const row = t + i * rowStride;
      const target = b + i * ldb;
      const end = backward ? n : i;
      for (let k = backward ? i + 1 : 0; k < end; k++) axpy(columns, -h[row + k * columnStride]!, b + k * ldb, target);
      if (unit) continue;
      const pivot = h[row + i * columnStride]!;
      for (let j = target; j < target + columns; j++) h[j] = h[j]! / pivot;
    }
  },
  solveRightLowerTransposed(m, n, l, ldl, b, ldb) {
    const h = heap;
    for (let row = b; row < b + m * ldb; row += ldb) {
      for (let j = 0; j < n; j++) {
        const lower = l + j * ldl;
        h[row + j] = (h[row + j]! - dot(j, row, lower)) / h[lower + j]!;
      }
    }
  },
  choleskyBlock(n, a, lda) {
    const h = heap;
    for (let i = 0; i < n; i++) {
      const row = a + i * lda;
      for (let j = 0; j < i; j++) {
        const other = a + j * lda;
        h[row + j] = (h[row + j]! - dot(j, row, other)) / h[other + j]!;
      }
      const pivot = h[row + i]! - dot(i, row, row);
      h[row + i] = pivot > 0 ? Math.sqrt(pivot) : pivot;
      if (!(pivot > 0)) return i;
    }
    return -1;
  },
  appendRows(n, rows, r, ldr, a, lda) {
    const h = heap;
    for (let j = 0; j < n; j++) {
      const v = a + j * lda;
      const square = dot(rows, v, v);
      const row = r + j * ldr;
      const head = h[row + j]!;
      // Nearer to underflow than 2⁻¹⁰⁰⁰ a squared norm is nothing to divide by: the column counts as zero there.
      if (square === 0 || head * head + square <= 2 ** -1000) continue;
      const norm = Math.sqrt(head * head + square);
      const alpha = head > 0 ? -norm : norm;
      const first = head - alpha;
      const factor = -1 / (alpha * first);
      h[row + j] = alpha;
      for (let l = j + 1; l < n; l++) {
        const other = a + l * lda;
        const share = factor * (first * h[row + l]! + dot(rows, v, other));
        h[row + l] = h[row + l]! - share * first;
        axpy(rows, -share, v, other);
      }
    }
  },
  addGram(n, count, a, lda, g, ldg) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) heap[g + i * ldg + j]! += dot(count, a + i * lda, a + j * lda);
    }
  },
};
