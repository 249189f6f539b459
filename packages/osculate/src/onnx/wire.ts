import { InputError } from '../tensor/errors.js';
import { decodeUtf8 } from './text.js';
import type { Int64 } from './types.js';

/** Protobuf wire types; 3 and 4 (groups) are obsolete and refused. */
export const Wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const names: Record<number, string> = { 0: 'varint', 1: 'fixed64', 2: 'length-delimited', 5: 'fixed32' };

export function wireName(wire: number): string {
  return names[wire] ?? `${wire}`;
}

/**
 * Reads protobuf primitives from a window `[pos, end)` of a file. Every read is checked against the window before it is made,
 * and every failure is an InputError with the path of the field and the byte offset.
 */
export class WireReader {
  pos = 0;
  /** End of the current message; set by `enter`, restored by the caller. */
  end: number;
  /** Field names and indices of the open messages, kept for error messages. */
  readonly path: (string | number)[] = [];
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly what: string;
  /** Low and high half of the last varint. */
  private lo = 0;
  private hi = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
    this.what = what;
  }

  /** Throws; it may stand wherever a value is needed. */
  fail(problem: string, offset = this.pos): never {
    throw new InputError(`${this.what}: ${this.where()}${problem} at byte ${offset} of ${this.bytes.length}`);
  }

  private where(): string {
    let text = '';
    for (const p of this.path) text += typeof p === 'number' ? `[${p}]` : `${text === '' ? '' : '.'}${p}`;
    return text === '' ? '' : `${text}: `;
  }

  /** Reads a varint of up to 10 bytes into the two halves. */
  private varint(): void {
    const { bytes, end } = this;
    const start = this.pos;
    this.hi = 0;
    if (start < end && bytes[start]! < 0x80) {
      this.lo = bytes[start]!;
      this.pos = start + 1;
      return;
    }
    let lo = 0;
    let hi = 0;
    for (let i = 0; i < 10; i++) {
      if (start + i >= end) this.fail('the data end inside a varint', start);
      const b = bytes[start + i]!;
      const low = b & 0x7f;
      if (i < 4) lo |= low << (7 * i);
      else if (i === 4) {
        lo |= low << 28;
        hi = low >>> 4;
      } else hi |= low << (7 * i - 32);
      if (b < 0x80) {
        if (i === 9 && b > 1) this.fail('a varint exceeds 64 bits', start);
        this.lo = lo >>> 0;
        this.hi = hi >>> 0;
        this.pos = start + i + 1;
        return;
      }
    }
    this.fail('a varint is longer than 10 bytes', start);
  }

  /** A tag: `field number * 8 + wire type`. */
  tag(): number {
    const start = this.pos;
    this.varint();
    if (this.hi !== 0) this.fail('a field number exceeds 29 bits', start);
    if (this.lo < 8) this.fail('field number 0 is not allowed', start);
    return this.lo;
  }

  /** A signed 64-bit integer that must be a safe integer. */
  int(): number {
    const start = this.pos;
    this.varint();
    const v = (this.hi | 0) * 4294967296 + this.lo;
    if (!Number.isSafeInteger(v)) this.fail(`the integer ${this.big()} is out of range`, start);
    return v;
  }

  /** A signed 64-bit integer, as a bigint where a number would not be exact. */
  int64(): Int64 {
    this.varint();
    const v = (this.hi | 0) * 4294967296 + this.lo;
    return Number.isSafeInteger(v) ? v : this.big();
  }

  /** A signed 32-bit integer: the low half of the varint, as protobuf reads it. */
  int32(): number {
    this.varint();
    return this.lo | 0;
  }

  /** A signed 64-bit integer, always as a bigint. */
  bigint(): bigint {
    this.varint();
    return this.big();
  }

  private big(): bigint {
    return (BigInt(this.hi | 0) << 32n) | BigInt(this.lo);
  }

  float(): number {
    this.need(4, 'a fixed32 value');
    const v = this.view.getFloat32(this.pos, true);
    this.pos += 4;
    return v;
  }

  /** A length prefix, checked against what is left of the enclosing message; returns the end of the payload. */
  lengthEnd(): number {
    const start = this.pos;
    this.varint();
    const length = this.hi * 4294967296 + this.lo;
    if (length > this.end - this.pos) {
      this.fail(`a length of ${length} bytes exceeds the ${this.end - this.pos} that are left`, start);
    }
    return this.pos + length;
  }

  /** A length-delimited field, as a view of the file. */
  view8(): Uint8Array {
    const end = this.lengthEnd();
    const out = this.bytes.subarray(this.pos, end);
    this.pos = end;
    return out;
  }

  string(): string {
    const end = this.lengthEnd();
    const text = decodeUtf8(this.bytes, this.pos, end);
    if (text === undefined) this.fail('the text is not valid UTF-8');
    this.pos = end;
    return text;
  }

  /** Number of varints in `[pos, to)`: the bytes without a continuation bit. */
  countVarints(to: number): number {
    let n = 0;
    for (let i = this.pos; i < to; i++) n += this.bytes[i]! < 0x80 ? 1 : 0;
    return n;
  }

  /** Moves past the payload of a field of unknown meaning. */
  skip(wire: number): void {
    if (wire === Wire.varint) this.varint();
    else if (wire === Wire.fixed64) this.need(8, 'a fixed64 value', 8);
    else if (wire === Wire.fixed32) this.need(4, 'a fixed32 value', 4);
    else if (wire === Wire.bytes) this.pos = this.lengthEnd();
    else this.fail(`wire type ${wire} (a group or undefined) is not supported`);
  }

  /** Fails unless `n` bytes are left; then moves by `advance`. */
  need(n: number, what: string, advance = 0): void {
    if (n > this.end - this.pos) this.fail(`the data end inside ${what}`);
    this.pos += advance;
  }
}
