export { type DampedOptions, effectiveDimension, logDeterminantEstimate } from './damped-traces.js';
export { type DiagonalEstimate, diagonalEstimate, type ProbeOptions } from './diagonal-estimate.js';
export { type EigenpairsOptions, eigenpairs } from './eigenpairs.js';
export type { Estimate } from './estimate.js';
export { frobeniusNormEstimate } from './frobenius-norm.js';
export { type GradientNoise, gradientNoise } from './gradient-noise.js';
export { hutchPlusPlus, type TraceOptions } from './hutch-plus-plus.js';
export { type HutchinsonOptions, hutchinson } from './hutchinson.js';
export type { ProbeDistribution } from './probes.js';
export type { Eigenpairs, SpectrumEnd } from './ritz-pairs.js';
export { type Sharpness, sharpness } from './sharpness.js';
export {
  type DensityCurve,
  type Quadrature,
  SpectralDensity,
  type SpectralDensityOptions,
  spectralDensity,
} from './spectral-density.js';
export { xtrace } from './xtrace.js';
