import { DataType } from '../../onnx/data-type.js';
import { dataTypeName } from '../../onnx/index.js';
import { isFloat } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { isSmallFloat, roundToFormat, widthOf, wrap } from '../narrow.js';
import type { NodeCall } from '../node-call.js';
import { converted, inFloats } from '../straight-through.js';
import type { OperatorTable } from './table.js';

/** Values in another element type of the file. Half precision is widened, not rounded. */
function castTo(call: NodeCall, type: number): Tensor {
  const x = call.input(0);
  const dtype = call.tracing.dtype(type);
  if (isFloat(dtype) && !isSmallFloat(type)) return inFloats(x, dtype);
  if (!isSmallFloat(type)) return converted(wrap(x.cast(dtype), type), x);
  return roundToFormat(inFloats(x, dtype), type, call.flag('saturate', true));
}

function castLike(call: NodeCall): Tensor {
  const [type, like] = [call.types[1], call.input(1)];
  if (type !== undefined) return castTo(call, type);
  const x = call.input(0);
  return isFloat(like.dtype) ? inFloats(x, like.dtype) : converted(x.cast(like.dtype), x);
}

const arrays = { f32: Float32Array, f64: Float64Array, i32: Int32Array, i64: BigInt64Array } as const;

/** The bits of integers taken for integers of the same width; those of floats only where the values are known. */
function bitCast(call: NodeCall): Tensor {
  const x = call.input(0);
  const type = call.int('to');
  const dtype = call.tracing.dtype(type);
  const [from, to] = [widthOf(call.types[0]), widthOf(type)];
  if (from && to && from.bits === to.bits) return converted(wrap(x.cast(dtype), type), x);
  const exact = [call.types[0], type].every((t) =>
    [DataType.float, DataType.double, DataType.int32, DataType.int64].includes(t as 1),
  );
  if (!exact || dtype === 'bool' || isFloat(x.dtype) === isFloat(dtype))
    call.refuse(`it takes ${dataTypeName(call.types[0] ?? 0)} for ${dataTypeName(type)}, which is not supported`);
  const { data, shape } = call.constant(0, 'the tensor');
  const view = new arrays[dtype](data.slice().buffer as ArrayBuffer);
  return constant({ dtype, shape, data: view });
}

export const casts: OperatorTable = {
  BitCast: bitCast,
  Cast: (call) => castTo(call, call.int('to')),
  CastLike: castLike,
};
