import { type DType, isFloat } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/ir.js';

/** For integers that stand for floats, the floats: equal in value, with derivatives that pass through the rounding. */
const floats = new WeakMap<Tensor, Tensor>();

/** Integers of a dtype from floats with integer values, by which `inFloats` finds the floats again. */
export function toIntegers(x: Tensor, dtype: DType): Tensor {
  const result = x.cast(dtype);
  floats.set(result, x);
  return result;
}

/** The values as floats: those that integers were made of, whose derivatives go on (straight-through, Bengio et al. 2013). */
export function inFloats(x: Tensor, dtype: DType): Tensor {
  return (floats.get(x) ?? x).cast(dtype);
}

/** Ops whose outputs are elements of the first input, and of all inputs. */
const moving =
  /^(DepthToSpace|Expand|Flatten|Gather|Identity|MaxPool|Reshape|Slice|SpaceToDepth|Split|Squeeze|Tile|Transpose|Unsqueeze)$/;
const joining = /^Concat$/;

/** The inputs of an op in floats, if it only moves integers that have them; null otherwise. */
export function movedInFloats(
  opType: string,
  inputs: readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] | null {
  const all = joining.test(opType);
  if (!all && !moving.test(opType)) return null;
  const known = inputs.find((t, i) => (all || i === 0) && t !== undefined && floats.has(t));
  if (known === undefined) return null;
  const { dtype } = floats.get(known)!;
  return inputs.map((t, i) => ((all || i === 0) && t !== undefined ? inFloats(t, dtype) : t));
}

/** Keeps the floats of integers that an op moved. */
export function keepFloats(integers: readonly (Tensor | undefined)[], moved: readonly (Tensor | undefined)[]): void {
  integers.forEach((t, i) => {
    const own = moved[i];
    if (t !== undefined && own !== undefined && isFloat(own.dtype) && !isFloat(t.dtype)) floats.set(t, own);
  });
}
