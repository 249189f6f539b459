import { Gunzip } from 'fflate';
import { InputError } from '../tensor/errors.js';
import { crc32 } from './crc32.js';

/** Compressed bytes handed over at a time. Deflate expands at most 1032 times, so a bomb is noticed within 17 MB. */
const step = 16_384;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function inflateAll(bytes: Uint8Array, limit: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  const stream = new Gunzip((part) => {
    size += part.length;
    if (size > limit) throw new InputError(`gzip: the contents exceed the limit of ${limit} bytes`);
    parts.push(part);
  });
  stream.onmember = (offset) => {
    if (offset !== 0) throw new InputError('gzip: files of several members are not supported');
  };
  for (let from = 0; from < bytes.length; from += step) {
    stream.push(bytes.subarray(from, from + step), from + step >= bytes.length);
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Inflates a gzip file of one member and checks its length and CRC-32.
 * @throws InputError when it is damaged, or holds more than `limit` bytes.
 */
export function gunzip(bytes: Uint8Array, limit: number): Uint8Array {
  // Ten bytes of header and eight of trailer, at least.
  if (bytes.length < 18) throw new InputError(`gzip: ${bytes.length} bytes are too few; the file is damaged`);
  let out: Uint8Array;
  try {
    out = inflateAll(bytes, limit);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw new InputError('gzip: the file is damaged', { cause });
  }
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (trailer.getUint32(4, true) !== out.length % 2 ** 32 || trailer.getUint32(0, true) !== crc32(out)) {
    throw new InputError('gzip: the contents do not match their length or CRC-32; the file is damaged');
  }
  return out;
}
