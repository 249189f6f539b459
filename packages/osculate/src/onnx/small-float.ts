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
