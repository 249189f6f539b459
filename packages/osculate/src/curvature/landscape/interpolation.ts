import { dot } from '../../linalg/vectors.js';
import type { At } from '../../objective/objective.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { ShapeError } from '../../tensor/errors.js';
import { type LossesOptions, lossesAt, lossesOptions } from './losses-at.js';

export interface InterpolationOptions extends LossesOptions {
  /** Flat parameters of the first solution. */
  readonly from: ArrayLike<number>;
  /** Flat parameters of the second solution. */
  readonly to: ArrayLike<number>;
  /** Points from one to the other, both included; default 25. */
  readonly resolution?: number;
}

const interpolationOptions: OptionNames<InterpolationOptions> = { ...lossesOptions, from: 1, to: 1, resolution: 1 };

export interface Interpolation {
  /** 0 at `from`, 1 at `to`. */
  readonly positions: readonly number[];
  /** The loss at each position. */
  readonly losses: Float64Array;
  /** Largest L((1−t) A + t B) − ((1−t) L(A) + t L(B)); 0 when no point lies above the line. NaN when a loss on the path is. */
  readonly barrier: number;
  /** Where that is. */
  readonly position: number;
  /** ‖B − A‖. */
  readonly distance: number;
}

/**
 * The loss on the straight line between two solutions and the height of the barrier between them (Frankle et al. 2020; Entezari et al.
 * 2022): 0 for two that are linearly connected. The point of `at` does not count. Cost: one forward pass over the data a point.
 * @throws ShapeError for parameters of another length; InputError for a resolution below 2 or options that make no sense.
 * @example
 * const start = objective.layout.flat(net.init(generator(0)));
 * const { losses, barrier } = await interpolation(objective.at(theta), { from: start, to: theta, resolution: 5 });
 */
export async function interpolation(at: At, options: InterpolationOptions): Promise<Interpolation> {
  checkNames('interpolation', options, interpolationOptions);
  const { from, to, resolution = 25 } = options;
  checkOptions('interpolation', { 'an integer ≥ 2': { resolution } });
  for (const [name, { length }] of Object.entries({ from, to })) {
    if (length === at.objective.layout.size) continue;
    throw new ShapeError(
      `interpolation: '${name}' has ${length} elements and the model ${at.objective.layout.size}; give flat parameters of the model`,
    );
  }
  const own = at.parameters;
  const directions = [from, to].map((end) => Float64Array.from(end, (v, i) => v - own[i]!));
  const positions = Array.from({ length: resolution }, (_, i) => i / (resolution - 1));
  const losses = await lossesAt(
    at,
    directions,
    positions.map((t) => [1 - t, t]),
    options,
  );
  const [first, last] = [losses[0]!, losses[resolution - 1]!];
  let [barrier, position] = [0, 0];
  losses.forEach((loss, i) => {
    const t = positions[i]!;
    const height = loss - ((1 - t) * first + t * last);
    if (Number.isNaN(height) ? !Number.isNaN(barrier) : height > barrier) [barrier, position] = [height, t];
  });
  const step = Float64Array.from(to, (v, i) => v - from[i]!);
  const distance = Math.sqrt(dot(step, step));
  return { positions, losses, barrier, position, distance };
}
