import { InputError } from '../../tensor/errors.js';
import type { ParameterLayout, ParameterSlot } from '../../tensor/parameters.js';
import type { Generator } from '../../tensor/random.js';

/**
 * For each parameter the axis along which its filters or neurons lie, or several axes that count them together; null for one that does not
 * move: a bias, or a gain or shift of a normalisation.
 */
export type FilterAxes = Readonly<Record<string, number | readonly number[] | null>>;

export interface FilterOptions {
  /** Default: axis 0, and null for parameters of fewer than two axes. See `filterAxes` for models that keep weights transposed. */
  readonly axes?: FilterAxes;
}

/** Keeps a filter of zeros from a division by zero. */
const floor = 1e-10;

function axesOf({ name, shape }: ParameterSlot, axes: FilterAxes | undefined): readonly number[] | null {
  const given = axes?.[name];
  if (given === undefined) return shape.length >= 2 ? [0] : null;
  if (given === null) return null;
  const list = typeof given === 'number' ? [given] : given;
  const odd = list.find((axis) => !(Number.isInteger(axis) && axis >= 0 && axis < shape.length));
  if (odd !== undefined) {
    throw new InputError(
      `filterNormalized: axis ${odd} of parameter "${name}" does not exist; it has ${shape.length} axes`,
    );
  }
  return list;
}

/** Scales each filter of one parameter in place: d ← d ‖w‖ / (‖d‖ + 1e-10). */
function scaleFilters(shape: readonly number[], axes: readonly number[], w: Float64Array, d: Float64Array): void {
  const count = axes.reduce((product, axis) => product * shape[axis]!, 1);
  const inner = axes.map((axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  const [ww, dd] = [new Float64Array(count), new Float64Array(count)];
  const filterOf = (i: number): number => {
    let filter = 0;
    for (let k = 0; k < axes.length; k++) {
      const length = shape[axes[k]!]!;
      filter = filter * length + (Math.floor(i / inner[k]!) % length);
    }
    return filter;
  };
  for (let i = 0; i < w.length; i++) {
    const k = filterOf(i);
    ww[k]! += w[i]! ** 2;
    dd[k]! += d[i]! ** 2;
  }
  for (let i = 0; i < d.length; i++) {
    const k = filterOf(i);
    d[i]! *= Math.sqrt(ww[k]!) / (Math.sqrt(dd[k]!) + floor);
  }
}

/**
 * The direction with each filter (of a convolution) or neuron (of a dense layer) scaled to the norm of that filter in the parameters:
 * dᵢⱼ ← dᵢⱼ ‖wᵢⱼ‖ / (‖dᵢⱼ‖ + 1e-10), and zero for biases and the parameters of normalisations (Li et al. 2018, section 4), so that slices of
 * networks that are rescalings of each other look the same. A new vector; one pass. InputError for an axis that a parameter lacks.
 */
export function filterNormalized(
  layout: ParameterLayout,
  parameters: ArrayLike<number>,
  direction: ArrayLike<number>,
  options: FilterOptions = {},
): Float64Array {
  for (const [what, vector] of Object.entries({ parameters, direction })) {
    if (vector.length === layout.size) continue;
    throw new InputError(
      `filterNormalized: the ${what} have ${vector.length} elements and the layout ${layout.size}; give flat vectors of the model`,
    );
  }
  const [weights, result] = [Float64Array.from(parameters), Float64Array.from(direction)];
  for (const slot of layout.slots) {
    const part = (v: Float64Array): Float64Array => v.subarray(slot.offset, slot.offset + slot.size);
    const axes = axesOf(slot, options.axes);
    if (axes === null) part(result).fill(0);
    else scaleFilters(slot.shape, axes, part(weights), part(result));
  }
  return result;
}

/** A standard normal direction, filter-normalised at the parameters: the axis of a slice in Li et al. 2018. */
export function randomDirection(
  layout: ParameterLayout,
  parameters: ArrayLike<number>,
  generator: Generator,
  options: FilterOptions = {},
): Float64Array {
  const direction = Float64Array.from({ length: layout.size }, () => generator.normal());
  return filterNormalized(layout, parameters, direction, options);
}
