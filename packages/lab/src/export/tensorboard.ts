import { crc32c } from './crc32c.js';

/** A named value at a step of a run. */
export interface Scalar {
  readonly tag: string;
  readonly step: number;
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly value: number;
}

const utf8 = new TextEncoder();

/** Protobuf: an unsigned integer in 7-bit groups. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const key = (field: number, type: keyof typeof wire): number[] => varint(field * 8 + wire[type]);
const field = {
  integer: (at: number, value: number) => [...key(at, 'varint'), ...varint(value)],
  double: (at: number, value: number) => [...key(at, 'fixed64'), ...new Uint8Array(new Float64Array([value]).buffer)],
  float: (at: number, value: number) => [...key(at, 'fixed32'), ...new Uint8Array(new Float32Array([value]).buffer)],
  bytes: (at: number, value: readonly number[]) => [...key(at, 'bytes'), ...varint(value.length), ...value],
  text: (at: number, value: string) => field.bytes(at, [...utf8.encode(value)]),
};

/** The record's checksum is rotated and shifted, so that data which contains checksums has another one. */
function masked(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** A TFRecord: length, its checksum, the data, their checksum, all little-endian. */
function record(data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 16);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return out;
}

/** An Event of tensorflow/core/util/event.proto with one value of a Summary. */
function event({ tag, step, wallTime, value }: Scalar): Uint8Array {
  const summaryValue = [...field.text(1, tag), ...field.float(2, value)];
  const summary = field.bytes(1, summaryValue);
  return Uint8Array.from([...field.double(1, wallTime), ...field.integer(2, step), ...field.bytes(5, summary)]);
}

/** The bytes of a TensorBoard event file; it has to be named `events.out.tfevents.` and something. */
export function eventFileOf(scalars: readonly Scalar[]): Uint8Array {
  const start = Math.min(...scalars.map(({ wallTime }) => wallTime), Date.now() / 1000);
  const version = Uint8Array.from([...field.double(1, start), ...field.text(3, 'brain.Event:2')]);
  const records = [version, ...scalars.map(event)].map(record);
  const out = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of records) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}
