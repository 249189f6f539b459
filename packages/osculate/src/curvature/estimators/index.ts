export { type AscentSharpness, type AscentSharpnessOptions, ascentSharpness } from './ascent-sharpness.js';
export { type ConditionNumber, type ConditionNumberOptions, conditionNumber } from './condition-number.js';
export { type DiagonalEstimate, diagonalEstimate } from './diagonal-estimate.js';
export {
  type DirectionalCurvature,
  directionalCurvature,
  type GradientAlignment,
  gradientAlignment,
} from './directions.js';
export { type EigenpairsOptions, eigenpairs, type Sharpness, sharpness } from './eigenpairs.js';
export type { Estimate, ProbeDistribution } from './estimate.js';
export { type GradientNoise, gradientNoise } from './gradient-noise.js';
export { type MorseIndex, type MorseIndexOptions, morseIndex } from './morse-index.js';
export { nuclearNormEstimate, type Quadrature, type QuadratureEstimate, type QuadratureOptions } from './quadrature.js';
export {
  type DampedOptions,
  type DensityCurve,
  effectiveDimension,
  logDeterminantEstimate,
  SpectralDensity,
  type SpectralDensityOptions,
  spectralDensity,
} from './spectral-density.js';
export type { Eigenpairs, SpectrumEnd } from './thick-restart-lanczos.js';
export {
  frobeniusNormEstimate,
  type HutchinsonOptions,
  hutchinson,
  hutchPlusPlus,
  type ProbeOptions,
  type TraceOptions,
  xtrace,
} from './traces.js';
