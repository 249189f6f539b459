import type { DType } from '../../tensor/dtype.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { abs } from '../abs.js';
import { acos } from '../acos.js';
import { add } from '../add.js';
import { asin } from '../asin.js';
import { atan } from '../atan.js';
import { atan2 } from '../atan2.js';
import { cast } from '../cast.js';
import { ceil } from '../ceil.js';
import { clip } from '../clip.js';
import { cos } from '../cos.js';
import { cosh } from '../cosh.js';
import { div } from '../div.js';
import { elu } from '../elu.js';
import { equal } from '../equal.js';
import { erf } from '../erf.js';
import { exp } from '../exp.js';
import { expm1 } from '../expm1.js';
import { floor } from '../floor.js';
import { gelu } from '../gelu.js';
import { greater } from '../greater.js';
import { greaterEqual } from '../greater-equal.js';
import { isNaN as isNotANumber } from '../is-na-n.js';
import { leakyRelu } from '../leaky-relu.js';
import { less } from '../less.js';
import { lessEqual } from '../less-equal.js';
import { log } from '../log.js';
import { log1p } from '../log1p.js';
import { logicalAnd } from '../logical-and.js';
import { logicalNot } from '../logical-not.js';
import { logicalOr } from '../logical-or.js';
import { maximum } from '../maximum.js';
import { minimum } from '../minimum.js';
import { mul } from '../mul.js';
import { neg } from '../neg.js';
import { notEqual } from '../not-equal.js';
import { pow } from '../pow.js';
import { reciprocal } from '../reciprocal.js';
import { relu } from '../relu.js';
import { round } from '../round.js';
import { rsqrt } from '../rsqrt.js';
import { sigmoid } from '../sigmoid.js';
import { sign } from '../sign.js';
import { silu } from '../silu.js';
import { sin } from '../sin.js';
import { sinh } from '../sinh.js';
import { softplus } from '../softplus.js';
import { sqrt } from '../sqrt.js';
import { square } from '../square.js';
import { stopGradient } from '../stop-gradient.js';
import { sub } from '../sub.js';
import { tan } from '../tan.js';
import { tanh } from '../tanh.js';
import { where as select } from '../where.js';
import {
  type BinaryMethods,
  defineBinary,
  defineMethods,
  defineUnary,
  type Operand,
  operand,
  type UnaryMethods,
} from './define.js';

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

defineUnary(unary);
defineBinary(binary);
defineMethods({ cast, clip, elu, gelu, leakyRelu, where });
