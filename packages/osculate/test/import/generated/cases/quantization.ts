import { DataType } from '../../../../src/onnx/data-type.js';
import { node } from '../../../../src/onnx/index.js';
import {
  type Attributes,
  type Case,
  type Cases,
  c,
  isFloatType,
  type Numbers,
  stored,
  type Types,
  t,
  v,
} from '../case.js';

/** The parameter of the quantised type: its name changed. */
const quantized = (types: Types) => types.T3 ?? types.T2;

/** Multiples of a quarter, exact in all float types, whose quotients by the scale are not ties. */
const quarters: Numbers = [0.25, -0.75, 1.25, 2.75, -1.25, 3.25];
/** With a scale for each column ONNX Runtime reads integers of 2 bits wrongly. */
const isTiny = (types: Types): boolean => quantized(types) === 'int2' && types.T1 === 'float';
const isInteger = (types: Types): boolean => !isFloatType(quantized(types));
const scalesAreFloats = ({ T1, T2, T3 }: Types): boolean =>
  T3 === undefined || (T3 !== 'float4e2m1' && isFloatType(T2) && (T1 === T2 || !isFloatType(T1)));

const quantize: readonly Case[] = (
  [
    { what: 'a scale for all', inputs: [v(quarters, [2, 3]), v([0.5], []), v([0], [])] },
    { what: 'a zero point', inputs: [v([-0.5, 0, 0.5, 1], [2, 2]), v([0.5], []), v([1], [])], types: isInteger },
    { what: 'saturated', inputs: [v([-4000, 4000, 0, 3e4, -3e4, 1], [2, 3]), v([0.0625], []), v([0], [])] },
    { what: 'ties', inputs: [v([0.25, 0.75, -0.25, 1.25], [2, 2]), v([0.5], []), v([0], [])], types: isInteger },
    {
      what: 'a scale for each column',
      inputs: [v(quarters, [2, 3]), v([0.5, 1, 2]), v([0, 0, 0])],
      since: 13,
      types: (types) => !isTiny(types),
    },
    {
      what: 'a scale for each row',
      inputs: [v(quarters, [2, 3]), v([0.5, 2]), v([0, 0])],
      attributes: { axis: 0 },
      since: 13,
    },
    {
      what: 'a negative axis',
      inputs: [v(quarters, [2, 3]), v([0.5, 1, 2]), v([0, 0, 0])],
      attributes: { axis: -1 },
      since: 13,
      types: (types) => !isTiny(types),
    },
    {
      what: 'blocks',
      inputs: [v(quarters, [3, 2]), v([0.5, 1, 2, 0.5], [2, 2]), v([0, 0, 0, 0], [2, 2])],
      attributes: { axis: 0, block_size: 2 },
      since: 21,
    },
    {
      what: 'blocks of the last axis',
      inputs: [v(quarters, [1, 6]), v([0.5, 1, 2], [1, 3]), v([0, 0, 0], [1, 3])],
      attributes: { axis: 1, block_size: 2 },
      since: 21,
    },
  ] satisfies readonly Case[]
).map(
  (given: Case): Case => ({
    ...given,
    types: (types) => scalesAreFloats(types) && (given.types?.(types) ?? true) && types.T1 !== 'int32',
  }),
);

const ofIntegers: readonly Case[] = [
  {
    what: 'integers',
    inputs: [v([-4000, 4000, 0, 30000, -30000, 1], [2, 3]), v([0.0625], []), v([0], [])],
    until: 19,
    types: ({ T1 }) => T1 === 'int32',
  },
  {
    what: 'integers by an integer',
    inputs: [v([-4000, 4000, 7, 8, 0, 1], [2, 3]), v([16], []), v([0], [])],
    since: 19,
    until: 23,
    types: ({ T1 }) => T1 === 'int32',
  },
];

/** ONNX Runtime has no floats of 4 bits: 0, ½, 1, 1½, 2, 3, 4, 6, ties to even. */
const toFourBits: Case = {
  what: 'to floats of 4 bits',
  inputs: [v([0.125, 0.25, -0.5, 1.25, 2.5, -5, 100, -1]), v([0.5], []), v([0], [])],
  types: ({ T1, T2, T3 }) => T1 === 'float' && T2 === 'float' && T3 === 'float4e2m1',
  expected: () => [{ shape: [8], values: [0, 0.5, -1, 2, 4, -6, 6, -2] }],
};

const byAttribute: readonly Case[] = [
  toFourBits,
  {
    what: 'to uint8 without a zero point',
    inputs: [v(quarters, [2, 3]), v([0.5], [])],
    types: (types) => quantized(types) === 'uint8' && scalesAreFloats(types) && types.T1 !== 'int32',
  },
  {
    what: 'to a type by attribute',
    inputs: [v(quarters, [2, 3]), v([0.5], [])],
    attributes: (types) => ({ output_dtype: DataType[quantized(types)!] }),
    types: (types) => scalesAreFloats(types) && types.T1 !== 'int32',
    since: 21,
  },
];

const floats = (types: Types): boolean =>
  Object.values(types)
    .filter((type) => /^(b?float(16)?)$/.test(type))
    .every((type, _, all) => type === all[0]);
const withZero = ({ T1, T }: Types): boolean => !isFloatType(T ?? T1) && (T ?? T1) !== 'int32';

const dequantize: readonly Case[] = (
  [
    { what: 'a scale for all', inputs: [t([2, 3]), v([0.5], [])] },
    { what: 'a zero point', inputs: [t([2, 3]), v([0.5], []), v([1], [])], types: withZero },
    { what: 'a scale for each column', inputs: [t([2, 3]), v([0.5, 1, 2]), v([0, 1, 0])], since: 13, types: withZero },
    { what: 'a scale for each row', inputs: [t([2, 3]), v([0.5, 2])], attributes: { axis: 0 }, since: 13 },
    { what: 'a negative axis', inputs: [t([2, 3]), v([0.5, 1, 2])], attributes: { axis: -1 }, since: 13 },
    {
      what: 'blocks',
      inputs: [t([3, 2]), v([0.5, 1, 2, 0.25], [2, 2])],
      attributes: { axis: 0, block_size: 2 },
      since: 21,
    },
    {
      what: 'blocks with zero points',
      inputs: [t([2, 4]), v([0.5, 1, 2, 0.25], [2, 2]), v([0, 1, 1, 0], [2, 2])],
      attributes: { axis: 1, block_size: 2 },
      since: 21,
      types: withZero,
    },
  ] satisfies readonly Case[]
).map((given: Case): Case => ({ ...given, types: (types) => floats(types) && (given.types?.(types) ?? true) }));

const dynamic: readonly Case[] = [
  { what: 'of both signs', inputs: [v([0, 2, -3, -2.4, 1.34, 0.6], [2, 3])], outputs: 3 },
  { what: 'positive', inputs: [v([1, 2.1, 1.3, 2.5, 3.34, 4])], outputs: 3 },
  { what: 'negative', inputs: [v([-1, -2.1, -1.3, -2.5, -3.34, -4])], outputs: 3 },
];

const integerMatMul: readonly Case[] = [
  { what: 'no zero points', inputs: [t([2, 3]), t([3, 2])] },
  { what: 'zero points', inputs: [t([2, 3]), t([3, 2]), v([2], []), v([3], [])] },
  { what: 'only of the second', inputs: [t([2, 3]), t([3, 2]), null, v([3], [])] },
  { what: 'zero points of columns', inputs: [t([2, 3]), t([3, 2]), v([2], []), v([3, 1])] },
  { what: 'batches', inputs: [t([2, 2, 3]), t([2, 3, 2]), v([2], [])] },
];

const unit = v([0.5], []);
/** ONNX Runtime multiplies unsigned by signed integers, and gives the type of the first. */
const isOneRuntimeType = ({ T1, T2, T3 }: Types): boolean => T1 === T3 && (T1 === 'uint8' || T2 === 'int8');

/** The same op on floats: dequantised, computed, quantised. */
function dequantized(op: string, attributes: Attributes = {}): NonNullable<Case['equivalent']> {
  return ([x, sx, zx, w, sw, zw, sy, zy], [y]) => [
    node('DequantizeLinear', [x!, sx!, zx!], [`${y} x`]),
    node('DequantizeLinear', [w!, sw!, zw!], [`${y} w`], { axis: op === 'Conv' ? 0 : 1 }),
    node(op, [`${y} x`, `${y} w`], [`${y} z`], attributes),
    node('QuantizeLinear', [`${y} z`, sy!, zy!], [y!]),
  ];
}

const quantizedMatMul: readonly Case[] = [
  {
    what: 'a scale for all',
    inputs: [t([2, 3]), unit, v([1], []), t([3, 2]), unit, v([2], []), v([0.75], []), v([3], [])],
  },
  {
    what: 'scales of columns',
    inputs: [t([2, 3]), unit, v([1], []), t([3, 2]), v([0.5, 0.25]), v([2, 1]), v([0.75], []), v([3], [])],
  },
  {
    what: 'batches',
    inputs: [t([2, 2, 3]), unit, v([1], []), t([2, 3, 2]), unit, v([2], []), v([0.75], []), v([3], [])],
  },
].flatMap((given): Case[] => {
  const integers = (types: Types): boolean => !Object.values(types).some((type) => type.startsWith('float8'));
  return [
    { ...given, types: (types) => integers(types) && isOneRuntimeType(types) },
    {
      ...given,
      what: `${given.what}, mixed types`,
      types: (types) => integers(types) && !isOneRuntimeType(types),
      equivalent: dequantized('MatMul'),
    },
  ];
});

const integerConv: readonly Case[] = [
  { what: 'no zero points', inputs: [t([1, 1, 3, 3]), t([2, 1, 2, 2])] },
  { what: 'zero points', inputs: [t([1, 1, 3, 3]), stored(t([2, 1, 2, 2])), v([2], []), v([1], [])] },
  { what: 'padded', inputs: [t([1, 1, 3, 3]), t([1, 1, 2, 2]), v([3], [])], attributes: { pads: [1, 1, 1, 1] } },
  {
    what: 'groups and strides',
    inputs: [t([1, 2, 4, 4]), t([2, 1, 2, 2]), v([1], [])],
    attributes: { group: 2, strides: [2, 2] },
  },
];

function mixed(given: Case): Case {
  const attributes = typeof given.attributes === 'object' ? given.attributes : {};
  return {
    ...given,
    what: `${given.what}, mixed types`,
    types: (types) => !isOneRuntimeType(types),
    equivalent: dequantized('Conv', attributes),
  };
}

const quantizedConv: readonly Case[] = (
  [
    {
      what: 'a scale for all',
      inputs: [t([1, 2, 3, 3]), unit, c(1), stored(t([2, 2, 2, 2])), c(0.25), c(2), c(0.75), c(3)],
    },
    {
      what: 'scales of channels',
      inputs: [t([1, 2, 3, 3]), unit, c(1), stored(t([2, 2, 2, 2])), c([0.25, 0.5]), c([2, 2]), c(0.75), c(3)],
    },
    {
      what: 'a bias',
      inputs: [t([1, 1, 3, 3]), unit, c(1), stored(t([2, 1, 2, 2])), c(0.25), c(2), c(0.75), c(3), c([8, -5])],
    },
    {
      what: 'padded, strides',
      inputs: [t([1, 1, 4, 4]), unit, c(1), stored(t([1, 1, 2, 2])), c(0.25), c(2), c(0.75), c(3)],
      attributes: { pads: [1, 0, 1, 0], strides: [2, 1] },
    },
  ] satisfies readonly Case[]
).flatMap((given: Case): Case[] => [
  { ...given, types: isOneRuntimeType },
  ...(given.inputs.length > 8 ? [] : [mixed(given)]),
]);

export const quantizations: Cases = {
  ConvInteger: integerConv,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamic,
  MatMulInteger: integerMatMul,
  QLinearConv: quantizedConv,
  QLinearMatMul: quantizedMatMul,
  QuantizeLinear: [...quantize, ...ofIntegers, ...byAttribute],
};
