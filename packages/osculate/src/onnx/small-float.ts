const word = new Uint32Array(1);
const real = new Float32Array(word.buffer);

function float32FromBits(bits: number): number {
  word[0] = bits;
  return real[0]!;
}

/** The value of an IEEE 754 half-precision bit pattern; exact. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The value of a bfloat16 bit pattern (the upper half of a float32); exact. */
export function fromBfloat16(bits: number): number {
  return float32FromBits(bits << 16);
}

/** Floats of 8 and 4 bits, named by their bits of exponent and fraction. */
export type SmallFloat = 'e4m3fn' | 'e4m3fnuz' | 'e5m2' | 'e5m2fnuz' | 'e2m1';

interface Layout {
  readonly exponent: number;
  readonly fraction: number;
  readonly bias: number;
  /** What the patterns of the largest exponent are: numbers, one of them NaN, or infinities and NaNs as in IEEE 754. */
  readonly top: 'numbers' | 'nan' | 'ieee';
  /** The pattern of −0 is the only NaN. */
  readonly unsignedZero: boolean;
}

const layouts: Readonly<Record<SmallFloat, Layout>> = {
  e4m3fn: { exponent: 4, fraction: 3, bias: 7, top: 'nan', unsignedZero: false },
  e4m3fnuz: { exponent: 4, fraction: 3, bias: 8, top: 'numbers', unsignedZero: true },
  e5m2: { exponent: 5, fraction: 2, bias: 15, top: 'ieee', unsignedZero: false },
  e5m2fnuz: { exponent: 5, fraction: 2, bias: 16, top: 'numbers', unsignedZero: true },
  e2m1: { exponent: 2, fraction: 1, bias: 1, top: 'numbers', unsignedZero: false },
};

/** The value of a bit pattern of 8 or 4 bits; exact (ONNX, "Float stored in 8 bits" and "in 4 bits"). */
export function fromSmallFloat(format: SmallFloat, bits: number): number {
  const { exponent: width, fraction: digits, bias, top, unsignedZero } = layouts[format];
  const negative = bits >>> (width + digits) !== 0;
  const exponent = (bits >>> digits) & (2 ** width - 1);
  const fraction = bits & (2 ** digits - 1);
  if (unsignedZero && negative && exponent === 0 && fraction === 0) return Number.NaN;
  if (exponent === 2 ** width - 1) {
    if (top === 'ieee') return fraction === 0 ? (negative ? -1 : 1) * Number.POSITIVE_INFINITY : Number.NaN;
    if (top === 'nan' && fraction === 2 ** digits - 1) return Number.NaN;
  }
  const magnitude =
    exponent === 0 ? fraction * 2 ** (1 - bias - digits) : (1 + fraction / 2 ** digits) * 2 ** (exponent - bias);
  return negative ? -magnitude : magnitude;
}
