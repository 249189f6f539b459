import type { GradientNoise } from 'osculate/curvature';
import type { LayerCurvature } from './analysis/layers.js';
import type { LandscapeData } from './landscape.js';
import type { Spectrum } from './spectrum.js';

/** What `osculate curvature` measures, as plain data. */
export interface Curvature {
  readonly spectrum: Spectrum;
  readonly layers: readonly LayerCurvature[];
  /** Null where the examples are too few, or are not independent of each other. */
  readonly noise: GradientNoise | null;
  readonly gradientNorm: number;
  readonly loss: number;
  readonly landscape: LandscapeData;
}
