export {
  type FilterAxes,
  type FilterOptions,
  filterAxes,
  filterNormalized,
  randomDirection,
} from './filter-normalized.js';
export { type Interpolation, type InterpolationOptions, interpolation } from './interpolation.js';
export { type Landscape, type LandscapeOptions, landscape } from './landscape.js';
export type { LossesOptions } from './losses-at.js';
export { type QuadraticModel, quadraticAt, quadraticModel, type TrustRadius } from './quadratic-model.js';
export {
  type PrincipalDirections,
  type Projection,
  principalDirections,
  projectTrajectory,
} from './trajectory.js';
