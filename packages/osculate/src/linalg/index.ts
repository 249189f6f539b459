/**
 * Linear algebra in float64: dense factorisations of row-major matrices, and Krylov methods on any operator. Depends on no graph.
 */

export type { CholeskyFailure, CholeskyResult } from './dense/cholesky.js';
export { cholesky, choleskyLogDeterminant, choleskySolve } from './dense/cholesky.js';
export { choleskyInverse } from './dense/cholesky-inverse.js';
export { conditionEstimate, estimateOneNorm } from './dense/condition-estimate.js';
export { determinant, type LogDeterminant, logDeterminant } from './dense/determinant.js';
export type { SymmetricEigenOptions } from './dense/eigen/symmetric-eigen.js';
export { type SymmetricEigen, symmetricEigen, symmetricEigenvalues } from './dense/eigen/symmetric-eigen.js';
export { tridiagonalEigen } from './dense/eigen/tridiagonal-eigen.js';
export { type InverseRootOptions, type InverseRootResult, inverseRoot } from './dense/inverse-root.js';
export { type Inertia, type LdlFactors, type LdlSolution, ldlt, ldltSolve } from './dense/ldlt.js';
export { type LeastSquaresSolution, leastSquares } from './dense/least-squares.js';
export { type LuFactors, lu, luSolve } from './dense/lu.js';
export { type ModifiedCholesky, type ModifiedCholeskyOptions, modifiedCholesky } from './dense/modified-cholesky.js';
export { type MultiplyOptions, multiply } from './dense/multiply.js';
export { type NewtonSchulzOptions, newtonSchulz } from './dense/newton-schulz.js';
export { euclideanNorm, frobeniusNorm, infinityNorm, maxNorm, oneNorm } from './dense/norms.js';
export { type PivotedCholeskyOptions, type PivotedCholeskyResult, pivotedCholesky } from './dense/pivoted-cholesky.js';
export { type PivotedQr, type PivotedQrOptions, pivotedQr } from './dense/pivoted-qr.js';
export { type ApplyQOptions, applyQ, orthogonalFactor, type QrFactors, qr, upperFactor } from './dense/qr.js';
export { type AugmentedQr, augmentQr } from './dense/qr-augmented.js';
export { type QrDowndate, qrAppendRow, qrRemoveRow } from './dense/qr-update.js';
export type { IntoOptions } from './dense/result.js';
export type { RightHandSide } from './dense/right-hand-side.js';
export { type SingularValueDecomposition, singularValues, svd } from './dense/svd.js';
export { solveTriangular, type TriangularOptions, type TriangularSolution } from './dense/triangular.js';
export type { KernelName, KernelOptions } from './kernels/kernels.js';
export { defaultKernels } from './kernels/select.js';
export {
  type ConjugateGradientsOptions,
  type ConjugateGradientsResult,
  conjugateGradients,
} from './krylov/conjugate-gradients.js';
export { type LanczosResult, lanczos } from './krylov/lanczos.js';
export { type LobpcgOptions, type LobpcgResult, lobpcg } from './krylov/lobpcg.js';
export { type LsmrOptions, type LsmrResult, lsmr } from './krylov/lsmr.js';
export { type MinresOptions, type MinresResult, minres } from './krylov/minres.js';
export type { AsyncOperator, Operator } from './krylov/operator.js';
export type { StoppingOptions } from './krylov/options.js';
export { type SteihaugTointOptions, type SteihaugTointResult, steihaugToint } from './krylov/steihaug-toint.js';
export {
  type StoredIterate,
  type TruncatedGradientsOptions,
  type TruncatedGradientsResult,
  truncatedGradients,
} from './krylov/truncated-gradients.js';
export { identityMatrix, type Matrix, matrix, matrixFromRows, transposeMatrix } from './matrix.js';
