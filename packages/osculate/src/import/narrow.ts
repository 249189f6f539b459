import type { DataTypeName } from '../onnx/data-type.js';
import { dataTypeName } from '../onnx/index.js';
import { isFloat } from '../tensor/dtype.js';
import type { Tensor } from '../tensor/ir.js';
import { full } from '../tensor/leaf.js';

interface Width {
  readonly bits: number;
  readonly signed: boolean;
}

/** Integers of the file by their names. */
const widths: Partial<Record<DataTypeName, Width>> = {
  bool: { bits: 8, signed: false },
  int2: { bits: 2, signed: true },
  uint2: { bits: 2, signed: false },
  int4: { bits: 4, signed: true },
  uint4: { bits: 4, signed: false },
  int8: { bits: 8, signed: true },
  uint8: { bits: 8, signed: false },
  int16: { bits: 16, signed: true },
  uint16: { bits: 16, signed: false },
  int32: { bits: 32, signed: true },
  uint32: { bits: 32, signed: false },
  int64: { bits: 64, signed: true },
  uint64: { bits: 64, signed: false },
};

const nameOf = (type: number | undefined): DataTypeName | undefined => dataTypeName(type ?? 0);

/** Bits and sign of an integer type of the file; undefined for others. */
export const widthOf = (type: number | undefined): Width | undefined => widths[nameOf(type) ?? 'undefined'];

/** Least and greatest value of an integer type of the file. */
export function rangeOf({ bits, signed }: Width): readonly [number, number] {
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/**
 * Integers reduced modulo 2^bits to the range of their type in the file: x − 2^b·⌊x / 2^b⌋, or that minus 2^b. What has the
 * width of its dtype wraps by itself; uint64 is carried in i64, whose range it must not leave.
 */
export function wrap(x: Tensor, type: number | undefined): Tensor {
  const width = widthOf(type);
  if (width === undefined || isFloat(x.dtype) || x.dtype === 'bool') return x;
  const { bits, signed } = width;
  if (bits === 64 || (bits === 32 && x.dtype === 'i32')) return x;
  const modulus = 2 ** bits;
  const rest = x.sub(x.div(modulus).mul(modulus));
  const [least, greatest] = rangeOf(width);
  const raised = rest.less(least).where(rest.add(modulus), rest);
  return signed ? raised.greater(greatest).where(raised.sub(modulus), raised) : raised;
}

interface FloatFormat {
  /** Binary digits behind the point. */
  readonly digits: number;
  /** Exponent of the least normal number. */
  readonly least: number;
  readonly greatest: number;
  /** What numbers beyond the greatest become unless they saturate. */
  readonly overflow: number;
  /** What stands for NaN: 0 where the format has none. */
  readonly nan: number;
}

const nan = Number.NaN;

/** Floats of 8 and 4 bits (ONNX, "Float stored in 8 bits" and "in 4 bits"). */
const formats: Partial<Record<DataTypeName, FloatFormat>> = {
  float8e4m3fn: { digits: 3, least: -6, greatest: 448, overflow: nan, nan },
  float8e4m3fnuz: { digits: 3, least: -7, greatest: 240, overflow: nan, nan },
  float8e5m2: { digits: 2, least: -14, greatest: 57344, overflow: Number.POSITIVE_INFINITY, nan },
  float8e5m2fnuz: { digits: 2, least: -15, greatest: 57344, overflow: nan, nan },
  float4e2m1: { digits: 1, least: 0, greatest: 6, overflow: 6, nan: 0 },
};

/** True for the floats of 8 and 4 bits, whose numbers are too few to stand for others unrounded. */
export const isSmallFloat = (type: number | undefined): boolean => formats[nameOf(type) ?? 'undefined'] !== undefined;

/** 2^⌊log₂ a⌋ for a ≥ 2^least, exact: the rounded logarithm may be off by one next to a power of two. */
function leadingPower(a: Tensor): Tensor {
  const near = full(2, a.dtype).pow(
    a
      .log()
      .mul(1 / Math.LN2)
      .floor(),
  );
  const lower = a.less(near).where(near.mul(0.5), near);
  return a.greaterEqual(lower.mul(2)).where(lower.mul(2), lower);
}

/**
 * The nearest number of a small float format, ties to even: round(x / q)·q with the spacing q = 2^(max(⌊log₂|x|⌋, least) − digits).
 * Its derivative is 1 (straight-through, Bengio et al. 2013), and 0 beyond the range.
 */
export function roundToFormat(x: Tensor, type: number, saturate: boolean): Tensor {
  const { digits, least, greatest, overflow, nan: notANumber } = formats[nameOf(type)!]!;
  const fixed = x.stopGradient();
  const size = fixed.abs();
  // Infinities and NaN take part with a number in their place and are put back below.
  const finite = size.lessEqual(2 * greatest).where(size, 2 * greatest);
  const spacing = leadingPower(finite.maximum(2 ** least)).mul(2 ** -digits);
  const rounded = finite.div(spacing).round().mul(spacing);
  const negative = x.less(0);
  const signed = negative.where(rounded.neg(), rounded);
  // Exact: x and its rounding are within a factor of two of each other, or one of them is 0.
  const kept = x.add(signed.sub(fixed));
  const beyond = saturate ? greatest : overflow;
  const limit = negative.where(full(-beyond, x.dtype), full(beyond, x.dtype));
  const limited = rounded.greater(greatest).where(limit, kept);
  return x.isNaN().where(notANumber, limited);
}
