import { oneHot } from '../../ops/indexing.js';
import type { Tensor } from '../../tensor/ir.js';
import type { Block, MatrixBlock, ModelGraph } from './blocks.js';
import { diagonals } from './cotangents.js';
import {
  type FactorOptions,
  inputRows,
  type Measurement,
  measure,
  outputRows,
  type RowPair,
  vectorRows,
} from './measurement.js';

/** Factors of one block; all are of the mean loss. */
export interface BlockFactors {
  /** A `[inputs (+ 1), …]`, or its diagonal `[inputs]` for an embedding; null for a block without Kronecker structure. */
  readonly input: Tensor | null;
  /** G `[outputs, outputs]`, the full block, or the diagonal `[size]`. */
  readonly output: Tensor;
}

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((a, b) => a.add(b));

/** Σ left·rightᵀ, made symmetric. */
function crossProduct({ left, right }: RowPair): Tensor {
  const product = left.product(right, true);
  return left === right ? product : product.add(product.transpose()).mul(0.5);
}

/** How often each row of a table is read, as shares. */
function tableShares(block: MatrixBlock, { probed }: Measurement): Tensor {
  const ids = block.sites.map((s) => s.inputRows(probed.inputAt(s)));
  const count = ids.reduce((sum, t) => sum + t.size, 0);
  const dtype = block.weight.tensor.dtype as 'f32' | 'f64';
  return total(ids.map((t) => oneHot(t, block.form.inputs, dtype).sum([0]))).mul(1 / count);
}

/** A = E[a·aᵀ] over all rows of all sites. */
function inputFactor(block: MatrixBlock, measured: Measurement): Tensor {
  if (block.kind === 'embedding') return tableShares(block, measured);
  const rows = block.sites.map((site) => inputRows(block, site, measured));
  const count = rows.reduce((sum, r) => sum + r.shape[0]!, 0);
  const scaled = rows.map((r) => r.mul(1 / Math.sqrt(count)));
  return total(scaled.map((r) => crossProduct({ left: r, right: r })));
}

/** G = Σ g·gᵀ over all rows of all sites: the number of examples is in the cotangents. */
function outputFactor(block: MatrixBlock, measured: Measurement): Tensor {
  return total(block.sites.map((site) => crossProduct(outputRows(block, site, measured))));
}

/**
 * The factors of every block as graph outputs: for a layer with inputs a (with a last 1 when there is a bias) and cotangents g of
 * its outputs, A = E[a·aᵀ] and G = E[g·gᵀ] with A ⊗ G ≈ the block of the Gauss-Newton matrix of the mean loss (Martens and Grosse
 * 2015; Grosse and Martens 2016 for convolutions; Eschenhagen et al. 2023 for shared weights). Exact for one example without sharing, and for
 * deep linear networks with a squared error. Cost: one forward and one backward pass without weight gradients (`exact`: two
 * for every output of an example), and the products. Embeddings are always expanded.
 */
export function kroneckerFactors(graph: ModelGraph, blocks: readonly Block[], options: FactorOptions): BlockFactors[] {
  const measured = measure(graph, blocks, options);
  const rest = blocks.flatMap((b) => (b.kind === 'diagonal' ? [b.parameter.tensor] : []));
  const { estimate = 'sampled', normalizer } = options;
  const diagonalOf = diagonals(estimate, graph.loss, graph.outputs, rest, normalizer);
  let next = 0;
  return blocks.map((block) => {
    if (block.kind === 'diagonal') return { input: null, output: diagonalOf[next++]! };
    if (block.kind === 'full') return { input: null, output: crossProduct(vectorRows(block, measured)) };
    return { input: inputFactor(block, measured), output: outputFactor(block, measured) };
  });
}
