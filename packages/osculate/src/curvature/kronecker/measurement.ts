import { concat } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';
import type { Block, FullBlock, MatrixBlock, ModelGraph } from './blocks.js';
import { cotangents, type FactorEstimate } from './cotangents.js';
import { exampleAxis } from './example-axis.js';
import { type Probed, probe } from './probe.js';
import type { MatrixSite, Site } from './sites.js';

/**
 * How a weight that is shared over time, tokens or patches is treated (Eschenhagen et al. 2023). `expand`: every position counts as an
 * example of its own. `reduce`: inputs are averaged and cotangents summed over the positions of an example first.
 */
export type WeightSharing = 'expand' | 'reduce';

/**
 * Rows [P·Π lead, d] → [P·examples, d]: every axis of `lead` but that of the examples is summed over; P counts what lies in
 * front of `lead`.
 */
function sumOverSharing(rows: Tensor, lead: Shape, axis: number): Tensor {
  const d = rows.shape[1]!;
  const shared = sizeOf(lead) / lead[axis]!;
  if (shared === 1) return rows;
  const batches = rows.shape[0]! / sizeOf(lead);
  const axes = lead.flatMap((_, i) => (i === axis ? [] : [i + 1]));
  return rows
    .reshape([batches, ...lead, d])
    .sum(axes)
    .reshape([batches * lead[axis]!, d]);
}

/** Rows with a last column of ones: the homogeneous coordinate of a bias. */
function withOnes(rows: Tensor): Tensor {
  return concat([rows, full(1, rows.dtype).expand([rows.shape[0]!, 1])], 1);
}

export interface FactorOptions {
  /** Default 'sampled': `graph.loss` must then have targets drawn by `Loss.sample`. */
  readonly estimate?: FactorEstimate;
  /** Default 'expand'. */
  readonly sharing?: WeightSharing;
  /** m of `Loss.normalizer`. */
  readonly normalizer: number;
}

/** Two stacks of rows with Σ left·rightᵀ as the matrix; the same tensor twice where it is a sum of squares. */
export interface RowPair {
  readonly left: Tensor;
  readonly right: Tensor;
}

/** Inputs of all sites and cotangents of their outputs, in one graph. */
export interface Measurement {
  readonly probed: Probed;
  readonly cotangentOf: ReadonlyMap<Tensor, RowPair>;
  readonly examples: number;
  readonly sharing: WeightSharing;
}

/** Where a block's parameters meet the data. */
export const sitesOf = (block: Block): readonly Site[] =>
  block.kind === 'full' ? [block.site] : block.kind === 'diagonal' ? [] : block.sites;

export function measure(graph: ModelGraph, blocks: readonly Block[], options: FactorOptions): Measurement {
  const { estimate = 'sampled', sharing = 'expand', normalizer } = options;
  const probed = probe([graph.loss, graph.outputs], blocks.flatMap(sitesOf));
  const [loss, outputs] = probed.outputs as [Tensor, Tensor];
  const { left, right } = cotangents(estimate, loss, outputs, probed.zeros, normalizer);
  const found = new Map(probed.zeros.map((z, i) => [z, { left: left[i]!, right: right[i]! }]));
  const cotangentOf = new Map(blocks.flatMap(sitesOf).map((s) => [s.output, found.get(probed.zeroAt(s))!] as const));
  return { probed, cotangentOf, examples: graph.outputs.shape[0] ?? 1, sharing };
}

const twice = ({ left, right }: RowPair, f: (t: Tensor) => Tensor): RowPair => {
  const first = f(left);
  return { left: first, right: left === right ? first : f(right) };
};

/** The axis of the examples when sharing is to be reduced and they can be told apart. */
function reducedAxis(site: MatrixSite, { sharing, examples }: Measurement): number | undefined {
  return sharing === 'reduce'
    ? exampleAxis(site.lead, examples, { origin: site.origin, time: site.scan !== null })
    : undefined;
}

/** Inputs of a dense layer or of a convolution as rows, with a last 1 for a bias: of every position, or means over an example's. */
export function inputRows(block: MatrixBlock, site: MatrixSite, measured: Measurement): Tensor {
  const rows = site.inputRows(measured.probed.inputAt(site));
  const axis = reducedAxis(site, measured);
  const used = axis === undefined ? rows : sumOverSharing(rows, site.lead, axis);
  const mean = used === rows ? rows : used.mul(used.shape[0]! / rows.shape[0]!);
  return block.bias ? withOnes(mean) : mean;
}

/** Cotangents as rows: of every position, or sums over an example's. Embeddings are always expanded. */
export function outputRows(block: MatrixBlock, site: MatrixSite, measured: Measurement): RowPair {
  const axis = block.kind === 'embedding' ? undefined : reducedAxis(site, measured);
  return twice(measured.cotangentOf.get(site.output)!, (t) => {
    const rows = site.outputRows(t);
    return axis === undefined ? rows : sumOverSharing(rows, site.lead, axis);
  });
}

/** The gradients of every example by a vector, as rows. */
export function vectorRows({ site }: FullBlock, { cotangentOf, probed }: Measurement): RowPair {
  const { shape, axis, example } = site;
  const rest = shape.flatMap((_, i) => (i === axis || i === example ? [] : [i + 1]));
  return twice(cotangentOf.get(site.output)!, (t) => {
    const stacks = t.size / sizeOf(shape);
    const slope = site.input ? t.mul(probed.inputAt(site)) : t;
    const summed = slope.reshape([stacks, ...shape]).sum(rest);
    const rows = axis < example ? summed.transpose([0, 2, 1]) : summed;
    return rows.reshape([stacks * shape[example]!, shape[axis]!]);
  });
}
