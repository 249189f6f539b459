import type { DType } from '../tensor/dtype.js';

/** `TensorProto.DataType`: the element types of ONNX. */
export const DataType = {
  undefined: 0,
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
  float8e8m0: 24,
  uint2: 25,
  int2: 26,
} as const;

export type DataTypeName = keyof typeof DataType;
export type DataTypeCode = (typeof DataType)[DataTypeName];

/** `AttributeProto.AttributeType`. */
export const AttributeType = {
  undefined: 0,
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparseTensor: 11,
  sparseTensors: 12,
  typeProto: 13,
  typeProtos: 14,
} as const;

const names = Object.keys(DataType) as DataTypeName[];

/**
 * The name of a `DataType` code, or undefined for a code that ONNX does not define.
 * @example
 * dataTypeName(1); // 'float'
 */
export function dataTypeName(code: number): DataTypeName | undefined {
  return names[code];
}

const ours: Record<DType, DataTypeCode> = {
  f32: DataType.float,
  f64: DataType.double,
  i32: DataType.int32,
  i64: DataType.int64,
  bool: DataType.bool,
};

/** The `DataType` code of one of our dtypes. */
export function dataTypeOf(dtype: DType): DataTypeCode {
  return ours[dtype];
}
