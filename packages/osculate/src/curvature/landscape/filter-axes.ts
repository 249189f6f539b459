import { kroneckerBlocks, type ModelGraph } from '../kronecker/index.js';
import type { FilterAxes } from './filter-normalized.js';

/**
 * Where the filters of each parameter lie, read off the graph: for a matrix in a product its outputs, whether it is kept as
 * `[outputs, inputs]` or transposed (as in most ONNX files), for a convolution the channels it makes, for an embedding its rows.
 * Null for what is added to the data or multiplied with it. Errors as `kroneckerBlocks`.
 */
export function filterAxes(graph: ModelGraph): FilterAxes {
  const axes: Record<string, number | null> = {};
  for (const block of kroneckerBlocks(graph)) {
    if (block.kind === 'full' || block.kind === 'diagonal') {
      const { name, tensor } = block.parameter;
      axes[name] = block.kind === 'diagonal' && tensor.rank >= 2 ? 0 : null;
      continue;
    }
    axes[block.weight.name] = block.kind === 'dense' && block.form.transposed ? 1 : 0;
    if (block.bias) axes[block.bias.name] = null;
  }
  return axes;
}
