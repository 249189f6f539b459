import { InputError } from '../../tensor/errors.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
import { type LinearOperator, linearOperator } from './linear-operator.js';

/** Consecutive elements of the flat vector. */
export interface ParameterRange {
  readonly offset: number;
  readonly size: number;
}

/**
 * Where the parameters lie whose names are `names` or begin with one of them and a dot: `['encoder']` takes `encoder.weight` and
 * `encoder.bias`.
 * @throws InputError for a name that finds none.
 * @example
 * const ranges = parameterBlock(objective.layout, ['0']);
 * const firstLayer = restrictedOperator(hessian(objective, theta), ranges);
 */
export function parameterBlock(layout: ParameterLayout, names: readonly string[]): ParameterRange[] {
  const found = (name: string, wanted: string): boolean => name === wanted || name.startsWith(`${wanted}.`);
  const unknown = names.find((wanted) => !layout.slots.some(({ name }) => found(name, wanted)));
  if (unknown !== undefined || names.length === 0) {
    throw new InputError(
      `parameterBlock: ${unknown === undefined ? 'no name is given' : `no parameter is named "${unknown}"`}; there are ${layout.slots.map(({ name }) => name).join(', ')}`,
    );
  }
  return layout.slots
    .filter(({ name }) => names.some((wanted) => found(name, wanted)))
    .map(({ offset, size }) => ({ offset, size }));
}

function checkRanges(size: number, ranges: readonly ParameterRange[]): void {
  let end = 0;
  for (const range of ranges) {
    const integers = Number.isInteger(range.offset) && Number.isInteger(range.size);
    if (!integers || range.size < 1 || range.offset < end || range.offset + range.size > size) {
      throw new InputError(
        `restrictedOperator: ${range.size} elements from ${range.offset} are not a range after ${end} within ${size}; give ascending ranges that do not overlap`,
      );
    }
    end = range.offset + range.size;
  }
  if (end === 0) throw new InputError('restrictedOperator: no range is given');
}

/**
 * The diagonal block Pᵀ A P of A for the elements in the given ranges (see `parameterBlock`), which become consecutive. A product costs one
 * with A.
 * @throws InputError for ranges that overlap, descend, or leave A.
 */
export function restrictedOperator(operator: LinearOperator, ranges: readonly ParameterRange[]): LinearOperator {
  checkRanges(operator.size, ranges);
  const size = ranges.reduce((sum, range) => sum + range.size, 0);
  const gather = (whole: Float64Array): Float64Array => {
    const part = new Float64Array(size);
    let at = 0;
    for (const range of ranges) {
      part.set(whole.subarray(range.offset, range.offset + range.size), at);
      at += range.size;
    }
    return part;
  };
  const scatter = (part: Float64Array): Float64Array => {
    const whole = new Float64Array(operator.size);
    let at = 0;
    for (const range of ranges) {
      whole.set(part.subarray(at, at + range.size), range.offset);
      at += range.size;
    }
    return whole;
  };
  return linearOperator({
    name: `block of ${operator.name}`,
    size,
    applyBatch: async (vectors) => (await operator.applyBatch(vectors.map(scatter))).map(gather),
    ...(!operator.symmetric && { transpose: () => restrictedOperator(operator.transpose(), ranges) }),
  });
}

/** The layers of a model: the names of its parameters without their last part, in order; a name without a dot is a layer of its own. */
export function layerNames(layout: ParameterLayout): string[] {
  const parts = layout.slots.map(({ name }) => (name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name));
  return [...new Set(parts)];
}

/**
 * An estimate of the diagonal block of every layer (or of every group of parameters that `layers` names), by name and in order:
 * `byLayer(A, layout, (block) => hutchinson(block, { generator }))`. A product with a block costs one with A.
 * @throws As `parameterBlock`.
 * @example
 * layerNames(objective.layout); // ['0', '2']
 * const traces = await byLayer(ggn(objective, theta), objective.layout, (block) => block.trace());
 */
export async function byLayer<T>(
  operator: LinearOperator,
  layout: ParameterLayout,
  estimate: (block: LinearOperator, layer: string) => Promise<T>,
  layers: readonly string[] = layerNames(layout),
): Promise<Record<string, T>> {
  const results: Record<string, T> = {};
  for (const layer of layers) {
    results[layer] = await estimate(restrictedOperator(operator, parameterBlock(layout, [layer])), layer);
  }
  return results;
}
