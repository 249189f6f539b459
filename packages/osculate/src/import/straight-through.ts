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

const first = [0];
/** With the values that are put in: those that fill, replace or are added. */
const firstAndThird = [0, 2];

/** The inputs of an op whose elements its outputs are made of; all others say where. */
type DataInputs = 'all' | readonly number[];

/** Ops whose outputs are elements of their inputs. */
const moving: Readonly<Record<string, DataInputs>> = {
  CenterCropPad: first,
  Clip: 'all',
  Compress: first,
  Concat: 'all',
  DepthToSpace: first,
  Expand: first,
  Flatten: first,
  Gather: first,
  GatherElements: first,
  GatherND: first,
  Identity: first,
  Max: 'all',
  MaxPool: first,
  Min: 'all',
  Pad: firstAndThird,
  ReduceMax: first,
  ReduceMin: first,
  Relu: first,
  Reshape: first,
  ReverseSequence: first,
  Slice: first,
  SpaceToDepth: first,
  Split: first,
  Squeeze: first,
  Tile: first,
  TopK: first,
  Transpose: first,
  Trilu: first,
  Unsqueeze: first,
  Where: [1, 2],
};

/** Ops that compute with integers as with numbers, up to rounding and to what leaves the range of the type. */
const computing: Readonly<Record<string, DataInputs>> = {
  Abs: 'all',
  Add: 'all',
  BitShift: first,
  BitwiseNot: 'all',
  CumProd: first,
  CumSum: first,
  Div: 'all',
  Einsum: 'all',
  Gemm: 'all',
  MatMul: 'all',
  Mean: 'all',
  Mod: 'all',
  Mul: 'all',
  Neg: 'all',
  Pow: 'all',
  ReduceL1: first,
  ReduceMean: first,
  ReduceProd: first,
  ReduceSum: first,
  ReduceSumSquare: first,
  ScatterElements: firstAndThird,
  ScatterND: firstAndThird,
  Sub: 'all',
  Sum: 'all',
};

export interface FloatInputs {
  readonly inputs: readonly (Tensor | undefined)[];
  /** The op on floats gives the values that it gives on integers. */
  readonly exact: boolean;
}

/**
 * The inputs of an op in floats, if integers that have them are among its data: what it makes of them has the derivatives of the op
 * on real numbers. Null where there are none, and for ops without such derivatives: comparisons, indices, bits.
 */
export function floatInputs(opType: string, inputs: readonly (Tensor | undefined)[]): FloatInputs | null {
  const exact = moving[opType] !== undefined;
  const data = moving[opType] ?? computing[opType];
  if (data === undefined) return null;
  const isData = (i: number): boolean => data === 'all' || data.includes(i);
  const known = inputs.find((t, i) => isData(i) && t !== undefined && floats.has(t));
  if (known === undefined) return null;
  // Sums of products of integers are exact in f64 up to 2⁵³.
  const dtype = exact ? floats.get(known)!.dtype : 'f64';
  return { exact, inputs: inputs.map((t, i) => (isData(i) && t !== undefined ? inFloats(t, dtype) : t)) };
}

/**
 * Keeps for integers what the same op gave on floats. Unless that is `exact` they get the value of the integers, which may be rounded or
 * wrapped, with the derivative of the floats.
 */
export function keepFloats(
  integers: readonly (Tensor | undefined)[],
  computed: readonly (Tensor | undefined)[],
  exact: boolean,
): void {
  integers.forEach((t, i) => {
    const own = computed[i];
    if (t === undefined || own === undefined || !isFloat(own.dtype) || isFloat(t.dtype) || t.dtype === 'bool') return;
    floats.set(t, exact ? own : own.add(t.cast(own.dtype).sub(own).stopGradient()));
  });
}

/** What an op made of integers value by value, as a change of type does: their derivatives go on. */
export function converted(result: Tensor, from: Tensor): Tensor {
  if (result !== from && floats.has(from)) keepFloats([result], [inFloats(from, 'f64')], false);
  return result;
}
