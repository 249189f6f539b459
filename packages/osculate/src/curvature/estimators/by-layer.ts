import type { ParameterLayout } from '../../tensor/parameters.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { parameterBlock, restrictedOperator } from '../operators/restricted-operator.js';

/** The layers of a model: the names of its parameters without their last part, in order; a name without a dot is a layer of its own. */
export function layerNames(layout: ParameterLayout): string[] {
  const parts = layout.slots.map(({ name }) => (name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : name));
  return [...new Set(parts)];
}

/**
 * An estimate of the diagonal block of every layer (or of every group of parameters that `layers` names), by name and in order:
 * `byLayer(A, layout, (block) => hutchinson(block, { generator }))`. A product with a block costs one with A. Errors as `parameterBlock`.
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
