import { euclideanNorm } from '../../linalg/index.js';
import { axpy, scale } from '../../linalg/vectors.js';
import type { At } from '../../objective/objective.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { lossAndGradient, lossAt } from '../operators/loss-and-gradient.js';

export interface AscentSharpnessOptions {
  /** ρ; default 0.05, or 0.5 when adaptive. */
  readonly radius?: number;
  /** Steps of ascent; default 1, as in SAM. */
  readonly steps?: number;
  /** The ball is ‖ε/|θ|‖ ≤ ρ, element by element, which does not change when a layer's scale moves to the next (default false). */
  readonly adaptive?: boolean;
}

const ascentSharpnessOptions: OptionNames<AscentSharpnessOptions> = { radius: 1, steps: 1, adaptive: 1 };

export interface AscentSharpness {
  /** Largest loss found in the ball less the loss at its centre: a lower bound of the sharpness, at least 0. */
  readonly value: number;
  /** At the centre. */
  readonly loss: number;
  /** The displacement ε of the largest loss. */
  readonly displacement: Float64Array;
  /** Gradients over the data that it took, and one loss. */
  readonly gradients: number;
}

/** A step of ascent in the coordinates u = ε/T, projected onto the ball. InputError for a gradient that is zero or not finite. */
function ascend(u: Float64Array, gradient: Float64Array, t: Float64Array | null, length: number, radius: number): void {
  const direction = t ? gradient.map((g, i) => g * t[i]!) : gradient.slice();
  const norm = euclideanNorm(direction);
  if (!(norm > 0 && norm < Infinity)) {
    throw new InputError(
      `ascentSharpness: the gradient's length is ${norm}, so that no direction leads up; take the operator's \`sharpness\` at a stationary point`,
    );
  }
  axpy(length / norm, direction, u);
  const size = euclideanNorm(u);
  if (size > radius) scale(radius / size, u);
}

/**
 * The sharpness max L(θ + ε) − L(θ) over ‖ε‖ ≤ ρ (Foret et al. 2021; adaptive: Kwon et al. 2021) by one step of ascent to the ball's edge,
 * or by several: the first to the edge, the others of length 2.5 ρ/steps, each projected back. Cost: a gradient a step and one loss.
 * @throws InputError for options out of their range and for a gradient that is zero.
 * @example
 * const { value, displacement } = await ascentSharpness(objective.at(theta), { radius: 0.05 });
 */
export async function ascentSharpness(at: At, options: AscentSharpnessOptions = {}): Promise<AscentSharpness> {
  checkNames('ascentSharpness', options, ascentSharpnessOptions);
  const { adaptive = false, steps = 1, radius = adaptive ? 0.5 : 0.05 } = options;
  checkOptions('ascentSharpness', { 'an integer ≥ 1': { steps }, 'a finite number > 0': { radius } });
  const centre = Float64Array.from(at.parameters);
  const t = adaptive ? centre.map(Math.abs) : null;
  const displacementOf = (u: Float64Array): Float64Array => (t ? u.map((x, i) => x * t[i]!) : u.slice());
  const shifted = (u: Float64Array): At => at.objective.at(displacementOf(u).map((e, i) => e + centre[i]!));
  const u = new Float64Array(centre.length);
  const start = await lossAndGradient(at);
  let best = { loss: start.loss, u: u.slice() };
  const keep = (loss: number): void => {
    if (loss > best.loss) best = { loss, u: u.slice() };
  };
  ascend(u, start.gradient, t, radius, radius);
  for (let step = 1; step < steps; step++) {
    const here = await lossAndGradient(shifted(u));
    keep(here.loss);
    ascend(u, here.gradient, t, (2.5 * radius) / steps, radius);
  }
  keep(await lossAt(shifted(u)));
  return { value: best.loss - start.loss, loss: start.loss, displacement: displacementOf(best.u), gradients: steps };
}
