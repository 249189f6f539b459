import type { Tensor } from '../../tensor/ir.js';
import type { Block } from './blocks.js';
import { hasEigenbasis } from './eigen-moments.js';
import type { BlockFactors } from './factors.js';
import { blockMatrix, fromBlockMatrix, type Named, preconditionBlock } from './precondition.js';

/**
 * U = U_G·[(U_Gᵀ·∇W·U_A) / (S + damping)]·U_Aᵀ for every block with second moments S in its eigenbasis, and the preconditioner of K-FAC for
 * the others, whose inverses are in `bases`. Four products a layer.
 */
export function eigenPrecondition(
  blocks: readonly Block[],
  gradient: Named,
  bases: readonly BlockFactors[],
  moments: readonly (Tensor | null)[],
  damping: Tensor,
): Named {
  const pieces = blocks.map((block, i) => {
    const s = moments[i];
    const { input, output } = bases[i]!;
    if (!s || !input || !hasEigenbasis(block)) return preconditionBlock(block, gradient, bases[i]!);
    const turned = output.product(blockMatrix(block, gradient).product(input), true);
    const scaled = turned.div(s.add(damping));
    return fromBlockMatrix(block, output.product(scaled).product(input, false, true));
  });
  return Object.assign({}, ...pieces) as Named;
}
