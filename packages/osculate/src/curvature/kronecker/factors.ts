import { grad, jvp, linearize, vmap } from '../../autodiff/index.js';
import { concat } from '../../ops/index.js';
import { oneHot } from '../../ops/indexing.js';
import { applyScan, partsOf, type ScanAttrs } from '../../ops/scan/parts.js';
import { scanOp } from '../../ops/scan/scan.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import { topological } from '../../tensor/graph.js';
import { apply, type Node, type Tensor } from '../../tensor/ir.js';
import { constant, full, input } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';
import type { Block, FullBlock, MatrixBlock, ModelGraph } from './blocks.js';
import { crossProductOf, sideParts } from './sides.js';
import { type MatrixSite, type Site, swapLast } from './sites.js';
import { exampleAxis } from './uses.js';

/** A graph with a zero added at every site: derivatives by the zeros are the cotangents of the sites' outputs. */
export interface Probed {
  readonly outputs: readonly Tensor[];
  /** All zeros, one for each output of a site. */
  readonly zeros: readonly Tensor[];
  /** The zero at a site; stacked over time for one inside a scan. */
  zeroAt(site: Site): Tensor;
  /** The input of a site; stacked over time for one inside a scan. */
  inputAt(site: Site): Tensor;
}

const zero = (t: Tensor, shape: Shape = t.shape): Tensor => full(0, t.dtype).expand(shape);

/** The graph of `outputs` rebuilt with `added` to its tensors; `replace` may give a node's new outputs itself. */
function rebuild(
  outputs: readonly Tensor[],
  added: ReadonlyMap<Tensor, Tensor>,
  replace: (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | null,
): Tensor[] {
  const now = new Map<Tensor, Tensor>();
  const mapped = (t: Tensor): Tensor => now.get(t) ?? t;
  for (const node of topological(outputs)) {
    const inputs = node.inputs.map(mapped);
    const changed = inputs.some((t, i) => t !== node.inputs[i]);
    const results = replace(node, inputs) ?? (changed ? apply(node.op, inputs, node.attrs) : node.outputs);
    node.outputs.forEach((t, i) => {
      const extra = added.get(t);
      now.set(t, extra ? results[i]!.add(extra) : results[i]!);
    });
  }
  return outputs.map(mapped);
}

interface Inside {
  readonly outputs: readonly Tensor[];
  readonly inputs: readonly Tensor[];
}

/** What of a scan's body is probed and looked at. */
function insideOf(sites: readonly Site[]): Inside {
  const inputs = sites.flatMap((s) => (s.input ? [s.input] : []));
  return { outputs: [...new Set(sites.map((s) => s.output))], inputs: [...new Set(inputs)] };
}

/** The scan with zeros as further xs, added at the sites, and the sites' inputs as further ys. */
function probeScan(node: Node<ScanAttrs>, inputs: readonly Tensor[], inside: Inside, zeros: readonly Tensor[]) {
  const parts = partsOf({ ...node, inputs } as Node<ScanAttrs>);
  const steps = inside.outputs.map((t) => input('scan slice', t.dtype, t.shape));
  const added = new Map(inside.outputs.map((t, i) => [t, steps[i]!]));
  const body = rebuild([...parts.carryOut, ...parts.ys], added, () => null);
  const carries = parts.carryOut.length;
  const { carry, ys } = applyScan(scanOp, {
    ...parts,
    xs: [...parts.xs, ...zeros],
    xIn: [...parts.xIn, ...steps],
    carryOut: body.slice(0, carries),
    ys: [...body.slice(carries), ...inside.inputs],
  });
  return { outputs: [...carry, ...ys.slice(0, parts.ys.length)], inputs: ys.slice(parts.ys.length) };
}

/** Adds a zero at every site of the graph of `outputs`. */
function probe(outputs: readonly Tensor[], sites: readonly Site[]): Probed {
  const zeros = new Map<Tensor, Tensor>();
  for (const { output, scan } of sites) {
    if (!zeros.has(output)) zeros.set(output, zero(output, scan ? [scan.attrs.length, ...output.shape] : output.shape));
  }
  const outside = new Map(sites.filter((s) => !s.scan).map((s) => [s.output, zeros.get(s.output)!]));
  const stacked = new Map<Tensor, Tensor>();
  const replace = (node: Node, inputs: readonly Tensor[]): readonly Tensor[] | null => {
    const within = sites.filter((s) => (s.scan as Node | null) === node);
    if (within.length === 0) return null;
    const inside = insideOf(within);
    const own = inside.outputs.map((t) => zeros.get(t)!);
    const result = probeScan(node as Node<ScanAttrs>, inputs, inside, own);
    inside.inputs.forEach((t, i) => void stacked.set(t, result.inputs[i]!));
    return result.outputs;
  };
  const results = rebuild(outputs, outside, replace);
  return {
    outputs: results,
    zeros: [...zeros.values()],
    zeroAt: ({ output }) => zeros.get(output)!,
    inputAt: ({ input, scan }) => (scan ? stacked.get(input!)! : input!),
  };
}

/**
 * Whose cotangents the factors are made of. `sampled`: the loss has targets drawn from the model (`Loss.sample`), which estimates the
 * true Fisher matrix, equal to the Gauss-Newton matrix. `exact`: the Gauss-Newton matrix itself, at the cost of two backward passes
 * for every output of an example. `empirical`: the loss has the data's targets, which gives the empirical Fisher matrix: another matrix.
 */
export type FactorEstimate = 'sampled' | 'exact' | 'empirical';

/** Vectors u and w (in stacks of `count`) by some tensors with Σ u·wᵀ = the curvature matrix of the mean loss. */
export interface Cotangents {
  readonly left: readonly Tensor[];
  readonly right: readonly Tensor[];
}

/** √m·∇ of a loss that is a sum over examples divided by m: (1/m)·Σ ∇nll·∇nllᵀ. */
function slopes(loss: Tensor, wrt: readonly Tensor[], normalizer: number): Cotangents {
  const scaled = grad(loss, [...wrt], { unreachable: 'zero' }).map((g) => g.mul(Math.sqrt(normalizer)));
  return { left: scaled, right: scaled };
}

/** Unit vectors of the outputs as a constant [count, …outputs]. */
function units(outputs: Tensor, count: number): Tensor {
  const data = new Float64Array(count * count);
  for (let i = 0; i < count; i++) data[i * (count + 1)] = 1;
  const one = constant(ndarray(outputs.dtype as 'f64', data, [count, count]));
  if (count === outputs.size) return one.reshape([count, ...outputs.shape]);
  const [examples = 1, ...rest] = outputs.shape;
  return one.reshape([count, 1, ...rest]).expand([count, examples, ...rest]);
}

/** Jᵀ·e and Jᵀ·H·e for unit vectors e of the outputs of an example (or of all outputs, for `each`): Σ Jᵀe·(JᵀHe)ᵀ = JᵀHJ. */
function propagated(loss: Tensor, outputs: Tensor, wrt: readonly Tensor[], each: boolean): Cotangents {
  const count = each ? outputs.size : outputs.size / (outputs.shape[0] ?? 1);
  const map = linearize([outputs], wrt);
  const slope = grad(loss, outputs, { unreachable: 'zero' });
  const back = (u: Tensor): Tensor[] => map.transpose([u]).map((t, i) => t ?? wrt[i]!.mul(0));
  const rows = vmap((e: Tensor) => ({ left: back(e), right: back(jvp(slope, outputs, e)) }))(units(outputs, count));
  return rows as { left: Tensor[]; right: Tensor[] };
}

/** Cotangents of `wrt`, one stack for all examples together. The examples must not depend on each other. */
function cotangents(
  estimate: FactorEstimate,
  loss: Tensor,
  outputs: Tensor,
  wrt: readonly Tensor[],
  normalizer: number,
): Cotangents {
  if (wrt.length === 0) return { left: [], right: [] };
  return estimate === 'exact' ? propagated(loss, outputs, wrt, false) : slopes(loss, wrt, normalizer);
}

/**
 * The diagonal of the curvature matrix by `wrt`. With sampled targets gradients of different examples are independent with mean
 * zero, so that m·(∇ mean loss)² has the diagonal as its expectation: no gradient of a single example is needed.
 */
function diagonals(
  estimate: FactorEstimate,
  loss: Tensor,
  outputs: Tensor,
  wrt: readonly Tensor[],
  normalizer: number,
): Tensor[] {
  if (wrt.length === 0) return [];
  if (estimate === 'empirical') {
    throw new InputError(
      `kroneckerFactors: the empirical Fisher's diagonal of ${wrt.length} parameters without a Kronecker block would need the gradient of every example; use 'sampled' or 'exact'`,
    );
  }
  if (estimate === 'sampled') return slopes(loss, wrt, normalizer).left.map((g) => g.mul(g).reshape([g.size]));
  const { left, right } = propagated(loss, outputs, wrt, true);
  return left.map((l, i) => l.mul(right[i]!).sum([0]).reshape([wrt[i]!.size]));
}

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
  /** Whose cotangents they are made of (default 'sampled': `graph.loss` must then have targets drawn by `Loss.sample`). */
  readonly estimate?: FactorEstimate;
  /** How weights that are used at several positions are treated (default 'expand'). */
  readonly sharing?: WeightSharing;
  /**
   * Longest side that is measured as a whole (default: every one): of a longer one blocks on its diagonal are, as equal as can be, as
   * `[parts, width, width]`; what lies between them is left out.
   */
  readonly largestSide?: number | undefined;
  /** m of `Loss.normalizer`. */
  readonly normalizer: number;
}

const factorOptions: OptionNames<FactorOptions> = { estimate: 1, sharing: 1, normalizer: 1, largestSide: 1 };

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
  readonly largestSide: number | undefined;
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
  return { probed, cotangentOf, examples: graph.outputs.shape[0] ?? 1, sharing, largestSide: options.largestSide };
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
function vectorRows({ site }: FullBlock, { cotangentOf, probed }: Measurement): RowPair {
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

/** Factors of one block; all are of the mean loss. */
export interface BlockFactors {
  /** A `[inputs (+ 1), …]`, in parts `[parts, width, width]` where it is long, or its diagonal `[inputs]` for an embedding; null for a block without Kronecker structure. */
  readonly input: Tensor | null;
  /** G `[outputs, outputs]`, the full block, or the diagonal `[size]`. */
  readonly output: Tensor;
}

const total = (terms: readonly Tensor[]): Tensor => terms.reduce((a, b) => a.add(b));

/** Σ left·rightᵀ, made symmetric. */
function crossProduct({ left, right }: RowPair, { largestSide }: Measurement): Tensor {
  const product = crossProductOf(left, right, sideParts(left.shape[1]!, largestSide));
  return left === right ? product : product.add(swapLast(product)).mul(0.5);
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
  return total(scaled.map((r) => crossProduct({ left: r, right: r }, measured)));
}

/** G = Σ g·gᵀ over all rows of all sites: the number of examples is in the cotangents. */
function outputFactor(block: MatrixBlock, measured: Measurement): Tensor {
  return total(block.sites.map((site) => crossProduct(outputRows(block, site, measured), measured)));
}

/**
 * The factors of every block as graph outputs: for a layer with inputs a (with a last 1 when there is a bias) and cotangents g of
 * its outputs, A = E[a·aᵀ] and G = E[g·gᵀ] with A ⊗ G ≈ the block of the Gauss-Newton matrix of the mean loss (Martens and Grosse
 * 2015; Grosse and Martens 2016 for convolutions; Eschenhagen et al. 2023 for shared weights). Exact for one example without sharing, and for
 * deep linear networks with a squared error. Cost: one forward and one backward pass without weight gradients (`exact`: two
 * for every output of an example), and the products. Embeddings are always expanded.
 * @example
 * const batch = objective.batch(20);
 * const factors = kroneckerFactors(batch, kroneckerBlocks(batch), { estimate: 'exact', normalizer: batch.normalizer });
 * factors[0]!.input!.shape; // [3, 3]
 */
export function kroneckerFactors(graph: ModelGraph, blocks: readonly Block[], options: FactorOptions): BlockFactors[] {
  checkNames('kroneckerFactors', options, factorOptions);
  const measured = measure(graph, blocks, options);
  const rest = blocks.flatMap((b) => (b.kind === 'diagonal' ? [b.parameter.tensor] : []));
  const { estimate = 'sampled', normalizer } = options;
  const diagonalOf = diagonals(estimate, graph.loss, graph.outputs, rest, normalizer);
  let next = 0;
  return blocks.map((block) => {
    if (block.kind === 'diagonal') return { input: null, output: diagonalOf[next++]! };
    if (block.kind === 'full') return { input: null, output: crossProduct(vectorRows(block, measured), measured) };
    return { input: inputFactor(block, measured), output: outputFactor(block, measured) };
  });
}
