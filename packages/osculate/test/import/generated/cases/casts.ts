import { DataType } from '../../../../src/onnx/data-type.js';
import { type Case, type Cases, isFloatType, type Numbers, type Result, stored, type Types, t, v } from '../case.js';

const to = ({ T2 }: Types) => ({ to: DataType[T2!] });

/** Casts to integers of 4 and 2 bits round in ONNX Runtime; by the standard they truncate as all others. */
const isTiny = (type: string | undefined): boolean => /int[24]$/.test(type ?? '');

/** Numbers that both types hold: what does not fit the range of an integer type is undefined in a cast from a float. */
const numbers: readonly Case[] = (
  [
    { what: 'a matrix', inputs: [t([2, 3])] },
    { what: 'a scalar', inputs: [t([], 'positive')] },
    { what: 'empty', inputs: [t([0, 2])] },
    { what: 'zeros and ones', inputs: [v([0, 1, 1, 0])] },
  ] satisfies readonly Case[]
)
  .map((given) => ({
    ...given,
    types: ({ T1, T2 }: Types) =>
      given.what !== 'a matrix' || !(isFloatType(T1) && (T2!.startsWith('u') || isTiny(T2))),
  }))
  .map(
    (given): Case => ({
      ...given,
      types: (types) => given.types(types) && (types.T2 !== 'float4e2m1' || given.what === 'zeros and ones'),
    }),
  );

/** ONNX Runtime has no floats of 4 bits: 0, ½, 1, 1½, 2, 3, 4, 6, ties to even. */
const toFourBits: Case = {
  what: 'rounded to floats of 4 bits',
  inputs: [v([0.25, 0.3, -0.75, 2.5, 5, -5.5, 100, 0])],
  types: ({ T1, T2 }) => T1 === 'float' && T2 === 'float4e2m1',
  expected: () => [{ shape: [8], values: [0, 0.5, -1, 2, 4, -6, 6, 0] }],
};

const truncation: Case = {
  what: 'fractions',
  inputs: [v([0.5, 1.5, 2.5, 0.75])],
  types: ({ T1, T2 }) => isFloatType(T1) && !/float[48]/.test(T1!) && !/float[48]/.test(T2!) && !isTiny(T2),
};

const negativeFractions: Case = {
  what: 'negative fractions',
  inputs: [v([-0.5, -1.5, -2.5, -0.75])],
  types: ({ T1, T2 }) =>
    isFloatType(T1) && !/float[48]/.test(T1!) && !/float[48]/.test(T2!) && !T2!.startsWith('u') && !isTiny(T2),
};

const wrapped: Case = {
  what: 'integers beyond the range',
  inputs: [t([32], 'wide')],
  types: ({ T1, T2 }) => !isFloatType(T1) && !isFloatType(T2),
};

const special: Case = {
  what: 'infinities and NaN',
  inputs: [v([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0])],
  types: ({ T1, T2 }) => [T1, T2].every((type) => /^(b?float(16)?|double)$/.test(type!)),
};

const all: readonly Case[] = [...numbers, truncation, negativeFractions, wrapped, special, toFourBits];

/** Views of the same bits. */
const arrays = {
  float: Float32Array,
  double: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
} as const;

type Viewed = keyof typeof arrays;

const isViewed = (type: string | undefined): type is Viewed => type !== undefined && type in arrays;

/** ONNX Runtime has no kernel. */
function bits(x: Numbers, { T1, T2 }: Types): Result {
  if (!isViewed(T1) || !isViewed(T2)) throw new Error(`${T1} is not viewed as ${T2}`);
  const wide = T1 === 'int64' || T1 === 'uint64';
  const { buffer } = wide ? arrays[T1].from(Array.from(x, BigInt)) : arrays[T1 as 'int8'].from(Array.from(x, Number));
  const values = Array.from<number | bigint>(new arrays[T2](buffer));
  return { shape: [values.length], values };
}

const width = (type: string): string => ({ float: '32', double: '64' })[type] ?? type.replace(/\D/g, '');

/** Integers of one width, also from the model's inputs; floats by 32 and 64 bits only where their values are known. */
const bitCasts: readonly Case[] = (
  [
    { what: 'integers', inputs: [t([8], 'wide')], types: ({ T1, T2 }) => !isFloatType(T1) && !isFloatType(T2) },
    {
      what: 'known numbers',
      inputs: [stored(v([0, 1, 2, 1000]))],
      types: ({ T1, T2 }) => isFloatType(T1) !== isFloatType(T2) && !/uint/.test(T1! + T2!),
    },
  ] satisfies readonly Case[]
).map(
  (given: Case): Case => ({
    ...given,
    attributes: to,
    types: (types) =>
      isViewed(types.T1) && isViewed(types.T2) && width(types.T1) === width(types.T2) && given.types!(types),
    expected: ([x], types) => [bits(x!, types)],
  }),
);

export const casts: Cases = {
  BitCast: bitCasts,
  Cast: all.map((given) => ({ ...given, attributes: to })),
  CastLike: all.map((given) => ({ ...given, inputs: [...given.inputs, v([1])] })),
};
