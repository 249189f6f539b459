import { batchGraph } from '../../autodiff/graph-transforms.js';
import { placeholder } from '../../ops/loop-body.js';
import type { ScanParts } from '../../ops/scan/parts.js';
import { expand } from '../../ops/shape.js';
import type { Tensor } from '../../tensor/ir.js';
import { substitute } from '../../tensor/substitute.js';

/**
 * Values of a body for all steps at once, outside of the loop: `from` (of the body) become `to` (stacked over time), the
 * consts their outer values. Products of all steps with one const become one large product.
 */
export function overTime(
  values: readonly Tensor[],
  { constIn, consts, length }: ScanParts,
  from: readonly Tensor[],
  to: readonly Tensor[],
): Tensor[] {
  const steps = from.map((t) => placeholder('scan step', t));
  const outer = substitute(values, [...from, ...constIn], [...steps, ...consts]);
  const { outputs, batched } = batchGraph(outer, steps, to, length);
  return outputs.map((t, i) => (batched[i] ? t : expand(t, [length, ...t.shape])));
}
