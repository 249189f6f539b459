import { cholesky, choleskyInverse, matrix } from '../../linalg/index.js';
import type { Vector } from '../../linalg/vectors.js';
import { concat } from '../../ops/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { type Block, hasEigenbasis, type MatrixBlock } from './blocks.js';
import type { BlockFactors } from './factors.js';
import { type Parts, sideParts, sideTimes, timesSide } from './sides.js';

/** Where one factor lies in the flat vector of all factors. */
export interface FactorSlot extends Parts {
  readonly name: string;
  readonly block: number;
  readonly role: 'input' | 'output';
  /** Order of the whole matrix. */
  readonly order: number;
  /** Only the diagonal is held. */
  readonly diagonal: boolean;
  readonly offset: number;
  readonly length: number;
}

/** The flat view of all factors of a model, in one vector, so that averaging and saving need no structure. */
export interface FactorLayout {
  readonly slots: readonly FactorSlot[];
  readonly size: number;
}

interface Shape {
  readonly role: FactorSlot['role'];
  readonly order: number;
  readonly diagonal: boolean;
}

function shapesOf(block: Block): Shape[] {
  if (block.kind === 'full' || block.kind === 'diagonal') {
    return [{ role: 'output', order: block.parameter.tensor.size, diagonal: block.kind === 'diagonal' }];
  }
  const { inputs, outputs } = block.form;
  return [
    { role: 'input', order: inputs + (block.bias ? 1 : 0), diagonal: block.kind === 'embedding' },
    { role: 'output', order: outputs, diagonal: false },
  ];
}

/** Of a side longer than `largestSide` blocks on the diagonal are held, as equal as can be. */
export function factorLayout(blocks: readonly Block[], largestSide?: number): FactorLayout {
  let size = 0;
  const slots = blocks.flatMap((b, block) =>
    shapesOf(b).map((shape): FactorSlot => {
      const held = shape.diagonal ? { parts: 1, width: 1 } : sideParts(shape.order, largestSide);
      const length = shape.diagonal ? shape.order : held.parts * held.width ** 2;
      const slot = { ...shape, ...held, name: `${shape.role}_${block}`, block, offset: size, length };
      size += length;
      return slot;
    }),
  );
  return { slots, size };
}

function shapeOf({ diagonal, order, parts, width }: FactorSlot): number[] {
  if (diagonal) return [order];
  return parts === 1 ? [order, order] : [parts, width, width];
}

/** The rows of each part of a side that are used, and where its matrix begins in the flat vector. */
export function partsIn({ order, parts, width, offset }: FactorSlot): readonly { offset: number; order: number }[] {
  return Array.from({ length: parts }, (_, p) => ({
    offset: offset + p * width ** 2,
    order: Math.min(width, order - p * width),
  }));
}

/** Symbolic inputs for all factors (or their inverses), named after `prefix`, block by block. */
export function factorInputs(layout: FactorLayout, prefix: string, dtype: 'f32' | 'f64'): BlockFactors[] {
  const result: { input: Tensor | null; output: Tensor }[] = [];
  for (const slot of layout.slots) {
    const t = input(prefix + slot.name, dtype, shapeOf(slot));
    if (slot.role === 'input') result[slot.block] = { input: t, output: t };
    else result[slot.block] = { input: result[slot.block]?.input ?? null, output: t };
  }
  return result;
}

/** The factors as a record of tensors to compute, named as the slots are. */
export function namedFactors(layout: FactorLayout, factors: readonly BlockFactors[]): Record<string, Tensor> {
  return Object.fromEntries(layout.slots.map((slot) => [slot.name, factors[slot.block]![slot.role]!]));
}

/** Views into a flat vector, to feed. */
export function factorViews(layout: FactorLayout, flat: Vector, prefix: string): Record<string, NDArray> {
  return Object.fromEntries(layout.slots.map((slot) => [prefix + slot.name, viewOf(flat, slot, shapeOf(slot))]));
}

function viewOf(
  flat: Vector,
  { offset, length }: { offset: number; length: number },
  shape: readonly number[],
): NDArray {
  const data = flat.subarray(offset, offset + length);
  return data instanceof Float32Array ? { dtype: 'f32', shape, data } : { dtype: 'f64', shape, data };
}

/** Where the second moments of one block lie in the flat vector of all. */
interface MomentSlot {
  readonly name: string;
  readonly block: number;
  /** `[outputs, inputs (+ 1)]`. */
  readonly shape: readonly [number, number];
  readonly offset: number;
  readonly length: number;
}

export interface MomentLayout {
  readonly slots: readonly MomentSlot[];
  readonly size: number;
}

export function momentLayout(blocks: readonly Block[]): MomentLayout {
  let size = 0;
  const slots = blocks.flatMap((b, block): MomentSlot[] => {
    if (!hasEigenbasis(b)) return [];
    const shape = [b.form.outputs, b.form.inputs + (b.bias ? 1 : 0)] as const;
    const slot = { name: `moment_${block}`, block, shape, offset: size, length: shape[0] * shape[1] };
    size += slot.length;
    return [slot];
  });
  return { slots, size };
}

/** Symbolic inputs for the moments, named after `prefix`, block by block; null for a block that has none. */
export function momentInputs(
  { slots }: MomentLayout,
  blocks: readonly Block[],
  prefix: string,
  dtype: 'f32' | 'f64',
): (Tensor | null)[] {
  return blocks.map((_, block) => {
    const slot = slots.find((s) => s.block === block);
    return slot ? input(prefix + slot.name, dtype, slot.shape) : null;
  });
}

/** Views into a flat vector, to feed. */
export function momentViews({ slots }: MomentLayout, flat: Vector, prefix: string): Record<string, NDArray> {
  return Object.fromEntries(slots.map((slot) => [prefix + slot.name, viewOf(flat, slot, slot.shape)]));
}

function meanTrace(flat: Vector, slot: FactorSlot): number {
  const step = slot.diagonal ? 1 : slot.width + 1;
  let trace = 0;
  for (const { offset, order } of slot.diagonal ? [slot] : partsIn(slot)) {
    for (let i = 0; i < order; i++) trace += flat[offset + i * step]!;
  }
  return trace / slot.order;
}

/** 1/(F + shift) of a diagonal; false where that is not positive and finite. */
function invertDiagonal(flat: Vector, { offset, length }: FactorSlot, shift: number, into: Vector): boolean {
  for (let i = offset; i < offset + length; i++) {
    const damped = flat[i]! + shift;
    if (!(damped > 0 && damped < Infinity)) return false;
    into[i] = 1 / damped;
  }
  return true;
}

/** (F + shift·I)⁻¹ of one factor into `into`, by way of `scratch`; false when a part is not positive definite. */
function invert(
  flat: Vector,
  slot: FactorSlot,
  shift: number,
  into: Vector,
  { scratch, largestSide }: { readonly scratch: Float64Array; readonly largestSide: number },
): boolean {
  if (slot.diagonal) return invertDiagonal(flat, slot, shift, into);
  const { width: stride } = slot;
  for (const { offset, order } of partsIn(slot)) {
    const { width } = sideParts(order, largestSide);
    for (let from = 0; from < order; from += width) {
      const n = Math.min(width, order - from);
      const damped = matrix(n, n, scratch.subarray(0, n * n));
      const start = offset + from * (stride + 1);
      for (let i = 0; i < n; i++) damped.data.set(flat.subarray(start + i * stride, start + i * stride + n), i * n);
      for (let i = 0; i < n; i++) damped.data[i * (n + 1)]! += shift;
      const result = cholesky(damped, { into: damped });
      if (result.status !== 'ok') return false;
      const { data } = choleskyInverse(result.factor, { into: damped });
      for (let i = 0; i < n; i++) into.set(data.subarray(i * n, (i + 1) * n), start + i * stride);
    }
  }
  return true;
}

/**
 * Inverses of all factors with factored Tikhonov damping (Martens and Grosse 2015, section 6.3): (A + πγ·I)⁻¹ and (G + γ/π·I)⁻¹
 * with π² = (tr A / dim A) / (tr G / dim G), (F + γ²·I)⁻¹ for a block without Kronecker structure. In float64, by Cholesky. Null when
 * a damped factor is not positive definite or not finite. Cost: n³ multiplications and additions a factor, or a part of one; where it is longer
 * than `largestSide` its diagonal blocks are inverted.
 */
export function dampedInverses(
  { slots, size }: FactorLayout,
  factors: Vector,
  gamma: number,
  largestSide = Number.POSITIVE_INFINITY,
): Vector | null {
  const inverses = factors instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  const paired = new Map(slots.filter((s) => s.role === 'input').map((s) => [s.block, meanTrace(factors, s)]));
  // One place for all: fresh memory costs about as much as an inverse.
  const largest = Math.max(0, ...slots.map((s) => (s.diagonal ? 0 : s.width)));
  const work = { scratch: new Float64Array(Math.min(largest, largestSide) ** 2), largestSide };
  for (const slot of slots) {
    const input = paired.get(slot.block);
    let shift = gamma * gamma;
    if (input !== undefined) {
      const output = meanTrace(factors, slots.find((s) => s.block === slot.block && s.role === 'output')!);
      const pi = input > 0 && output > 0 ? Math.sqrt(input / output) : 1;
      shift = slot.role === 'input' ? gamma * pi : gamma / pi;
    }
    if (!invert(factors, slot, shift, inverses, work)) return null;
  }
  return inverses;
}

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
    const u = block.kind === 'full' ? sideTimes(output, g) : output.reshape([tensor.size, 1]).mul(g);
    return { [name]: u.reshape(tensor.shape) };
  }
  const matrix = blockMatrix(block, gradient);
  const right = block.kind === 'embedding' ? matrix.mul(input!) : timesSide(matrix, input!);
  return fromBlockMatrix(block, sideTimes(output, right));
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
    const turned = sideTimes(output, timesSide(blockMatrix(block, gradient), input), true);
    const scaled = turned.div(s.add(damping));
    return fromBlockMatrix(block, timesSide(sideTimes(output, scaled), input, true));
  });
  return Object.assign({}, ...pieces) as Named;
}
