import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { Block } from './blocks.js';
import { hasEigenbasis } from './eigen-moments.js';

/** Where the second moments of one block lie in the flat vector of all. */
export interface MomentSlot {
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

/** Symbolic inputs for the moments, block by block; null for a block that has none. */
export function momentInputs(
  { slots }: MomentLayout,
  blocks: readonly Block[],
  dtype: 'f32' | 'f64',
): (Tensor | null)[] {
  return blocks.map((_, block) => {
    const slot = slots.find((s) => s.block === block);
    return slot ? input(slot.name, dtype, slot.shape) : null;
  });
}

/** Views into a flat vector, to feed. */
export function momentViews({ slots }: MomentLayout, flat: Float32Array | Float64Array): Record<string, NDArray> {
  const dtype = flat instanceof Float32Array ? 'f32' : 'f64';
  return Object.fromEntries(
    slots.map(({ name, shape, offset, length }) => [
      name,
      { dtype, shape, data: flat.subarray(offset, offset + length) as never },
    ]),
  );
}
