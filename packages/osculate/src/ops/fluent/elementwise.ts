import type { DType } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { elu, gelu, leakyRelu, relu, sigmoid, silu, softplus } from '../activations.js';
import { add, div, maximum, minimum, mul, pow, sub } from '../binary.js';
import {
  equal,
  greater,
  greaterEqual,
  isNaN as isNotANumber,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
  where as select,
} from '../comparison.js';
import { erf } from '../erf.js';
import { acos, asin, atan, atan2, cos, cosh, sin, sinh, tan, tanh } from '../trigonometry.js';
import {
  abs,
  cast,
  ceil,
  clip,
  exp,
  expm1,
  floor,
  log,
  log1p,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sqrt,
  square,
  stopGradient,
} from '../unary.js';
import { type BinaryMethods, defineBinary, defineMethods, type Operand, operand, type UnaryMethods } from './define.js';

const unary = {
  abs,
  acos,
  asin,
  atan,
  ceil,
  cos,
  cosh,
  erf,
  exp,
  expm1,
  floor,
  isNaN: isNotANumber,
  log,
  log1p,
  logicalNot,
  neg,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  sinh,
  softplus,
  sqrt,
  square,
  stopGradient,
  tan,
  tanh,
};

const binary = {
  add,
  atan2,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalOr,
  maximum,
  minimum,
  mul,
  notEqual,
  pow,
  sub,
};

/** A number takes the dtype of the other branch. */
function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  if (typeof a !== 'number') return select(condition, a, operand(b, a));
  if (typeof b !== 'number') return select(condition, operand(a, b), b);
  throw new InputError(`where: ${a} and ${b} are both numbers, which leaves the dtype open; make one with full(…)`);
}

declare module '../../tensor/ir.js' {
  interface Tensor extends UnaryMethods<typeof unary>, BinaryMethods<typeof binary> {
    /** The values in another dtype. */
    cast(dtype: DType): Tensor;
    /** Limited to [low, high]. */
    clip(low: number, high: number): Tensor;
    /** Exponential linear unit. */
    elu(alpha?: number): Tensor;
    /** Gaussian error linear unit, exact or approximated by tanh. */
    gelu(approximate?: 'none' | 'tanh'): Tensor;
    /** x where x > 0, slope·x elsewhere (default 0.01). */
    leakyRelu(slope?: number): Tensor;
    /** a where this condition holds, b elsewhere; a number takes the dtype of the other. */
    where(a: Operand, b: Operand): Tensor;
  }
}

defineMethods(unary);
defineBinary(binary);
defineMethods({ cast, clip, elu, gelu, leakyRelu, where });
