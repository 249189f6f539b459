/** The kernels that TypeScript alone runs several times slower, in AssemblyScript with 128-bit SIMD. */
export { adagradSingle } from './adagrad';
export { adamSingle } from './adam';
export { appendRows } from './append-rows';
export { BLOCK_BYTES, BLOCK_LENGTH, GRADIENT, SETTINGS } from './blocks';
export { choleskyBlock } from './cholesky';
export { gemm, HEAP_START } from './gemm';
export { addGram } from './gram';
export { gemv, gemvTransposed, symv } from './matrix-vector';
export { nadamSingle } from './nadam';
export { rmspropSingle } from './rmsprop';
export { gemvSingle, gemvTransposedSingle } from './single';
export { squaresSingle } from './squares';
export { solveLeft, solveRightLowerTransposed } from './triangular';
export { axpy, dot, rotate } from './vectors';
