import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { ParameterLayout, ParameterSlot } from '../../tensor/parameters.js';
import type { Generator } from '../../tensor/random.js';
import { leaves } from '../../tensor/tree.js';
import { kroneckerBlocks, type MatrixBlock, type ModelGraph } from '../kronecker/blocks.js';
import { graphReaders, type Use, usesOf } from '../kronecker/uses.js';

/**
 * For each parameter the axis along which its filters or neurons lie, or several axes that count them together; null for one that does not
 * move: a bias, or a gain or shift of a normalisation.
 */
export type FilterAxes = Readonly<Record<string, number | readonly number[] | null>>;

export interface FilterOptions {
  /**
   * Where the filters of each parameter lie; by default along axis 0, and null for parameters of fewer than two axes. For models that keep weights transposed take those of `filterAxes`.
   */
  readonly axes?: FilterAxes;
}

const filterOptions: OptionNames<FilterOptions> = { axes: 1 };

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
 * The direction with each filter (of a convolution) or neuron (of a dense layer) scaled to the norm of that filter in the parameters: dᵢⱼ ←
 * dᵢⱼ ‖wᵢⱼ‖ / (‖dᵢⱼ‖ + 1e-10), and zero for biases and the parameters of normalisations (Li et al. 2018, section 4), so that slices of
 * networks that are rescalings of each other look the same. A new vector; one pass.
 * @throws InputError for an axis that a parameter lacks.
 * @example
 * const { gradient } = await objective.valueAndGradient(theta, allRows(objective.rows));
 * const along = filterNormalized(objective.layout, theta, gradient);
 */
export function filterNormalized(
  layout: ParameterLayout,
  parameters: ArrayLike<number>,
  direction: ArrayLike<number>,
  options: FilterOptions = {},
): Float64Array {
  checkNames('filterNormalized', options, filterOptions);
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

/**
 * A standard normal direction, filter-normalised at the parameters: the axis of a slice in Li et al. 2018.
 * @example
 * const [first, second] = [1, 2].map((seed) => randomDirection(objective.layout, theta, generator(seed)));
 */
export function randomDirection(
  layout: ParameterLayout,
  parameters: ArrayLike<number>,
  generator: Generator,
  options: FilterOptions = {},
): Float64Array {
  checkNames('randomDirection', options, filterOptions);
  const direction = Float64Array.from({ length: layout.size }, () => generator.normal());
  return filterNormalized(layout, parameters, direction, options);
}

type Axes = FilterAxes[string];

/**
 * The leading axes of a shape (or its trailing ones) that count to `count` together, those of length 1 left out: the outputs of a
 * weight may share its array with other axes, as `[1, 4·hidden, inputs]` and `[2, 4·hidden, inputs]` of recurrent weights do.
 */
function axesOfCount(shape: readonly number[], count: number, trailing: boolean): Axes {
  const order = shape.map((_, i) => (trailing ? shape.length - 1 - i : i));
  const axes: number[] = [];
  for (let seen = 1, i = 0; seen < count; i++) {
    seen *= shape[order[i]!]!;
    if (shape[order[i]!] !== 1) axes.push(order[i]!);
  }
  if (axes.length === 0) return shape.indexOf(1);
  return axes.length === 1 ? axes[0]! : axes.sort((a, b) => a - b);
}

function ofMatrix({ kind, form, weight }: MatrixBlock): Axes {
  if (kind === 'embedding') return axesOfCount(weight.tensor.shape, form.inputs, false);
  return axesOfCount(weight.tensor.shape, form.outputs, form.transposed);
}

const products: ReadonlySet<string> = new Set(['matmul', 'conv', 'convTranspose', 'gather']);
const isVector = ({ view, node }: Use): boolean =>
  !products.has(node.op.name) && view.shape.filter((d) => d !== 1).length <= 1;

/** Of a parameter that is not one matrix in a product. */
function ofOther(rank: number, uses: readonly Use[]): Axes {
  if (rank < 2 || uses.every(isVector)) return null;
  if (!uses.every(({ node, operand }) => node.op.name === 'convTranspose' && operand === 1)) return 0;
  // [inputs, outputs of a group, …]: an output of one of several groups has some of the inputs, which no axis counts.
  return uses.every(({ node }) => (node.attrs as { groups: number }).groups === 1) ? 1 : [0, 1];
}

/**
 * Where the filters of each parameter lie, read off the graph: for a matrix in a product its outputs, whether it is kept as
 * `[outputs, inputs]` or transposed (as in most ONNX files), and with axes of length 1 or of directions in front (as recurrent weights in
 * files); for a convolution, transposed or not, the channels it makes (for a transposed one in groups every pair of channels), for an
 * embedding its rows. Null for what is added to the data or multiplied with it along one axis.
 * @throws As `kroneckerBlocks`.
 * @example
 * const axes = filterAxes(objective.batch(20)); // for models whose weights are not [outputs, inputs]
 * const along = randomDirection(objective.layout, theta, generator(0), { axes });
 */
export function filterAxes(graph: ModelGraph): FilterAxes {
  const readers = graphReaders(
    [graph.loss, graph.outputs],
    leaves(graph.weights).map(([, t]) => t),
  );
  const axes: Record<string, Axes> = {};
  for (const block of kroneckerBlocks(graph)) {
    if (block.kind === 'full' || block.kind === 'diagonal') {
      const { name, tensor } = block.parameter;
      axes[name] = ofOther(tensor.rank, usesOf(tensor, readers));
      continue;
    }
    axes[block.weight.name] = ofMatrix(block);
    if (block.bias) axes[block.bias.name] = null;
  }
  return axes;
}
