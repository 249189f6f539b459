import { oneHot } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { sizeOf } from '../../tensor/shape.js';
import type { Block, FullBlock, MatrixBlock, ModelGraph } from './blocks.js';
import { type Cotangents, cotangents, diagonals, type FactorEstimate } from './cotangents.js';
import { type Probed, probe } from './probe.js';
import { exampleAxis, sumOverSharing, type WeightSharing, withOnes } from './rows.js';
import type { MatrixSite, Site } from './site.js';

export interface FactorOptions {
  /** Default 'sampled': `graph.loss` must then have targets drawn by `Loss.sample`. */
  readonly estimate?: FactorEstimate;
  /** Default 'expand'. */
  readonly sharing?: WeightSharing;
  /** m of `Loss.normalizer`. */
  readonly normalizer: number;
}

/** Factors of one block; all are of the mean loss. */
export interface BlockFactors {
  /** A `[inputs (+ 1), …]`, or its diagonal `[inputs]` for an embedding; null for a block without Kronecker structure. */
  readonly input: Tensor | null;
  /** G `[outputs, outputs]`, the full block, or the diagonal `[size]`. */
  readonly output: Tensor;
}

const sitesOf = (block: Block): readonly Site[] =>
  block.kind === 'full' ? [block.site] : block.kind === 'diagonal' ? [] : block.sites;

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((a, b) => a.add(b));

/** (XᵀY + YᵀX)/2, or XᵀX. */
function crossProduct(x: Tensor, y: Tensor): Tensor {
  const product = x.product(y, true);
  return x === y ? product : product.add(product.transpose()).mul(0.5);
}

interface Shared {
  readonly probed: Probed;
  readonly cotangentOf: ReadonlyMap<Tensor, { left: Tensor; right: Tensor }>;
  readonly examples: number;
  readonly sharing: WeightSharing;
}

/** Rows of one example each where the sharing is reduced and the examples can be told apart, of one position each otherwise. */
function shareRows(rows: Tensor, site: MatrixSite, { sharing, examples }: Shared): Tensor {
  const axis = sharing === 'reduce' ? exampleAxis(site.lead, examples) : undefined;
  return axis === undefined ? rows : sumOverSharing(rows, site.lead, axis);
}

/** A = E[a·aᵀ] over all rows of all sites. */
function inputFactor(block: MatrixBlock, shared: Shared): Tensor {
  const rows = block.sites.map((s) => s.inputRows(shared.probed.inputAt(s)));
  const dtype = block.weight.tensor.dtype as 'f32' | 'f64';
  if (block.kind === 'embedding') {
    const count = rows.reduce((sum, r) => sum + r.size, 0);
    const counts = rows.map((ids) => oneHot(ids, block.form.inputs, dtype).sum([0]));
    return total(counts).mul(1 / count);
  }
  const used = block.sites.map((site, i) => {
    const mean = shareRows(rows[i]!, site, shared);
    const scaled = mean.shape[0] === rows[i]!.shape[0] ? mean : mean.mul(mean.shape[0]! / rows[i]!.shape[0]!);
    return block.bias ? withOnes(scaled) : scaled;
  });
  const count = used.reduce((sum, r) => sum + r.shape[0]!, 0);
  return total(used.map((r) => r.mul(1 / Math.sqrt(count))).map((r) => crossProduct(r, r)));
}

/** G = Σ g·gᵀ over all rows of all sites: the number of examples is in the cotangents. */
function outputFactor(block: MatrixBlock, shared: Shared): Tensor {
  const own = block.kind === 'embedding' ? { ...shared, sharing: 'expand' as const } : shared;
  const terms = block.sites.map((site) => {
    const { left, right } = shared.cotangentOf.get(site.output)!;
    const rows = shareRows(site.outputRows(left), site, own);
    return crossProduct(rows, left === right ? rows : shareRows(site.outputRows(right), site, own));
  });
  return total(terms);
}

/** The gradients of every example by a vector, as rows, from cotangents of where it acts. */
function vectorRows({ site }: FullBlock, cotangent: Tensor, probed: Probed): Tensor {
  const { shape, axis, example } = site;
  const stacks = cotangent.size / sizeOf(shape);
  const slope = site.input ? cotangent.mul(probed.inputAt(site)) : cotangent;
  const rest = shape.flatMap((_, i) => (i === axis || i === example ? [] : [i + 1]));
  const summed = slope.reshape([stacks, ...shape]).sum(rest);
  const rows = axis < example ? summed.transpose([0, 2, 1]) : summed;
  return rows.reshape([stacks * shape[example]!, shape[axis]!]);
}

function fullFactor(block: FullBlock, { probed, cotangentOf }: Shared): Tensor {
  const { left, right } = cotangentOf.get(block.site.output)!;
  const rows = vectorRows(block, left, probed);
  return crossProduct(rows, left === right ? rows : vectorRows(block, right, probed));
}

function pairs(zeros: readonly Tensor[], { left, right }: Cotangents) {
  return new Map(zeros.map((z, i) => [z, { left: left[i]!, right: right[i]! }]));
}

/**
 * The factors of every block as graph outputs: for a layer with inputs a (with a last 1 when there is a bias) and cotangents g of
 * its outputs, A = E[a·aᵀ] and G = E[g·gᵀ] with A ⊗ G ≈ the block of the Gauss-Newton matrix of the mean loss (Martens and Grosse
 * 2015; Grosse and Martens 2016 for convolutions; Eschenhagen et al. 2023 for shared weights). Exact for one example without sharing, and for
 * deep linear networks with a squared error. Cost: one forward and one backward pass without weight gradients (`exact`: two
 * for every output of an example), and the products. Embeddings are always expanded.
 */
export function kroneckerFactors(graph: ModelGraph, blocks: readonly Block[], options: FactorOptions): BlockFactors[] {
  const { estimate = 'sampled', sharing = 'expand', normalizer } = options;
  const probed = probe([graph.loss, graph.outputs], blocks.flatMap(sitesOf));
  const [loss, outputs] = probed.outputs as [Tensor, Tensor];
  const found = pairs(probed.zeros, cotangents(estimate, loss, outputs, probed.zeros, normalizer));
  const cotangentOf = new Map(blocks.flatMap(sitesOf).map((s) => [s.output, found.get(probed.zeroAt(s))!] as const));
  const shared = { probed, cotangentOf, examples: graph.outputs.shape[0] ?? 1, sharing };
  const rest = blocks.flatMap((b) => (b.kind === 'diagonal' ? [b.parameter.tensor] : []));
  const diagonalOf = diagonals(estimate, graph.loss, graph.outputs, rest, normalizer);
  let next = 0;
  return blocks.map((block) => {
    if (block.kind === 'diagonal') return { input: null, output: diagonalOf[next++]! };
    if (block.kind === 'full') return { input: null, output: fullFactor(block, shared) };
    return { input: inputFactor(block, shared), output: outputFactor(block, shared) };
  });
}
