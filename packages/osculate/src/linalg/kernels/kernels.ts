/** Which implementation of the inner kernels runs: WebAssembly with 128-bit SIMD, or plain TypeScript. */
export type KernelName = 'wasm' | 'js';

/** An option of every dense routine; by default the fastest kernels that this host has (`defaultKernels`). */
export interface KernelOptions {
  /** Which inner kernels run. */
  readonly kernels?: KernelName;
}

/**
 * The inner kernels of dense linear algebra, over one array of doubles in which every operand lies. Matrices are row-major; offsets
 * and leading dimensions count doubles. Kernels are the only part that exists twice; every blocked algorithm is written once, on them.
 */
export interface Kernels {
  readonly name: KernelName;
  /** The memory. Allocation may replace this array: read it again after any call that allocates. */
  readonly heap: Float64Array;
  /** Reserves `length` doubles, uninitialised, and returns their offset. */
  allocate(length: number): number;
  /** Frees what was allocated at `offset` and everything allocated since. */
  release(offset: number): void;
  /** C += alpha op(A) op(B): C m x n, op(A) m x k, op(B) k x n. With `lower`, what lies above C's diagonal is unspecified. */
  gemm(
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
  ): void;
  /** y += alpha A x, A m x n. */
  gemv(m: number, n: number, alpha: number, a: number, lda: number, x: number, y: number): void;
  /** y += alpha Aᵀ x, A m x n. */
  gemvTransposed(m: number, n: number, alpha: number, a: number, lda: number, x: number, y: number): void;
  /** y += A x in double precision of A (m x n) and x in single: their offsets and the stride count floats of the same memory. */
  gemvSingle(m: number, n: number, a: number, lda: number, x: number, y: number): void;
  /** y += Aᵀ x of A (m x n) and y in single precision (offsets and stride count floats) and x in double: each y is rounded once. */
  gemvTransposedSingle(m: number, n: number, a: number, lda: number, x: number, y: number): void;
  /** y += alpha A x, A symmetric, its lower triangle given. */
  symv(n: number, alpha: number, a: number, lda: number, x: number, y: number): void;
  dot(n: number, x: number, y: number): number;
  /** y += alpha x. */
  axpy(n: number, alpha: number, x: number, y: number): void;
  /** (x, y) ← (c x + s y, c y − s x). */
  rotate(n: number, x: number, y: number, c: number, s: number): void;
  /** T X = B in place for a small T, element (i, k) at t + i rowStride + k columnStride; upper triangular when `backward`. */
  solveLeft(
    n: number,
    columns: number,
    t: number,
    rowStride: number,
    columnStride: number,
    unit: boolean,
    backward: boolean,
    b: number,
    ldb: number,
  ): void;
  /** X Lᵀ = B in place for a small lower triangular L, n x n; B m x n. */
  solveRightLowerTransposed(m: number, n: number, l: number, ldl: number, b: number, ldb: number): void;
  /** The lower Cholesky factor of a small block in place: −1, or the index of the first pivot that is not positive. */
  choleskyBlock(n: number, a: number, lda: number): number;
  /**
   * R ← the triangular factor of [R; Aᵀ], R n x n upper triangular; the n rows of A, which is overwritten, are the columns of the `rows` rows
   * (a multiple of 4) that are appended.
   */
  appendRows(n: number, rows: number, r: number, ldr: number, a: number, lda: number): void;
  /** G += A Aᵀ on and below the diagonal, A n x `count` (a multiple of 4); what lies above the diagonal is unspecified. */
  addGram(n: number, count: number, a: number, lda: number, g: number, ldg: number): void;
}
