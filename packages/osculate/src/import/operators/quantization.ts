import { DataType } from '../../onnx/data-type.js';
import { describe } from '../../tensor/describe.js';
import { isFloat } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import { normalizeAxis } from '../../tensor/shape.js';
import { isSmallFloat, rangeOf, roundToFormat, widthOf } from '../narrow.js';
import type { NodeCall } from '../node-call.js';
import { quantizedType } from '../output-types.js';
import { inFloats, toIntegers } from '../straight-through.js';
import { convNode } from './convolutions.js';
import type { OperatorTable } from './table.js';

/** The nearest integer, with derivative 1 (straight-through, Bengio et al. 2013). */
const nearest = (x: Tensor): Tensor => x.add(x.round().sub(x).stopGradient());

/** Integers of a type from floats on its scale: rounded, moved by the zero point, and kept in its range, outside of which the derivative is 0. */
function quantize(call: NodeCall, scaled: Tensor, zero: Tensor | undefined, type: number): Tensor {
  const width = widthOf(type) ?? call.refuse('its result is not of integers');
  const moved = zero ? nearest(scaled).add(inFloats(zero, scaled.dtype)) : nearest(scaled);
  return toIntegers(moved.clip(...rangeOf(width)), call.tracing.dtype(type));
}

/** A scale or zero point (a scalar, a vector along an axis, or one number for every block along it) in the shape that meets x. */
function spread(call: NodeCall, t: Tensor, x: Tensor): Tensor {
  if (t.size === 1) return t.reshape([]);
  const axis = normalizeAxis(call.int('axis', 1), x.rank, call.opType);
  const block = call.int('block_size', 0);
  if (block === 0) return t.reshape(x.shape.map((d, i) => (i === axis ? d : 1)));
  const covered = t.shape[axis]! * block;
  if (t.rank !== x.rank || covered < x.shape[axis]! || covered >= x.shape[axis]! + block)
    call.refuse(`blocks of ${block} along axis ${axis} do not fit ${describe(t)} and ${describe(x)}`);
  const apart = [...t.shape.slice(0, axis + 1), 1, ...t.shape.slice(axis + 1)];
  const repeated = t.reshape(apart).expand(apart.map((d, i) => (i === axis + 1 ? block : d)));
  const joined = repeated.reshape(t.shape.map((d, i) => (i === axis ? d * block : d)));
  return joined.slice(
    x.shape.map(() => 0),
    x.shape,
  );
}

function quantizeLinear(call: NodeCall): Tensor {
  const scale = isFloat(call.input(1).dtype) ? call.input(1) : call.input(1).cast('f32');
  const x = isFloat(call.input(0).dtype) ? call.input(0) : inFloats(call.input(0), scale.dtype);
  const scaled = x.div(spread(call, scale, x).cast(x.dtype));
  const type = quantizedType(call);
  if (isSmallFloat(type)) return roundToFormat(scaled, type, call.flag('saturate', true));
  return quantize(call, scaled, call.inputs[2] && spread(call, call.inputs[2], x), type);
}

function dequantizeLinear(call: NodeCall): Tensor {
  const [x, scale, zero] = [call.input(0), call.input(1), call.inputs[2]];
  const values = inFloats(x, scale.dtype);
  const centred = zero ? values.sub(spread(call, inFloats(zero, scale.dtype), x)) : values;
  return centred.mul(spread(call, scale, x));
}

/** To uint8, with scale and zero point from the least and greatest element. */
function dynamicQuantizeLinear(call: NodeCall): readonly Tensor[] {
  const x = call.input(0);
  const least = x.min().minimum(0);
  const scale = x.max().maximum(0).sub(least).div(255);
  const zero = nearest(least.neg().div(scale)).clip(0, 255);
  return [quantize(call, x.div(scale), zero, DataType.uint8), scale, toIntegers(zero, 'i32')];
}

/** Integers without their zero point, in f64: sums of products are exact up to 2⁵³, and derivatives go on. */
function centred(x: Tensor, zero: Tensor | undefined, shape: (t: Tensor) => Tensor = (t) => t): Tensor {
  const values = inFloats(x, 'f64');
  return zero ? values.sub(shape(inFloats(zero, 'f64'))) : values;
}

/** Zero points or scales of rows `[m]` as a column. */
const ofRows = (t: Tensor): Tensor => (t.rank === 1 && t.size > 1 ? t.unsqueeze(-1) : scalar(t));

/** A scale or zero point of one element as a scalar. */
const scalar = (t: Tensor): Tensor => (t.size === 1 ? t.reshape([]) : t);

function matMulInteger(call: NodeCall): Tensor {
  const a = centred(call.input(0), call.inputs[2], ofRows);
  return toIntegers(a.matmul(centred(call.input(1), call.inputs[3], scalar)), 'i32');
}

function qLinearMatMul(call: NodeCall): Tensor {
  const [scaleA, scaleB, scale] = [ofRows(call.input(1)), scalar(call.input(4)), scalar(call.input(6))];
  const product = centred(call.input(0), call.input(2), ofRows).matmul(centred(call.input(3), call.input(5), scalar));
  const factor = scaleA.mul(scaleB).div(scale);
  return quantize(call, product.cast(factor.dtype).mul(factor), scalar(call.input(7)), quantizedTypeOf(call));
}

const quantizedTypeOf = (call: NodeCall): number => call.types[7] ?? DataType.uint8;

/** A vector over the output channels of a kernel, or one number. */
const ofChannels = (t: Tensor, rank: number): Tensor =>
  t.size === 1 ? t.reshape([]) : t.reshape([t.size, ...new Array<number>(rank - 1).fill(1)]);

function convInteger(call: NodeCall): Tensor {
  const x = centred(call.input(0), call.inputs[2], scalar);
  const w = centred(call.input(1), call.inputs[3], (t) => ofChannels(t, call.input(1).rank));
  return toIntegers(convNode(call.withInputs([x, w])), 'i32');
}

function qLinearConv(call: NodeCall): Tensor {
  const { rank } = call.input(3);
  const x = centred(call.input(0), call.input(2), scalar);
  const w = centred(call.input(3), call.input(5), (t) => ofChannels(t, rank));
  const y = convNode(call.withInputs([x, w, call.inputs[8] && inFloats(call.inputs[8], 'f64')]));
  const factor = ofChannels(call.input(4), rank - 1)
    .mul(scalar(call.input(1)))
    .div(scalar(call.input(6)));
  return quantize(call, y.cast(factor.dtype).mul(factor), scalar(call.input(7)), quantizedTypeOf(call));
}

export const quantizations: OperatorTable = {
  ConvInteger: convInteger,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantizeLinear,
};
