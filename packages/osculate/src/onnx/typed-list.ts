import type { Scalar } from './schema.js';
import { Wire, type WireReader } from './wire.js';

export type WireArray = Float32Array | Float64Array | Int32Array | BigInt64Array | BigUint64Array;

function make(scalar: Scalar, length: number): WireArray {
  if (scalar === 'float') return new Float32Array(length);
  if (scalar === 'double') return new Float64Array(length);
  if (scalar === 'int32') return new Int32Array(length);
  return scalar === 'big' ? new BigInt64Array(length) : new BigUint64Array(length);
}

/** A typed array under construction: exact for one packed run, doubling where elements come one by one. */
export class TypedList {
  private data: WireArray;
  private length: number;
  private readonly scalar: Scalar;

  constructor(scalar: Scalar, seed?: WireArray) {
    this.scalar = scalar;
    this.data = seed ?? make(scalar, 0);
    this.length = this.data.length;
  }

  private reserve(n: number): void {
    const need = this.length + n;
    if (need <= this.data.length) return;
    const grown = make(this.scalar, this.length === 0 ? need : Math.max(need, 2 * this.length));
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = this.data;
    new Uint8Array(grown.buffer).set(new Uint8Array(buffer, byteOffset, this.length * BYTES_PER_ELEMENT));
    this.data = grown;
  }

  /** One element without a length prefix. */
  pushOne(r: WireReader): void {
    this.reserve(1);
    const width = this.scalar === 'float' ? 4 : this.scalar === 'double' ? 8 : 0;
    if (width > 0) r.need(width, 'a number');
    this.fill(r, 1);
  }

  /** A packed run `[r.pos, to)`; its elements are counted in the bytes before any array is made. */
  pushRun(r: WireReader, to: number): void {
    const width = this.scalar === 'float' ? 4 : this.scalar === 'double' ? 8 : 0;
    const bytes = to - r.pos;
    if (width > 0 && bytes % width !== 0) r.fail(`${bytes} bytes do not divide into elements of ${width}`);
    const count = width > 0 ? bytes / width : r.countVarints(to);
    this.reserve(count);
    const outer = r.end;
    r.end = to;
    this.fill(r, count);
    if (r.pos !== to) r.fail('the data end inside a varint', to);
    r.end = outer;
  }

  private fill(r: WireReader, count: number): void {
    const to = this.length + count;
    const { data, scalar } = this;
    if (scalar === 'float' || scalar === 'double') {
      const width = scalar === 'float' ? 4 : 8;
      let at = r.pos;
      for (let i = this.length; i < to; i++, at += width) {
        data[i] = scalar === 'float' ? r.view.getFloat32(at, true) : r.view.getFloat64(at, true);
      }
      r.pos = at;
    } else if (scalar === 'int32') {
      for (let i = this.length; i < to; i++) data[i] = r.int32();
    } else {
      // A BigUint64Array stores the same 64 bits.
      for (let i = this.length; i < to; i++) data[i] = r.bigint();
    }
    this.length = to;
  }

  finish(): WireArray {
    return this.length === this.data.length ? this.data : this.data.slice(0, this.length);
  }
}

/** True where a field of `wire` type can hold a packed run of `scalar`. */
export function isRun(wire: number, itemWire: number): boolean {
  return wire === Wire.bytes && itemWire !== Wire.bytes;
}
