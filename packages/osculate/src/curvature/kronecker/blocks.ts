import { topological } from '../../tensor/graph.js';
import type { Tensor } from '../../tensor/ir.js';
import { leaves, type Tree } from '../../tensor/tree.js';
import {
  type FoundMatrix,
  type MatrixForm,
  type MatrixSite,
  matrixSite,
  type VectorSite,
  vectorAxis,
  vectorSite,
} from './sites.js';
import { graphReaders, type Readers, type Use, usesOf } from './uses.js';

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/**
 * A weight matrix, perhaps with its bias: A ⊗ G. A weight that is used several times, or in parts, has several sites; G is zero between
 * the outputs of different parts, and A is the mean over all of them.
 */
export interface MatrixBlock {
  /** How the weight meets the data: by a product, a convolution, or a lookup of rows. */
  readonly kind: 'dense' | 'convolution' | 'embedding';
  /** The weight, by name. */
  readonly weight: NamedTensor;
  /** The bias that is added to the same product; null for none. */
  readonly bias: NamedTensor | null;
  /** How the weight is laid out as a matrix. */
  readonly form: MatrixForm;
  /** Every place in the graph where the weight is used. */
  readonly sites: readonly MatrixSite[];
  /** Why the block is of its kind, in words. */
  readonly reason: string;
}

/** A bias, gain or shift on its own: its small block in full. */
export interface FullBlock {
  /** The block is kept in full. */
  readonly kind: 'full';
  /** The vector, by name. */
  readonly parameter: NamedTensor;
  /** The place in the graph where it is used. */
  readonly site: VectorSite;
  /** Why the block is of its kind, in words. */
  readonly reason: string;
}

/** Anything else: the diagonal. */
export interface DiagonalBlock {
  /** Only the diagonal of the block is kept. */
  readonly kind: 'diagonal';
  /** The parameter, by name. */
  readonly parameter: NamedTensor;
  /** Why the block is of its kind, in words. */
  readonly reason: string;
}

/** The block of a curvature matrix for some parameters of a model: A ⊗ G for a weight, all of a small vector, or a diagonal. */
export type Block = MatrixBlock | FullBlock | DiagonalBlock;

/** True for a block that has eigenbases on both sides. */
export function hasEigenbasis(block: Block): block is MatrixBlock {
  return block.kind === 'dense' || block.kind === 'convolution';
}

/** A model's graph on a batch, as traced or imported. */
export interface ModelGraph {
  /** The parameters as tensors. */
  readonly weights: Tree<Tensor>;
  /** Leading axis: examples. */
  readonly outputs: Tensor;
  /** Mean over the examples (see `Loss.normalizer`). */
  readonly loss: Tensor;
}

/** Larger vectors get a diagonal instead of a full block. */
const largestFull = 512;

type Candidate = { readonly parameter: NamedTensor; readonly uses: readonly Use[] };

const diagonal = (parameter: NamedTensor, reason: string): DiagonalBlock => ({ kind: 'diagonal', parameter, reason });

/** Where the sum that the bias is added to comes from, if it goes nowhere else. */
function onlySource(t: Tensor, readers: Readers): Tensor | null {
  if (readers.of(t).length !== 1) return null;
  return t.node.op.name === 'reshape' ? onlySource(t.node.inputs[0]!, readers) : t;
}

/** The output of a matrix site that a vector is added to as its bias. */
function biasTarget({ parameter, uses }: Candidate): { output: Tensor; axisFromEnd: number } | null {
  const [use] = uses;
  if (uses.length !== 1 || use?.node.op.name !== 'add') return null;
  const axis = vectorAxis(use, parameter.tensor.size);
  const output = onlySource(use.node.inputs[1 - use.operand]!, use.readers);
  if (axis === undefined || output === null) return null;
  return { output, axisFromEnd: use.node.outputs[0]!.rank - axis };
}

function matrixBlock({ parameter, uses }: Candidate, biases: ReadonlyMap<Tensor, Bias>): Block {
  const found = uses.map(matrixSite);
  const refused = found.find((f) => typeof f === 'string');
  if (refused !== undefined) return diagonal(parameter, refused as string);
  const matrices = found as FoundMatrix[];
  const [first] = matrices as [FoundMatrix];
  const same = ({ kind, form }: FoundMatrix): boolean =>
    kind === first.kind && form.transposed === first.form.transposed && form.outputs === first.form.outputs;
  if (!matrices.every(same)) return diagonal(parameter, `it is used in ${uses.length} different ways`);
  const { kind, form } = first;
  const target = biases.get(first.site.output);
  const joined = matrices.length === 1 && target !== undefined && target.axisFromEnd === first.biasAxis;
  const bias = joined && target.bias.tensor.size === form.outputs ? target.bias : null;
  const parts = matrices.some((m) => m.partial);
  const times = matrices.length > 1 ? `, ${matrices.length} ${parts ? 'parts' : 'times: summed'}` : '';
  const where = first.site.scan ? ' inside a scan' : '';
  const reason = `${first.site.output.node.op.name}${where}${bias ? ' with a bias' : ''}${times}`;
  return { kind, weight: parameter, bias, form, sites: matrices.map((m) => m.site), reason };
}

interface Bias {
  readonly bias: NamedTensor;
  readonly axisFromEnd: number;
}

function findBiases(candidates: readonly Candidate[]): Map<Tensor, Bias> {
  const found = new Map<Tensor, Bias>();
  for (const candidate of candidates) {
    const target = biasTarget(candidate);
    if (target && !found.has(target.output)) {
      found.set(target.output, { bias: candidate.parameter, axisFromEnd: target.axisFromEnd });
    }
  }
  return found;
}

function vectorBlock({ parameter, uses }: Candidate, examples: number): Block {
  const { size } = parameter.tensor;
  if (uses.length !== 1) return diagonal(parameter, `it is used ${uses.length} times`);
  if (size > largestFull) return diagonal(parameter, `${size} elements are too many for a full block`);
  const site = vectorSite(uses[0]!, size, examples);
  if (typeof site === 'string') return diagonal(parameter, site);
  const role = site.input ? 'multiplies' : 'is added to';
  return { kind: 'full', parameter, site, reason: `${role} the data along one axis` };
}

const isVector = ({ tensor: { rank, size } }: NamedTensor): boolean => rank <= 1 && size > 0;

/**
 * The block of the curvature matrix that every parameter belongs to, read off the graph: where it enters a product, a
 * convolution, a gather, an addition or a multiplication, also inside scans. Nothing has to be registered. Every parameter is in
 * exactly one block; `reason` says why it is of that kind. A parameter that the loss does not reach has a diagonal of zeros.
 * @example
 * const blocks = kroneckerBlocks(objective.batch(20));
 * blocks.map(({ kind }) => kind); // ['dense', 'dense']
 */
export function kroneckerBlocks({ weights, outputs, loss }: ModelGraph): Block[] {
  const named = leaves(weights).map(([name, tensor]) => ({ name, tensor }));
  const readers = graphReaders(
    [loss, outputs],
    named.map((p) => p.tensor),
  );
  const candidates = named.map((parameter) => ({ parameter, uses: usesOf(parameter.tensor, readers) }));
  const examples = outputs.shape[0] ?? 1;
  const used = candidates.filter(({ uses }) => uses.length > 0);
  const biases = findBiases(used.filter((c) => isVector(c.parameter)));
  const matrices = used.filter((c) => !isVector(c.parameter)).map((c) => matrixBlock(c, biases));
  const joined = new Set(matrices.map((b) => (b.kind === 'diagonal' || b.kind === 'full' ? null : b.bias?.tensor)));
  const vectors = used.filter((c) => isVector(c.parameter) && !joined.has(c.parameter.tensor));
  const reached = new Set(topological([loss, outputs]));
  const rest = candidates.flatMap(({ parameter, uses }) => {
    if (uses.length > 0) return [];
    const why = reached.has(parameter.tensor.node) ? 'it does not meet the data' : 'the loss does not depend on it';
    return [diagonal(parameter, why)];
  });
  return [...matrices, ...vectors.map((c) => vectorBlock(c, examples)), ...rest];
}
