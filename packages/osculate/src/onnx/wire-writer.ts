import { InputError } from '../tensor/errors.js';
import { encodeUtf8 } from './text.js';
import type { Int64 } from './types.js';

const blockSize = 1 << 16;
/** Byte fields from this size on are not staged in a block: they are copied once, into the result. */
const largeSize = 1 << 12;

/**
 * Writes protobuf backwards, from the last field to the first: the length of a nested message is known when its prefix is written,
 * so that no sizing pass and no moving of bytes is needed. Blocks never grow; `finish` joins them into one exact array.
 */
export class WireWriter {
  private block = new Uint8Array(blockSize);
  /** Start of the written part of the block. */
  private pos = blockSize;
  /** Finished pieces, the last of the message first. */
  private readonly pieces: Uint8Array[] = [];
  private finished = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.finished + this.block.length - this.pos;
  }

  private flush(): void {
    if (this.pos === this.block.length) return;
    this.pieces.push(this.block.subarray(this.pos));
    this.finished += this.block.length - this.pos;
    this.block = this.block.subarray(0, this.pos);
  }

  private reserve(n: number): void {
    if (n <= this.pos) return;
    this.flush();
    this.block = new Uint8Array(Math.max(blockSize, n));
    this.pos = this.block.length;
  }

  /** An unsigned integer below 2^53. */
  uint(value: number): void {
    if (value < 0x80) {
      this.reserve(1);
      this.block[--this.pos] = value;
    } else this.varint(value >>> 0, Math.floor(value / 4294967296));
  }

  int64(value: Int64): void {
    if (typeof value === 'bigint') {
      if (BigInt.asIntN(64, value) !== value) throw new InputError(`the integer ${value} does not fit 64 bits`);
      this.varint(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
      return;
    }
    if (!Number.isSafeInteger(value)) throw new InputError(`${value} is not an integer that a number holds exactly`);
    if (value >= 0) this.uint(value);
    else this.varint(value >>> 0, Math.floor(value / 4294967296) >>> 0);
  }

  /** An unsigned 64-bit integer. */
  uint64(value: bigint): void {
    this.varint(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)));
  }

  private varint(lo: number, hi: number): void {
    let size = 1;
    let l = lo;
    let h = hi;
    while (h !== 0 || l >= 0x80) {
      l = ((l >>> 7) | (h << 25)) >>> 0;
      h >>>= 7;
      size++;
    }
    this.reserve(size);
    this.pos -= size;
    const { block } = this;
    let at = this.pos;
    for (let i = 1; i < size; i++) {
      block[at++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    block[at] = lo;
  }

  /** Writes `count` fixed-width values through a DataView that covers exactly their bytes. */
  fixed(count: number, width: number, fill: (view: DataView) => void): void {
    const size = count * width;
    this.reserve(size);
    this.pos -= size;
    fill(new DataView(this.block.buffer, this.block.byteOffset + this.pos, size));
  }

  /** Bytes as they are; large arrays are referenced until `finish` copies them. */
  raw(bytes: Uint8Array): void {
    if (bytes.length >= largeSize) {
      this.flush();
      this.pieces.push(bytes);
      this.finished += bytes.length;
      return;
    }
    this.reserve(bytes.length);
    this.pos -= bytes.length;
    this.block.set(bytes, this.pos);
  }

  /** UTF-8 text without its length. */
  text(value: string): void {
    const n = value.length;
    if (n < largeSize) {
      this.reserve(n);
      const start = this.pos - n;
      let i = 0;
      for (; i < n; i++) {
        const c = value.charCodeAt(i);
        if (c >= 0x80) break;
        this.block[start + i] = c;
      }
      if (i === n) {
        this.pos = start;
        return;
      }
    }
    this.raw(encodeUtf8(value));
  }

  /** Everything written, first field first. */
  finish(): Uint8Array {
    const out = new Uint8Array(this.length);
    this.flush();
    let at = 0;
    for (let i = this.pieces.length - 1; i >= 0; i--) {
      out.set(this.pieces[i]!, at);
      at += this.pieces[i]!.length;
    }
    return out;
  }
}
