import type { DType } from '../../tensor/dtype.js';
import type { Operand } from '../../tensor/leaf.js';
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
  where,
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
  log2,
  log10,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sqrt,
  square,
  stopGradient,
} from '../unary.js';
import { defineBinary, defineMethods } from './define.js';

declare module '../../tensor/ir.js' {
  /**
   * Elementwise methods. Operands broadcast as in NumPy and have this tensor's dtype: numbers and arrays become constants of it, and
   * another tensor's is a DTypeError. What is said to need floats is a DTypeError for integers and booleans.
   */
  interface Tensor {
    /** |x|; derivative sign(x), 0 at 0. Numbers. */
    abs(): Tensor;
    /** Arc cosine of x in [−1, 1], in radians. Floats. */
    acos(): Tensor;
    /** Arc sine of x in [−1, 1], in radians. Floats. */
    asin(): Tensor;
    /** Arc tangent in radians, in (−π/2, π/2). Floats. */
    atan(): Tensor;
    /** Smallest integer not below x; no derivative. Floats. */
    ceil(): Tensor;
    /** Cosine of x in radians. Floats. */
    cos(): Tensor;
    /** Hyperbolic cosine (eˣ + e⁻ˣ)/2. Floats. */
    cosh(): Tensor;
    /** Error function 2/√π·∫₀ˣ exp(−s²) ds. Floats. */
    erf(): Tensor;
    /** eˣ. Floats. */
    exp(): Tensor;
    /** eˣ − 1, accurate near 0. Floats. */
    expm1(): Tensor;
    /** Largest integer not above x; no derivative. Floats. */
    floor(): Tensor;
    /** Where x is not a number, as booleans; no derivative. Floats. */
    isNaN(): Tensor;
    /** Natural logarithm. Floats. */
    log(): Tensor;
    /** log(1 + x), accurate near 0. Floats. */
    log1p(): Tensor;
    /** Logarithm to base 2, log(x)/ln 2: exact to rounding. Floats. */
    log2(): Tensor;
    /** Logarithm to base 10, log(x)/ln 10: exact to rounding. Floats. */
    log10(): Tensor;
    /** Not x. Booleans. */
    logicalNot(): Tensor;
    /** −x. Numbers. */
    neg(): Tensor;
    /** 1/x; derivative −1/x². Floats. */
    reciprocal(): Tensor;
    /** max(x, 0); derivative 1 where x > 0, 0 elsewhere. Floats. */
    relu(): Tensor;
    /** The nearest integer, halves to the even one; no derivative. Floats. */
    round(): Tensor;
    /** 1/√x. Floats. */
    rsqrt(): Tensor;
    /** Logistic function 1/(1 + e⁻ˣ). Floats. */
    sigmoid(): Tensor;
    /** −1, 0 or 1; no derivative. Numbers. */
    sign(): Tensor;
    /** x·sigmoid(x), also called swish. Floats. */
    silu(): Tensor;
    /** Sine of x in radians. Floats. */
    sin(): Tensor;
    /** Hyperbolic sine (eˣ − e⁻ˣ)/2. Floats. */
    sinh(): Tensor;
    /** log(1 + eˣ), stable for all x. Floats. */
    softplus(): Tensor;
    /** √x; its derivative 1/(2√x) is infinite at 0. Floats. */
    sqrt(): Tensor;
    /** x². Numbers. */
    square(): Tensor;
    /** x itself, held constant by every derivative. Any dtype. */
    stopGradient(): Tensor;
    /** Tangent of x in radians. Floats. */
    tan(): Tensor;
    /** Hyperbolic tangent. Floats. */
    tanh(): Tensor;

    /** x + y. Numbers. */
    add(y: Operand): Tensor;
    /** The angle in [−π, π] of the point (y, x): this tensor is the ordinate, the argument the abscissa. Floats. */
    atan2(x: Operand): Tensor;
    /** x / y; integers truncate towards zero. Numbers. */
    div(y: Operand): Tensor;
    /** x = y, as booleans; no derivative. Any dtype. */
    equal(y: Operand): Tensor;
    /** x > y, as booleans; no derivative. Numbers. */
    greater(y: Operand): Tensor;
    /** x ≥ y, as booleans; no derivative. Numbers. */
    greaterEqual(y: Operand): Tensor;
    /** x < y, as booleans; no derivative. Numbers. */
    less(y: Operand): Tensor;
    /** x ≤ y, as booleans; no derivative. Numbers. */
    lessEqual(y: Operand): Tensor;
    /** x and y. Booleans. */
    logicalAnd(y: Operand): Tensor;
    /** x or y. Booleans. */
    logicalOr(y: Operand): Tensor;
    /** The larger of x and y; where they are equal each gets half of the derivative. Numbers. */
    maximum(y: Operand): Tensor;
    /** The smaller of x and y; where they are equal each gets half of the derivative. Numbers. */
    minimum(y: Operand): Tensor;
    /** x · y, elementwise; `matmul` and `dot` are the products of matrices and vectors. Numbers. */
    mul(y: Operand): Tensor;
    /** x ≠ y, as booleans; no derivative. Any dtype. */
    notEqual(y: Operand): Tensor;
    /** x to the power y; 0⁰ = 1, and negative x need integer y. Numbers. */
    pow(y: Operand): Tensor;
    /** x − y. Numbers. */
    sub(y: Operand): Tensor;

    /** The values in another dtype: floats to integers truncate towards zero, anything to bool is ≠ 0. */
    cast(dtype: DType): Tensor;
    /** Limited to [low, high]; derivative 1 inside, 0 outside. Numbers; InputError when low > high. */
    clip(low: Operand, high: Operand): Tensor;
    /** Exponential linear unit: x where x > 0, α·(eˣ − 1) elsewhere (α defaults to 1). Floats. */
    elu(alpha?: number): Tensor;
    /** Gaussian error linear unit x·Φ(x), exact (default) or approximated by tanh. Floats. */
    gelu(approximate?: 'none' | 'tanh'): Tensor;
    /** x where x > 0, slope·x elsewhere (default 0.01). Floats. */
    leakyRelu(slope?: number): Tensor;
    /** a where this condition holds, b elsewhere; one is a tensor, whose dtype the numbers of the other take. Booleans. */
    where(a: Operand, b: Operand): Tensor;
  }
}

defineMethods({
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
  log2,
});
defineMethods({
  log10,
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
});
defineMethods({ square, stopGradient, tan, tanh });
defineBinary({ add, atan2, div, equal, greater, greaterEqual, less, lessEqual, logicalAnd, logicalOr });
defineBinary({ maximum, minimum, mul, notEqual, pow, sub });
defineMethods({ cast, clip, elu, gelu, leakyRelu, where });
