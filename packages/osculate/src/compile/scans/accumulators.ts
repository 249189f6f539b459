import type { ScanParts } from '../../ops/scan/parts.js';
import { expand } from '../../ops/shape.js';
import { isFloat } from '../../tensor/dtype.js';
import { dependents, topological } from '../../tensor/graph.js';
import type { Tensor } from '../../tensor/ir.js';
import type { Changed } from './tidy.js';

/** Up to this many elements a stack of terms is cheap even when nothing merges with their sum. */
const smallTerm = 16_384;

const views = new Set(['reshape', 'transpose', 'expand', 'neg']);

/** True when stacking the terms pays: they are small, or made by a product or a sum that their own sum merges with. */
function pays(term: Tensor): boolean {
  if (term.size <= smallTerm) return true;
  let t = term;
  while (views.has(t.node.op.name)) t = t.node.inputs[0]!;
  return t.node.op.name === 'matmul' || t.node.op.name === 'sum';
}

/** What is added to a carry at each step when that is all that happens to it, or null. */
function addend(parts: ScanParts, i: number, readers: ReadonlyMap<Tensor, number>): Tensor | null {
  const carry = parts.carryIn[i]!;
  if (!isFloat(carry.dtype) || readers.get(carry) !== 1) return null;
  const through = dependents([parts.carryOut[i]!], [carry]);
  let rest: Tensor | null = null;
  let t = parts.carryOut[i]!;
  while (t !== carry) {
    const [a, b] = t.node.inputs as [Tensor, Tensor];
    if (t.node.op.name !== 'add' || readers.get(t) !== 1 || through.has(a) === through.has(b)) return null;
    const [on, term] = through.has(a) ? [a, b] : [b, a];
    rest = rest === null ? term : rest.add(term);
    t = on;
  }
  return rest && pays(rest) ? expand(rest, carry.shape) : null;
}

/**
 * A carry that only sums a term of each step becomes a stack of the terms, summed outside in one go: the sum of many small
 * products that way is one large product.
 */
export function liftAccumulators(parts: ScanParts): Changed {
  const results = [...parts.carryOut, ...parts.ys];
  const readers = new Map<Tensor, number>();
  for (const t of [...results, ...topological(results).flatMap((n) => n.inputs)])
    readers.set(t, (readers.get(t) ?? 0) + 1);
  const terms = parts.carryIn.map((_, i) => addend(parts, i, readers));
  const pick = (list: readonly Tensor[]): Tensor[] => list.filter((_, i) => terms[i] === null);
  const stacks = parts.ys.length;
  return {
    parts: {
      ...parts,
      init: pick(parts.init),
      carryIn: pick(parts.carryIn),
      carryOut: pick(parts.carryOut),
      ys: [...parts.ys, ...terms.filter((t) => t !== null)],
    },
    restore: (carry, ys) => {
      let [next, sums] = [0, stacks];
      const ends = terms.map((t, i) => (t ? parts.init[i]!.add(ys[sums++]!.sum(0)) : carry[next++]!));
      return [...ends, ...ys.slice(0, stacks)];
    },
  };
}
