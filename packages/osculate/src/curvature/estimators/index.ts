export { type AscentSharpness, type AscentSharpnessOptions, ascentSharpness } from './ascent-sharpness.js';
export { byLayer, layerNames } from './by-layer.js';
export { type ConditionNumber, type ConditionNumberOptions, conditionNumber } from './condition-number.js';
export { type DampedOptions, effectiveDimension, logDeterminantEstimate } from './damped-traces.js';
export { type DiagonalEstimate, diagonalEstimate, type ProbeOptions } from './diagonal-estimate.js';
export { type DirectionalCurvature, directionalCurvature } from './directional-curvature.js';
export { type EigenpairsOptions, eigenpairs } from './eigenpairs.js';
export type { Estimate } from './estimate.js';
export { frobeniusNormEstimate } from './frobenius-norm.js';
export { type GradientAlignment, gradientAlignment } from './gradient-alignment.js';
export { type GradientNoise, gradientNoise } from './gradient-noise.js';
export { hutchPlusPlus, type TraceOptions } from './hutch-plus-plus.js';
export { type HutchinsonOptions, hutchinson } from './hutchinson.js';
export type { Quadrature } from './lanczos-quadrature.js';
export { type MorseIndex, type MorseIndexOptions, morseIndex } from './morse-index.js';
export { nuclearNormEstimate } from './nuclear-norm.js';
export type { ProbeDistribution } from './probes.js';
export type { QuadratureEstimate, QuadratureOptions } from './quadrature-trace.js';
export type { Eigenpairs, SpectrumEnd } from './ritz-pairs.js';
export { type Sharpness, sharpness } from './sharpness.js';
export {
  type DensityCurve,
  SpectralDensity,
  type SpectralDensityOptions,
  spectralDensity,
} from './spectral-density.js';
export { xtrace } from './xtrace.js';
