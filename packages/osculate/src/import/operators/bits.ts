import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { widthOf } from '../narrow.js';
import type { Importer, NodeCall } from '../node-call.js';
import type { OperatorTable } from './table.js';

/** Bits and sign of an operand's type. */
function width(call: NodeCall): { readonly bits: number; readonly signed: boolean } {
  return widthOf(call.types[0]) ?? call.refuse('its operands are not integers');
}

/** 2^k for every bit; that of the sign of 64 bits is −2^63 in i64. */
const powers = (bits: number): Tensor =>
  constant({ dtype: 'i64', shape: [bits], data: BigInt64Array.from({ length: bits }, (_, k) => 1n << BigInt(k)) });

/** The bits of integers in two's complement as an axis of zeros and ones behind the others: those of −1 − x where x is negative, negated. */
function bitsOf(x: Tensor, bits: number): Tensor {
  const wide = x.cast('i64').unsqueeze(-1);
  const negative = wide.less(0);
  const shifted = negative.where(wide.neg().sub(1), wide).div(powers(bits));
  const bit = shifted.sub(shifted.div(2).mul(2));
  return negative.where(bit.neg().add(1), bit);
}

/** Acts on each pair of bits. */
const bitwise =
  (combine: (a: Tensor, b: Tensor) => Tensor): Importer =>
  (call) => {
    const [x, y] = [call.input(0), call.input(1)];
    const { bits, signed } = width(call);
    const result = combine(bitsOf(x, bits), bitsOf(y, bits)).mul(powers(bits)).sum(-1);
    // The bit of the sign counts −2^(b − 1).
    const value =
      signed && bits < 64 ? result.greaterEqual(2 ** (bits - 1)).where(result.sub(2 ** bits), result) : result;
    return value.cast(x.dtype);
  };

/** A product with or quotient by a power of two. */
function bitShift(call: NodeCall): Tensor {
  const [x, by] = [call.input(0), call.input(1)];
  const factor = powers(width(call).bits).gather(by).cast(x.dtype);
  return call.string('direction') === 'LEFT' ? x.mul(factor) : x.div(factor);
}

export const bits: OperatorTable = {
  BitShift: bitShift,
  BitwiseAnd: bitwise((a, b) => a.mul(b)),
  // −1 − x, brought back to the range of the type.
  BitwiseNot: (call) => call.input(0).neg().sub(1),
  BitwiseOr: bitwise((a, b) => a.add(b).sub(a.mul(b))),
  BitwiseXor: bitwise((a, b) => a.add(b).sub(a.mul(b).mul(2))),
};
