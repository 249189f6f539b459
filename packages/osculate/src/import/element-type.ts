import { dataTypeName } from '../onnx/index.js';
import type { DType } from '../tensor/dtype.js';
import { DTypeError } from '../tensor/errors.js';

/** The dtype that stands for the file's single and half precision: `f64` to compute a model in double precision. */
export type FloatType = 'f32' | 'f64';

/**
 * Our dtype for an element type of ONNX. Half precision and smaller floats are computed in `float`, integers below 32 bits in i32 and
 * unsigned 32 and 64 bits in i64.
 * @throws DTypeError for strings, complex numbers and float8e8m0.
 */
export function dtypeOf(code: number | undefined, float: FloatType, what: string): DType {
  const name = dataTypeName(code ?? 0);
  switch (name) {
    case 'float':
    case 'float16':
    case 'bfloat16':
    case 'float8e4m3fn':
    case 'float8e4m3fnuz':
    case 'float8e5m2':
    case 'float8e5m2fnuz':
    case 'float4e2m1':
      return float;
    case 'double':
      return 'f64';
    case 'int32':
    case 'int16':
    case 'int8':
    case 'uint16':
    case 'uint8':
    case 'int4':
    case 'uint4':
    case 'int2':
    case 'uint2':
      return 'i32';
    case 'int64':
    case 'uint32':
    case 'uint64':
      return 'i64';
    case 'bool':
      return 'bool';
    default:
      throw new DTypeError(
        `${what} has element type ${name ?? code ?? 'undefined'}, which osculate does not compute with; convert it to float, double, int32, int64 or bool`,
      );
  }
}
