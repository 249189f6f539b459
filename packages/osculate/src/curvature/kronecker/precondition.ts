import { concat } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import type { Block, MatrixBlock } from './blocks.js';
import { hasEigenbasis } from './blocks.js';
import type { BlockFactors } from './factors.js';

/** Arrays of the parameters by name. */
export type Named = Readonly<Record<string, Tensor>>;

/** The gradient of a block as the matrix [outputs, inputs (+ 1)], the bias its last column. */
function blockMatrix({ form, weight, bias }: MatrixBlock, gradient: Named): Tensor {
  const { outputs, inputs, transposed } = form;
  const g = gradient[weight.name]!;
  const w = transposed ? g.reshape([inputs, outputs]).transpose() : g.reshape([outputs, inputs]);
  return bias ? concat([w, gradient[bias.name]!.reshape([outputs, 1])], 1) : w;
}

/** The arrays of a block from its matrix. */
function fromBlockMatrix({ form, weight, bias }: MatrixBlock, matrix: Tensor): Named {
  const { outputs, inputs, transposed } = form;
  const w = bias ? matrix.slice([0, 0], [outputs, inputs]) : matrix;
  const named = { [weight.name]: (transposed ? w.transpose() : w).reshape(weight.tensor.shape) };
  return bias
    ? { ...named, [bias.name]: matrix.slice([0, inputs], [outputs, inputs + 1]).reshape(bias.tensor.shape) }
    : named;
}

/** U = G⁻¹·∇W·A⁻¹ for one block. */
function preconditionBlock(block: Block, gradient: Named, { input, output }: BlockFactors): Named {
  if (block.kind === 'full' || block.kind === 'diagonal') {
    const { name, tensor } = block.parameter;
    const g = gradient[name]!.reshape([tensor.size, 1]);
    const u = block.kind === 'full' ? output.product(g) : output.reshape([tensor.size, 1]).mul(g);
    return { [name]: u.reshape(tensor.shape) };
  }
  const matrix = blockMatrix(block, gradient);
  const right = block.kind === 'embedding' ? matrix.mul(input!) : matrix.product(input!);
  return fromBlockMatrix(block, output.product(right));
}

/** U = G⁻¹·∇W·A⁻¹ for every block, from gradients by name and the inverses of the damped factors. Two products a layer. */
export function precondition(blocks: readonly Block[], gradient: Named, inverses: readonly BlockFactors[]): Named {
  return Object.assign({}, ...blocks.map((b, i) => preconditionBlock(b, gradient, inverses[i]!))) as Named;
}

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
