import { float } from '../../../../src/onnx/attributes.js';
import { node } from '../../../../src/onnx/index.js';
import { type Case, type Cases, c, type Input, isFloatType, type Kind, s, type Types, t, v } from '../case.js';

const isFloat = ({ T = 'float' }: Types): boolean => isFloatType(T);
const isSingleOrDouble = ({ T }: Types): boolean => T === 'float' || T === 'double';
const isWide = ({ T = 'float' }: Types): boolean => !/float[48]/.test(T);

/** Scalars, empty and single dimensions, several axes. */
const unary = (kind: Kind = 'small', more: readonly Case[] = []): readonly Case[] => [
  { what: 'a matrix', inputs: [t([2, 3], kind)] },
  { what: 'a scalar', inputs: [t([], kind)] },
  { what: 'single dimensions', inputs: [t([1, 4, 1], kind)] },
  { what: 'an empty tensor', inputs: [t([2, 0, 3], kind)] },
  ...more,
];

const specials: Case = { what: 'infinities and NaN', inputs: [t([24], 'special')], types: isFloat };
const every: readonly Case[] = unary('small', [specials]);
const integersWrap: Case = { what: 'the whole range', inputs: [t([16], 'wide')], types: isWide };

/** Pairs of shapes that broadcast in either operand, in both, and against scalars and empty tensors. */
const pairs: readonly (readonly [string, readonly number[], readonly number[]])[] = [
  ['of one shape', [2, 3], [2, 3]],
  ['scalars', [], []],
  ['a scalar and a matrix', [], [2, 3]],
  ['a vector behind', [2, 3, 4], [4]],
  ['a vector before', [3], [2, 1, 3]],
  ['both stretched', [2, 1, 3], [1, 4, 1]],
  ['ranks 4 and 2, both stretched', [2, 1, 2, 1], [3, 1, 2]],
  ['a single element', [1, 1], [2, 3]],
  ['empty', [0, 3], [1, 3]],
  ['an empty axis from a single one', [2, 1], [2, 0]],
];

const binary = (left: Kind = 'small', right: Kind = left, more: readonly Case[] = []): readonly Case[] => [
  ...pairs.map(([what, a, b]): Case => ({ what, inputs: [t(a, left), t(b, right)] })),
  ...more,
];

const wrap: Case = { what: 'results that leave the range', inputs: [t([24], 'wide'), t([24], 'wide')], types: isWide };
const specialPair: Case = {
  what: 'infinities and NaN',
  inputs: [t([48], 'special'), t([48], 'special')],
  types: isFloat,
};
const twoInputs = binary('small', 'small', [wrap, specialPair]);

/** ONNX Runtime compares NaN as C does; equal values occur by the small range. */
const comparison: readonly Case[] = [...binary(), specialPair];

const variadic = (more: readonly Case[] = []): readonly Case[] => [
  { what: 'one', inputs: [t([2, 3])] },
  { what: 'two, stretched', inputs: [t([2, 1]), t([3])], since: 8 },
  { what: 'three, stretched', inputs: [t([2, 1, 3]), t([4, 1]), t([])], since: 8 },
  { what: 'three of a shape', inputs: [t([2, 3]), t([2, 3]), t([2, 3])] },
  { what: 'empty', inputs: [t([0, 2]), t([0, 2])] },
  ...more,
];

const clipAttributes: readonly Case[] = [
  { what: 'both', inputs: [t([3, 4])], attributes: { min: float(-0.5), max: float(1) } },
  { what: 'no bounds', inputs: [t([3, 4])] },
  { what: 'only below', inputs: [t([3, 4])], attributes: { min: float(-0.5) } },
  { what: 'only above', inputs: [t([])], attributes: { max: float(0.5) } },
  { what: 'special values', inputs: [t([24], 'special')], attributes: { min: float(-1), max: float(1) } },
].map((given): Case => ({ ...given, until: 11 }));

const clipInputs: readonly Case[] = (
  [
    { what: 'both', inputs: [t([3, 4]), s(1), s(3)] },
    { what: 'both, stored', inputs: [t([3, 4]), c(1), c(3)] },
    { what: 'no bounds', inputs: [t([3, 4])] },
    { what: 'only below', inputs: [t([3, 4]), c(2)] },
    { what: 'only above', inputs: [t([3, 4]), null, c(2)] },
    { what: 'only above, fed', inputs: [t([]), null, s(2)] },
    { what: 'the least above the greatest', inputs: [t([3, 4]), c(3), c(1)] },
    { what: 'the least above the greatest, fed', inputs: [t([3, 4]), s(3), s(1)] },
    { what: 'empty', inputs: [t([0]), c(1), c(3)] },
    { what: 'special values', inputs: [t([24], 'special'), c(-1), c(1)], types: isFloat },
    { what: 'special values, fed', inputs: [t([24], 'special'), s(-1), s(1)], types: isFloat },
  ] satisfies readonly Case[]
).map((given) => ({ ...given, since: 11 }));

const signed = [-7, -6, -5, -1, 0, 1, 5, 6, 7, 7, -7, 8];
const divisors = [2, 3, -3, 4, 5, -2, -2, 3, -3, 3, -3, -5];
const isSigned = ({ T = 'float' }: Types): boolean => !T.startsWith('u') && T !== 'bool';

/** Of version 28, on floats: x − ⌊x/y⌋·y, with the standard's special cases. */
const floored: Case = {
  what: 'floats',
  inputs: [
    v([5.5, -5.5, 5.5, -5.5, 0, 3, -3, Number.POSITIVE_INFINITY, 1, Number.NaN, -3, 3]),
    v([
      2,
      2,
      -2,
      -2,
      2,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      2,
      0,
      1,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]),
  ],
  since: 28,
  types: isFloat,
  expected: () => [
    {
      shape: [12],
      values: [
        1.5,
        0.5,
        -0.5,
        -1.5,
        0,
        3,
        Number.POSITIVE_INFINITY,
        Number.NaN,
        Number.NaN,
        Number.NaN,
        -3,
        Number.NEGATIVE_INFINITY,
      ],
    },
  ],
};

const modulo: readonly Case[] = [
  ...binary('small', 'nonzero').map((given): Case => ({ ...given, types: ({ T }) => !isFloatType(T) })),
  ...binary('small', 'nonzero').map(
    (given): Case => ({ ...given, what: `fmod, ${given.what}`, attributes: { fmod: 1 } }),
  ),
  {
    what: 'negative numbers',
    inputs: [v(signed), v(divisors)],
    types: (types) => isSigned(types) && !isFloat(types),
  },
  floored,
  {
    what: 'infinite divisors, fmod',
    inputs: [t([48], 'special'), t([48], 'special')],
    attributes: { fmod: 1 },
    types: isFloat,
  },
  { what: 'negative numbers, fmod', inputs: [v(signed), v(divisors)], attributes: { fmod: 1 }, types: isSigned },
  {
    what: 'the whole range',
    inputs: [t([24], 'wide'), t([24], 'nonzero')],
    types: (types) => isWide(types) && !isFloat(types),
  },
];

const byLess = v([0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7]);

/** Shifts by less than the width of the type: others are undefined. ONNX Runtime has kernels for three types. */
const shifts = (direction: string): readonly Case[] => {
  const runtime = ({ T }: Types): boolean => /^uint(8|32|64)$/.test(T!);
  return [
    {
      what: `${direction} by less than the width`,
      inputs: [t([16], 'wide'), byLess],
      attributes: { direction },
      types: runtime,
    },
    { what: `${direction}, stretched`, inputs: [t([2, 1]), v([1, 0, 3])], attributes: { direction }, types: runtime },
    { what: `${direction}, scalars`, inputs: [s(200), s(3)], attributes: { direction }, types: runtime },
    {
      what: `${direction}, other types`,
      inputs: [t([16], 'wide'), byLess],
      attributes: { direction },
      types: (types) => !runtime(types),
      expected: ([x], { T }) => [
        { shape: [16], values: Array.from(x!, (value, i) => shifted(BigInt(value), BigInt(i % 8), direction, T!)) },
      ],
    },
  ];
};

/** Arithmetic, kept to the width of the type. */
function shifted(x: bigint, by: bigint, direction: string, type: string): bigint {
  const value = direction === 'LEFT' ? x << by : x >> by;
  const width = Number(/\d+/.exec(type)![0]);
  return type.startsWith('u') ? BigInt.asUintN(width, value) : BigInt.asIntN(width, value);
}

const powerBases: Input = v([0.5, 1, 2, 3, 4, 2, 3, 1]);
const power: readonly Case[] = [
  {
    what: 'positive bases',
    inputs: [v([1, 2, 3, 4, 2, 1, 3, 2]), v([0, 1, 2, 3, 4, 2, 1, 3])],
  },
  {
    what: 'fractions',
    inputs: [powerBases, v([0.5, -1, -2, 1.5, 0.25, 3, 0, 2.5])],
    types: ({ T = 'float', T1 = T }) => isFloatType(T) && isFloatType(T1),
  },
  {
    what: 'negative bases',
    inputs: [v([-1, -2, -3, -2]), v([1, 2, 3, 0])],
    types: ({ T = 'float' }) => !T.startsWith('u'),
  },
  { what: 'stretched', inputs: [t([2, 1], 'positive'), v([2, 1, 3])] },
  { what: 'scalars', inputs: [s(3), s(2)] },
  { what: 'empty', inputs: [t([0, 2], 'positive'), v([1, 2])] },
];

const bits = binary('wide', 'wide');
/** (c ∧ x) ∨ (¬c ∧ y): ONNX Runtime has no kernel for booleans. */
const chosen: NonNullable<Case['equivalent']> = ([condition, x, y], [z]) => [
  node('And', [condition!, x!], [`${z} yes`]),
  node('Not', [condition!], [`${z} other`]),
  node('And', [`${z} other`, y!], [`${z} no`]),
  node('Or', [`${z} yes`, `${z} no`], [z!]),
];

const where: readonly Case[] = (
  [
    { what: 'of one shape', inputs: [t([2, 3]), t([2, 3]), t([2, 3])] },
    { what: 'all stretched', inputs: [t([2, 1, 1]), t([3, 1]), t([4])] },
    { what: 'a scalar condition', inputs: [t([]), t([3, 1]), t([1, 2])] },
    { what: 'scalar values', inputs: [t([2, 3]), t([]), t([])] },
    { what: 'empty', inputs: [t([2, 0]), t([2, 1]), t([])] },
  ] satisfies readonly Case[]
).flatMap((given): Case[] => [
  { ...given, types: ({ T }) => T !== 'bool' },
  { ...given, what: `booleans, ${given.what}`, types: ({ T }) => T === 'bool', equivalent: chosen },
]);

const infinity = (positive: number, negative: number): Case => ({
  what: `above ${positive}, below ${negative}`,
  inputs: [t([24], 'special')],
  attributes: { detect_positive: positive, detect_negative: negative },
});

/** A pole or an edge of the domain has the value that IEEE 754 gives it. */
const overDomain = (kind: Kind): readonly Case[] => unary(kind);

export const elementwise: Cases = {
  Abs: [...every, integersWrap],
  Acos: overDomain('unit'),
  Acosh: unary('positive').map((given) => ({ ...given, inputs: [v([1, 1.5, 2, 8])] })),
  Add: twoInputs,
  And: binary(),
  Asin: overDomain('unit'),
  Asinh: unary('small', [{ what: 'large ones', inputs: [t([24], 'wide')] }]),
  Atan: every,
  Atanh: overDomain('unit'),
  BitShift: [...shifts('LEFT'), ...shifts('RIGHT')],
  BitwiseAnd: bits,
  BitwiseNot: unary('wide'),
  BitwiseOr: bits,
  BitwiseXor: bits,
  Ceil: every,
  Clip: [...clipAttributes, ...clipInputs],
  Cos: unary(),
  Cosh: unary(),
  Div: binary('small', 'nonzero', [
    { what: 'negative integers', inputs: [v(signed), v(divisors)], types: isSigned },
    { what: 'the whole range', inputs: [t([24], 'wide'), t([24], 'nonzero')], types: isWide },
    specialPair,
  ]),
  Equal: comparison,
  Erf: [
    ...every.map((given): Case => ({ ...given, types: isFloat })),
    { what: 'whole numbers', inputs: [t([6], 'ones')], types: (types) => !isFloat(types) },
  ],
  Exp: every,
  Floor: every,
  Greater: comparison,
  GreaterOrEqual: comparison,
  Identity: every,
  IsInf: [...every, infinity(1, 0), infinity(0, 1), infinity(0, 0)],
  IsNaN: every,
  Less: comparison,
  LessOrEqual: comparison,
  Log: unary('positive', [specials]),
  Max: variadic([specialPair, { what: 'the whole range', inputs: [t([24], 'wide'), t([24], 'wide')], types: isWide }]),
  Mean: variadic(),
  Min: variadic([specialPair, { what: 'the whole range', inputs: [t([24], 'wide'), t([24], 'wide')], types: isWide }]),
  Mod: modulo,
  Mul: twoInputs,
  Neg: [...every, integersWrap],
  Not: unary(),
  Or: binary(),
  Pow: power,
  Reciprocal: unary('nonzero', [specials]),
  Round: [...every, { what: 'ties', inputs: [v([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5])] }],
  // Of half precision ONNX Runtime gives 0 for NaN.
  Sign: [
    ...every.map((given) => (given === specials ? { ...specials, types: isSingleOrDouble } : given)),
    integersWrap,
  ],
  Sin: unary(),
  Sinh: unary(),
  Sqrt: unary('positive', [specials]),
  Sub: twoInputs,
  Sum: variadic([wrap]),
  Tan: unary('unit'),
  Tanh: every,
  Where: where,
  Xor: binary(),
};
