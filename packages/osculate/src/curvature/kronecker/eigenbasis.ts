import { matrix, symmetricEigen } from '../../linalg/index.js';
import type { Vector } from '../../linalg/vectors.js';
import type { Tensor } from '../../tensor/ir.js';
import { type Block, hasEigenbasis, type MatrixBlock, type ModelGraph } from './blocks.js';
import { type BlockFactors, type FactorOptions, inputRows, type Measurement, measure, outputRows } from './factors.js';
import type { FactorLayout } from './inverses.js';

/** Σ (rows of the cotangents in their basis)² ⊗ (rows of the inputs in theirs)², as `[outputs, inputs (+ 1)]`. */
function moments(block: MatrixBlock, basis: BlockFactors, measured: Measurement): Tensor {
  const terms = block.sites.map((site) => {
    const { left, right } = outputRows(block, site, measured);
    const turned = left.product(basis.output);
    const squares = turned.mul(left === right ? turned : right.product(basis.output));
    const input = inputRows(block, site, measured).product(basis.input!);
    // Several stacks of cotangents meet the same inputs.
    const perRow = squares.reshape([squares.shape[0]! / input.shape[0]!, input.shape[0]!, squares.shape[1]!]).sum([0]);
    return perRow.product(input.mul(input), true);
  });
  return terms.reduce((a, b) => a.add(b));
}

/**
 * Second moments of the gradient in the eigenbasis of the Kronecker factors (George et al. 2018): S = E[(U_Gᵀ·∇W·U_A)²], the diagonal
 * that makes (U_A ⊗ U_G)·diag(S)·(U_A ⊗ U_G)ᵀ closest to the curvature matrix in the Frobenius norm; K-FAC has the products of the
 * eigenvalues in its place. `bases` holds U_A and U_G, an eigenvector a column; null for a block without Kronecker structure on both sides.
 * With `expand` every position of a shared weight counts as an example, as in the factors. Cost: as the factors.
 */
export function eigenMoments(
  graph: ModelGraph,
  blocks: readonly Block[],
  bases: readonly BlockFactors[],
  options: FactorOptions,
): (Tensor | null)[] {
  const measured = measure(graph, blocks, options);
  return blocks.map((block, i) => (hasEigenbasis(block) ? moments(block, bases[i]!, measured) : null));
}

/**
 * Eigenvectors of the factors, a column each, into the places of the factors; blocks without Kronecker structure on both sides are left as
 * they are. In float64. Null when a factor is not finite. Cost: about 9 n³ a factor.
 */
export function eigenbases(
  { slots }: FactorLayout,
  blocks: readonly Block[],
  factors: Vector,
  into: Vector = factors.slice().fill(0),
): Vector | null {
  for (const { block, order, offset, length } of slots) {
    if (!hasEigenbasis(blocks[block]!)) continue;
    const data = new Float64Array(factors.subarray(offset, offset + length));
    if (!data.every(Number.isFinite)) return null;
    into.set(symmetricEigen(matrix(order, order, data)).vectors.data, offset);
  }
  return into;
}
