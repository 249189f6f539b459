/**
 * Linear algebra in float64: dense factorisations of row-major matrices, and Krylov methods on any operator. Depends on no graph.
 */

export { cholesky, choleskySolve } from './dense/cholesky.js';
export { choleskyInverse } from './dense/cholesky-inverse.js';
export { conditionEstimate } from './dense/condition-estimate.js';
export { determinant, logDeterminant } from './dense/determinant.js';
export { symmetricEigen, symmetricEigenvalues } from './dense/eigen/symmetric-eigen.js';
export { inverseRoot } from './dense/inverse-root.js';
export { ldlt, ldltSolve } from './dense/ldlt.js';
export { solveLeastSquares } from './dense/least-squares.js';
export { lu, luSolve } from './dense/lu.js';
export { modifiedCholesky } from './dense/modified-cholesky.js';
export { multiply } from './dense/multiply.js';
export { newtonSchulz } from './dense/newton-schulz.js';
export { euclideanNorm, frobeniusNorm, infinityNorm, maxNorm, oneNorm } from './dense/norms.js';
export { pivotedCholesky } from './dense/pivoted-cholesky.js';
export { pivotedQr } from './dense/pivoted-qr.js';
export { applyQ, orthogonalFactor, qr, upperFactor } from './dense/qr.js';
export { singularValues, svd } from './dense/svd.js';
export { solveTriangular } from './dense/triangular.js';
export type { KernelName } from './kernels/kernels.js';
export { defaultKernels } from './kernels/select.js';
export { conjugateGradients } from './krylov/conjugate-gradients.js';
export { lanczos } from './krylov/lanczos.js';
export { lobpcg } from './krylov/lobpcg.js';
export { lsmr } from './krylov/lsmr.js';
export { minres } from './krylov/minres.js';
export type { AsyncOperator, Operator } from './krylov/operator.js';
export { steihaugToint } from './krylov/steihaug-toint.js';
export { identityMatrix, type Matrix, matrix, matrixFromRows, transposeMatrix } from './matrix.js';
