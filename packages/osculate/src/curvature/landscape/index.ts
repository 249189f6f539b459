export { type FilterAxes, filterAxes, filterNormalized, randomDirection } from './filter-normalized.js';
export { interpolation } from './interpolation.js';
export { type Landscape, landscape } from './landscape.js';
export { type QuadraticModel, quadraticAt, quadraticModel, type TrustRadius } from './quadratic-model.js';
export { principalDirections, projectTrajectory } from './trajectory.js';
