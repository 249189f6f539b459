import type { Vector } from '../../objective/vector.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Block } from './blocks.js';
import { hasEigenbasis } from './blocks.js';
import type { BlockFactors } from './factors.js';

/** Where one factor lies in the flat vector of all factors. */
export interface FactorSlot {
  readonly name: string;
  readonly block: number;
  readonly role: 'input' | 'output';
  /** Order of the matrix. */
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

export function factorLayout(blocks: readonly Block[]): FactorLayout {
  let size = 0;
  const slots = blocks.flatMap((b, block) =>
    shapesOf(b).map((shape): FactorSlot => {
      const length = shape.diagonal ? shape.order : shape.order ** 2;
      const slot = { ...shape, name: `${shape.role}_${block}`, block, offset: size, length };
      size += length;
      return slot;
    }),
  );
  return { slots, size };
}

const shapeOf = ({ diagonal, order }: FactorSlot): number[] => (diagonal ? [order] : [order, order]);

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
