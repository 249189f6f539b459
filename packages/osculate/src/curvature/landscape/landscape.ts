import type { At } from '../../objective/objective.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { type LossesOptions, lossesAt, lossesOptions } from './losses-at.js';
import { type QuadraticModel, quadraticAt, quadraticModel, type TrustRadius, trustRadius } from './quadratic-model.js';

export interface LandscapeOptions extends LossesOptions {
  /** One direction for a line or two for a plane; a coordinate of 1 is one whole direction from the point. */
  readonly directions: readonly Float64Array[];
  /** Coordinates along each direction, one range for both or one each: from −r to r, or from … to. Default 1. */
  readonly range?: number | readonly [number, number] | readonly (readonly [number, number])[];
  /** Points along each direction; default 51. Odd numbers have the centre of a symmetric range on the grid. */
  readonly resolution?: number;
  /** Of the trust radius: |L − q| at most this share of |L − L(0)|. Default 0.1. */
  readonly tolerance?: number;
}

const landscapeOptions: OptionNames<LandscapeOptions> = {
  ...lossesOptions,
  directions: 1,
  range: 1,
  resolution: 1,
  tolerance: 1,
};

/** The loss on a grid, with its second-order model beside it: plain data. */
export interface Landscape {
  /** The coordinates along each direction. */
  readonly axes: readonly (readonly number[])[];
  /** L at every grid point; those along the first direction follow each other. Infinity and NaN where the loss is that. */
  readonly losses: Float64Array;
  /** q at every grid point. */
  readonly modelled: Float64Array;
  /** The second-order model at the centre. */
  readonly quadratic: QuadraticModel;
  /** How far the second-order model holds. */
  readonly trust: TrustRadius;
  /** Grid points whose loss is not finite. */
  readonly nonFinite: number;
  /** The smallest finite loss on the grid and where it is; null where there is none. */
  readonly lowest: { readonly loss: number; readonly coordinates: readonly number[] } | null;
}

type Ranges = readonly (readonly [number, number])[];

function rangesOf({ directions, range = 1 }: LandscapeOptions): Ranges {
  if (typeof range === 'number') return directions.map(() => [-range, range] as const);
  const many = range.every(Array.isArray) ? (range as Ranges) : directions.map(() => range as [number, number]);
  return many;
}

function axesOf(options: LandscapeOptions): number[][] {
  const { directions, resolution = 51 } = options;
  checkOptions('landscape', { 'an integer ≥ 2': { resolution } });
  if (directions.length < 1 || directions.length > 2) {
    throw new InputError(
      `landscape: there are ${directions.length} directions; give one for a line or two for a plane`,
    );
  }
  const ranges = rangesOf(options);
  if (ranges.length !== directions.length) {
    throw new InputError(`landscape: there are ${ranges.length} ranges for ${directions.length} directions`);
  }
  return ranges.map(([low, high]) => {
    if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
      throw new InputError(
        `landscape: the range from ${low} to ${high} is empty; give finite numbers, the lower first`,
      );
    }
    return Array.from({ length: resolution }, (_, i) => low + ((high - low) * i) / (resolution - 1)).map((c) =>
      // The centre itself, where rounding leaves a trace of it.
      Math.abs(c) < 1e-12 * (high - low) ? 0 : c,
    );
  });
}

function gridOf(axes: readonly (readonly number[])[]): number[][] {
  const [first, second] = axes as [number[], number[] | undefined];
  if (second === undefined) return first.map((a) => [a]);
  return second.flatMap((b) => first.map((a) => [a, b]));
}

function lowestOf(grid: readonly (readonly number[])[], losses: Float64Array): Landscape['lowest'] {
  let best = -1;
  losses.forEach((loss, i) => {
    if (Number.isFinite(loss) && (best < 0 || loss < losses[best]!)) best = i;
  });
  return best < 0 ? null : { loss: losses[best]!, coordinates: grid[best]! };
}

/** Differences of this size relative to the loss are rounding. */
const noise = { f32: 4e-6, f64: 1e-13 } as const;

/**
 * The objective over all rows along one or two directions from a point, the quadratic model of gradient and exact
 * Hessian-vector products beside it, and the radius within which that model can be trusted (see `trustRadius`). Points whose loss is
 * not finite are reported, not thrown.
 *
 * Cost: resolution (squared, for two directions) forward passes over the data, one gradient and one Hessian-vector product a direction.
 * @throws InputError or ShapeError for directions, ranges or numbers that make no sense, and for a gradient or product at the centre
 * that is not finite.
 * @example
 * const along = randomDirection(objective.layout, theta, generator(0));
 * const { losses, modelled, trust } = await landscape(objective.at(theta), { directions: [along], resolution: 11 });
 */
export async function landscape(at: At, options: LandscapeOptions): Promise<Landscape> {
  checkNames('landscape', options, landscapeOptions);
  const axes = axesOf(options);
  const { directions, tolerance = 0.1 } = options;
  checkOptions('landscape', { 'a number > 0': { tolerance } });
  const grid = gridOf(axes);
  const centre = directions.map(() => 0);
  const [value, ...losses] = await lossesAt(at, directions, [centre, ...grid], options);
  const quadratic = await quadraticModel(at, directions, value!);
  const modelled = Float64Array.from(grid, (c) => quadraticAt(quadratic, c));
  const points = grid.map((c, i) => ({ radius: Math.hypot(...c), loss: losses[i]!, model: modelled[i]! }));
  const result = Float64Array.from(losses);
  return {
    axes,
    losses: result,
    modelled,
    quadratic,
    trust: trustRadius(points, value!, tolerance, noise[at.objective.layout.dtype] * Math.abs(value!)),
    nonFinite: losses.filter((loss) => !Number.isFinite(loss)).length,
    lowest: lowestOf(grid, result),
  };
}
