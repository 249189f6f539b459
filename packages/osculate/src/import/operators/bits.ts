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

/** The integers with these bits in two's complement: −1 − x for a negative one, where x has all bits but the sign's turned over. */
function fromSigned(all: Tensor, bits: number): Tensor {
  const [low, sign] = all.split([bits - 1, 1], -1) as [Tensor, Tensor];
  const negative = sign.equal(1);
  const size = negative
    .where(low.neg().add(1), low)
    .mul(powers(bits - 1))
    .sum(-1);
  return negative.squeeze(-1).where(size.neg().sub(1), size);
}

/** Acts on each pair of bits. */
const bitwise =
  (combine: (a: Tensor, b: Tensor) => Tensor): Importer =>
  (call) => {
    const [x, y] = [call.input(0), call.input(1)];
    const { bits, signed } = width(call);
    const result = combine(bitsOf(x, bits), bitsOf(y, bits));
    // uint64 is carried in i64, with its sign.
    const value = signed || bits === 64 ? fromSigned(result, bits) : result.mul(powers(bits)).sum(-1);
    return value.cast(x.dtype);
  };

/** A product with a power of two, or a quotient by it, rounded down: the bits of a negative number are those of −1 − x, turned over. */
function bitShift(call: NodeCall): Tensor {
  const [x, by] = [call.input(0), call.input(1)];
  const { bits, signed } = width(call);
  const factor = powers(bits).gather(by).cast(x.dtype);
  if (call.string('direction') === 'LEFT') return x.mul(factor);
  const shifted = x.div(factor);
  return signed ? x.less(0).where(x.add(1).div(factor).sub(1), shifted) : shifted;
}

export const bits: OperatorTable = {
  BitShift: bitShift,
  BitwiseAnd: bitwise((a, b) => a.mul(b)),
  // −1 − x, brought back to the range of the type.
  BitwiseNot: (call) => call.input(0).neg().sub(1),
  BitwiseOr: bitwise((a, b) => a.add(b).sub(a.mul(b))),
  BitwiseXor: bitwise((a, b) => a.add(b).sub(a.mul(b).mul(2))),
};
