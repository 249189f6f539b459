/** The kernels of linear algebra that TypeScript alone runs several times slower, in AssemblyScript with 128-bit SIMD. */
export { appendRows } from './append-rows';
export { choleskyBlock } from './cholesky';
export { gemm, HEAP_START } from './gemm';
export { addGram } from './gram';
export { gemv, gemvTransposed, symv } from './matrix-vector';
export { gemvSingle, gemvTransposedSingle } from './single';
export { solveLeft, solveRightLowerTransposed } from './triangular';
export { axpy, dot, rotate } from './vectors';
