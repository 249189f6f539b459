import { DataType } from '../../onnx/data-type.js';
import { isFloat, isInteger } from '../../tensor/dtype.js';
import type { Tensor } from '../../tensor/ir.js';
import { full } from '../../tensor/leaf.js';
import type { Importer, NodeCall } from '../node-call.js';
import { onReals } from './integers.js';
import type { OperatorTable } from './table.js';

export const unary =
  (f: (x: Tensor) => Tensor): ((call: NodeCall) => Tensor) =>
  (call) =>
    f(call.input(0));

const binary =
  (f: (x: Tensor, y: Tensor) => Tensor): Importer =>
  (call) =>
    f(call.input(0), call.input(1));

const variadic =
  (f: (x: Tensor, y: Tensor) => Tensor): Importer =>
  (call) =>
    call.all().reduce(f);

/** Of uint32, whose products exceed the range in which i64 is exact everywhere: by both halves of the second factor, modulo 2³². */
function multiply(call: NodeCall): Tensor {
  const [x, y] = [call.input(0), call.input(1)];
  if (call.types[0] !== DataType.uint32 || isFloat(x.dtype)) return x.mul(y);
  const half = 2 ** 16;
  const high = y.div(half);
  const low = y.sub(high.mul(half));
  const upper = x.mul(high);
  return x.mul(low).add(upper.sub(upper.div(half).mul(half)).mul(half));
}

/** ONNX compares booleans; our comparisons take numbers. */
const numeric = (x: Tensor): Tensor => (x.dtype === 'bool' ? x.cast('i32') : x);

const notEqual = (x: Tensor, y: Tensor): Tensor => numeric(x).notEqual(numeric(y));

/** x^y in the dtype of x: fractional powers of integers are computed in floats, as ONNX does. */
function power(x: Tensor, y: Tensor): Tensor {
  if (x.dtype === y.dtype) return x.pow(y);
  if (isInteger(x.dtype) && isFloat(y.dtype)) return x.cast(y.dtype).pow(y).cast(x.dtype);
  return x.pow(y.cast(x.dtype));
}

/** The remainder with the sign of the divisor (Python's %), or of the dividend (C's fmod). */
function modulo(call: NodeCall): Tensor {
  const [x, y] = [call.input(0), call.input(1)];
  return isFloat(x.dtype) ? floatModulo(x, y, call.flag('fmod', false)) : integerModulo(x, y, call.flag('fmod', false));
}

/** Of a finite number and an infinite one: the dividend, or the divisor where that has the other sign and the floor is taken. */
function floatModulo(x: Tensor, y: Tensor, truncate: boolean): Tensor {
  const infinite = y.abs().equal(Number.POSITIVE_INFINITY).logicalAnd(x.abs().less(Number.POSITIVE_INFINITY));
  const quotient = x.div(y);
  const whole = truncate ? quotient.sign().mul(quotient.abs().floor()) : quotient.floor();
  const limit = truncate ? x : x.mul(y.sign()).less(0).where(y, x);
  return infinite.where(limit, x.sub(infinite.where(0, y).mul(whole)));
}

function integerModulo(x: Tensor, y: Tensor, truncate: boolean): Tensor {
  const rest = x.sub(y.mul(x.div(y)));
  if (truncate) return rest;
  return rest.add(rest.mul(y).less(0).cast(x.dtype).mul(y));
}

/** asinh on the side where its argument is positive: on the other the logarithm cancels. */
function asinh(x: Tensor): Tensor {
  const side = x.less(0).where(-1, full(1, x.dtype));
  const a = x.mul(side);
  const square = a.mul(a);
  return a
    .add(square.div(square.add(1).sqrt().add(1)))
    .log1p()
    .mul(side);
}

const acosh = (x: Tensor): Tensor => x.add(x.sub(1).mul(x.add(1)).sqrt()).log();

const atanh = (x: Tensor): Tensor => x.mul(2).div(x.neg().add(1)).log1p().mul(0.5);

function isInf(call: NodeCall): Tensor {
  const x = call.input(0);
  const positive = call.flag('detect_positive', true) ? x.equal(Number.POSITIVE_INFINITY) : undefined;
  const negative = call.flag('detect_negative', true) ? x.equal(Number.NEGATIVE_INFINITY) : undefined;
  if (positive && negative) return positive.logicalOr(negative);
  return positive ?? negative ?? x.notEqual(x).logicalAnd(x.equal(x));
}

/** Bounds that are known become one op; others a comparison each. */
function clipTensors(call: NodeCall): Tensor {
  const x = call.input(0);
  const [low, high] = [call.inputs[1], call.inputs[2]];
  const [least, most] = [low, high].map((t) => t && call.tracing.constantOf(t));
  if ((low && !least) || (high && !most)) {
    const raised = low ? x.maximum(low) : x;
    return high ? raised.minimum(high) : raised;
  }
  const bounds = [call.number(1, 'min', Number.NEGATIVE_INFINITY), call.number(2, 'max', Number.POSITIVE_INFINITY)];
  return limit(x, bounds[0]!, bounds[1]!);
}

/** Where the bounds cross, ONNX gives the upper one. */
const limit = (x: Tensor, low: number, high: number): Tensor => x.clip(Math.min(low, high), high);

const clipAttributes = (call: NodeCall): Tensor =>
  limit(call.input(0), call.float('min', Number.NEGATIVE_INFINITY), call.float('max', Number.POSITIVE_INFINITY));

export const elementwise: OperatorTable = {
  Abs: unary((x) => x.abs()),
  Acos: unary((x) => x.acos()),
  Acosh: unary(acosh),
  Add: binary((x, y) => x.add(y)),
  And: binary((x, y) => x.logicalAnd(y)),
  Asin: unary((x) => x.asin()),
  Asinh: unary(asinh),
  Atan: unary((x) => x.atan()),
  Atanh: unary(atanh),
  Ceil: unary((x) => x.ceil()),
  Clip: [
    [1, clipAttributes],
    [11, clipTensors],
  ],
  Cos: unary((x) => x.cos()),
  Cosh: unary((x) => x.cosh()),
  Div: binary((x, y) => x.div(y)),
  Equal: binary((x, y) => numeric(x).equal(numeric(y))),
  Erf: onReals(unary((x) => x.erf())),
  Exp: unary((x) => x.exp()),
  Floor: unary((x) => x.floor()),
  Greater: binary((x, y) => x.greater(y)),
  GreaterOrEqual: binary((x, y) => x.greaterEqual(y)),
  Identity: unary((x) => x),
  IsInf: isInf,
  IsNaN: unary((x) => x.isNaN()),
  Less: binary((x, y) => x.less(y)),
  LessOrEqual: binary((x, y) => x.lessEqual(y)),
  Log: unary((x) => x.log()),
  Max: variadic((x, y) => x.maximum(y)),
  Mean: (call) =>
    call
      .all()
      .reduce((x, y) => x.add(y))
      .div(call.inputs.length),
  Min: variadic((x, y) => x.minimum(y)),
  Mod: modulo,
  Mul: multiply,
  Neg: unary((x) => x.neg()),
  Not: unary((x) => x.logicalNot()),
  Or: binary((x, y) => x.logicalOr(y)),
  Pow: binary(power),
  Reciprocal: unary((x) => x.reciprocal()),
  Round: unary((x) => x.round()),
  Sign: unary((x) => x.sign()),
  Sin: unary((x) => x.sin()),
  Sinh: unary((x) => x.sinh()),
  Sqrt: unary((x) => x.sqrt()),
  Sub: binary((x, y) => x.sub(y)),
  Sum: variadic((x, y) => x.add(y)),
  Tan: unary((x) => x.tan()),
  Tanh: unary((x) => x.tanh()),
  Where: (call) => call.input(0).where(call.input(1), call.input(2)),
  Xor: binary(notEqual),
};
