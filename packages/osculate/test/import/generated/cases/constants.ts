import { type AttributeInput, float, floats } from '../../../../src/onnx/attributes.js';
import { DataType, type DataTypeName } from '../../../../src/onnx/data-type.js';
import { type Attributes, type Case, type Cases, c, isFloatType, type Types, t } from '../case.js';

/** A tensor attribute of one element type, as the file holds it. */
export function tensorOf(type: DataTypeName, values: readonly number[], dims: readonly number[]): AttributeInput {
  const field =
    type === 'float'
      ? 'floatData'
      : type === 'double'
        ? 'doubleData'
        : type === 'int64'
          ? 'int64Data'
          : /uint(32|64)/.test(type)
            ? 'uint64Data'
            : 'int32Data';
  const proto = { dims: [...dims], dataType: DataType[type] };
  const data = {
    floatData: () => ({ ...proto, floatData: Float32Array.from(values) }),
    doubleData: () => ({ ...proto, doubleData: Float64Array.from(values) }),
    int64Data: () => ({ ...proto, int64Data: BigInt64Array.from(values, BigInt) }),
    uint64Data: () => ({ ...proto, uint64Data: BigUint64Array.from(values, BigInt) }),
    int32Data: () => ({ ...proto, int32Data: Int32Array.from(values) }),
  };
  return { kind: 'tensor', value: data[field]() };
}

/** Types whose numbers 0 and 1 stand in the file as they are: in the others they are bit patterns. */
const plain = (type: DataTypeName | undefined): boolean => /^(float|double|u?int(8|16|32|64)|bool)$/.test(type ?? '');

const constant: readonly Case[] = [
  {
    what: 'a matrix',
    inputs: [],
    attributes: ({ T }) => ({ value: tensorOf(T!, [1, 0, 1, 1, 0, 1], [2, 3]) }),
    types: ({ T }) => plain(T),
  },
  {
    what: 'a scalar',
    inputs: [],
    attributes: ({ T }) => ({ value: tensorOf(T!, [1], []) }),
    types: ({ T }) => plain(T),
  },
  {
    what: 'a float16 pattern',
    inputs: [],
    attributes: ({ T }) => ({ value: tensorOf(T!, [0x3c00, 0xc100], [2]) }),
    types: ({ T }) => T === 'float16',
  },
  {
    what: 'a bfloat16 pattern',
    inputs: [],
    attributes: ({ T }) => ({ value: tensorOf(T!, [0x3f80, 0xc020], [2]) }),
    types: ({ T }) => T === 'bfloat16',
  },
  ...(
    [
      ['value_float', float(1.5), 'float'],
      ['value_floats', floats([1.5, -2]), 'float'],
      ['value_int', 7, 'int64'],
      ['value_ints', [7, -8, 9], 'int64'],
    ] as const
  ).map(
    ([name, value, type]): Case => ({
      what: name,
      inputs: [],
      attributes: { [name]: typeof value === 'object' && 'length' in value ? [...value] : value },
      since: 12,
      types: ({ T }) => T === type,
    }),
  ),
];

const constantOfShape: readonly Case[] = [
  { what: 'the value left out', inputs: [c([2, 3])], types: ({ T2 }) => T2 === 'float' },
  {
    what: 'a value',
    inputs: [c([2, 3])],
    attributes: ({ T2 }) => ({ value: tensorOf(T2!, [1], [1]) }),
    types: ({ T2 }) => plain(T2),
  },
  {
    what: 'a scalar',
    inputs: [c([], [0])],
    attributes: ({ T2 }) => ({ value: tensorOf(T2!, [1], [1]) }),
    types: ({ T2 }) => plain(T2),
  },
  {
    what: 'empty',
    inputs: [c([0, 2])],
    attributes: ({ T2 }) => ({ value: tensorOf(T2!, [1], [1]) }),
    types: ({ T2 }) => plain(T2),
  },
];
const range: readonly Case[] = [
  { what: 'upwards', inputs: [c(1), c(7), c(2)] },
  { what: 'downwards', inputs: [c(7), c(1), c(-2)] },
  { what: 'to the last', inputs: [c(0), c(6), c(3)] },
  { what: 'nothing', inputs: [c(3), c(3), c(1)] },
  { what: 'nothing in that direction', inputs: [c(3), c(0), c(1)] },
  { what: 'fractions', inputs: [c(0.5), c(2), c(0.25)], types: ({ T }) => isFloatType(T) },
];

const typed = (types: Types): Attributes => ({ dtype: DataType[types.T2!] });

const eyeLike: readonly Case[] = [
  { what: 'square', inputs: [t([3, 3])], attributes: typed },
  { what: 'above the diagonal', inputs: [t([2, 4])], attributes: (types) => ({ dtype: DataType[types.T2!], k: 1 }) },
  { what: 'below the diagonal', inputs: [t([4, 2])], attributes: (types) => ({ dtype: DataType[types.T2!], k: -2 }) },
  { what: 'of the type of its input', inputs: [t([2, 3])], types: ({ T1, T2 }) => T1 === T2 },
];

export const constants: Cases = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  EyeLike: eyeLike,
  Range: range,
};
