import type { DataTypeName } from '../../../src/onnx/data-type.js';
import { isFloatType, type Result } from './case.js';
import type { Variant } from './variants.js';

/** What a variant gave, or why it gave nothing. */
export type Outcome = readonly (Result | null)[] | Error;

/** A few units in the last place of each float type, for sums of a few dozen terms. */
function toleranceOf(type: DataTypeName): number {
  switch (type) {
    case 'double':
      return 1e-11;
    case 'float':
      return 1e-5;
    case 'float16':
      return 4e-3;
    case 'bfloat16':
      return 3e-2;
    default:
      return isFloatType(type) ? 0.15 : 0;
  }
}

/** The least precise float type that takes part; `wide` is what ONNX Runtime was given for another. */
function precision({ inputs, outputs }: Variant, wide: DataTypeName | undefined): number {
  const types = [wide, ...inputs.map((input) => input?.type), ...outputs];
  return Math.max(...types.map((type) => (type ? toleranceOf(type) : 0)));
}

function differs(a: number | bigint, e: number | bigint, tolerance: number): boolean {
  if (Number(a) === Number(e) || (Number.isNaN(Number(a)) && Number.isNaN(Number(e)))) return false;
  return !(Math.abs(Number(a) - Number(e)) <= tolerance * (1 + Math.abs(Number(e))));
}

/** Integers of 64 bits without a sign are carried with one. */
const carried = (value: number | bigint, type: DataTypeName): number | bigint =>
  type === 'uint64' ? BigInt.asUintN(64, BigInt(value)) : value;

const show = (list: Result['values']): string =>
  `[${Array.from(list).slice(0, 24).join(', ')}${list.length > 24 ? ', …' : ''}]`;

/** How an outcome differs from the expected one; undefined where it does not. */
export function difference(
  variant: Variant,
  actual: Outcome,
  expected: Outcome,
  wide: DataTypeName | undefined,
): string | undefined {
  if (actual instanceof Error) return actual.message;
  if (expected instanceof Error) return `no expected value: ${expected.message}`;
  for (const [i, e] of expected.entries()) {
    const a = actual[i] ?? null;
    if (e === null || a === null) continue;
    if (a.shape.join() !== e.shape.join()) return `output ${i} has shape [${a.shape}] instead of [${e.shape}]`;
    const type = variant.outputs[i]!;
    const tolerance = isFloatType(type) ? Math.max(variant.case.tolerance ?? 0, precision(variant, wide)) : 0;
    const at = e.values.findIndex((value, j) => differs(carried(a.values[j]!, type), value, tolerance));
    if (at >= 0) return `output ${i} is ${show(a.values)} instead of ${show(e.values)} (element ${at})`;
  }
  return undefined;
}
