export { filterAxes } from './filter-axes.js';
export { type FilterAxes, type FilterOptions, filterNormalized, randomDirection } from './filter-normalized.js';
export { type Interpolation, type InterpolationOptions, interpolation } from './interpolation.js';
export { type Landscape, type LandscapeOptions, landscape } from './landscape.js';
export type { LossesOptions } from './losses-at.js';
export { type QuadraticModel, quadraticAt, quadraticModel } from './quadratic-model.js';
export {
  type PrincipalDirections,
  type Projection,
  principalDirections,
  projectTrajectory,
} from './trajectory.js';
export type { TrustRadius } from './trust-radius.js';
