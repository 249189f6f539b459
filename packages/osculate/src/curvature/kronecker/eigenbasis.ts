import { matrix, symmetricEigen } from '../../linalg/index.js';
import type { Vector } from '../../linalg/vectors.js';
import type { Tensor } from '../../tensor/ir.js';
import { type Block, hasEigenbasis, type MatrixBlock, type ModelGraph } from './blocks.js';
import { type BlockFactors, type FactorOptions, inputRows, type Measurement, measure, outputRows } from './factors.js';
import { type FactorLayout, partsIn } from './inverses.js';
import { timesSide } from './sides.js';

/** Σ (rows of the cotangents in their basis)² ⊗ (rows of the inputs in theirs)², as `[outputs, inputs (+ 1)]`. */
function moments(block: MatrixBlock, basis: BlockFactors, measured: Measurement): Tensor {
  const terms = block.sites.map((site) => {
    const { left, right } = outputRows(block, site, measured);
    const turned = timesSide(left, basis.output);
    const squares = turned.mul(left === right ? turned : timesSide(right, basis.output));
    const input = timesSide(inputRows(block, site, measured), basis.input!);
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
 * they are. In float64. Null when a factor is not finite. Cost: about 9 n³ a factor, or a part of one.
 */
export function eigenbases(
  { slots }: FactorLayout,
  blocks: readonly Block[],
  factors: Vector,
  into: Vector = factors.slice().fill(0),
): Vector | null {
  for (const slot of slots) {
    if (!hasEigenbasis(blocks[slot.block]!)) continue;
    const { width } = slot;
    for (const { offset, order } of partsIn(slot)) {
      const part = matrix(order, order);
      for (let i = 0; i < order; i++) {
        part.data.set(factors.subarray(offset + i * width, offset + i * width + order), i * order);
      }
      if (!part.data.every(Number.isFinite)) return null;
      const { data } = symmetricEigen(part).vectors;
      for (let i = 0; i < order; i++) into.set(data.subarray(i * order, (i + 1) * order), offset + i * width);
    }
  }
  return into;
}
