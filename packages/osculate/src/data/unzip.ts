import { inflateSync } from 'fflate';
import { InputError } from '../tensor/errors.js';
import { crc32 } from './crc32.js';

interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly stored: number;
  readonly size: number;
  readonly localHeader: number;
}

const damaged = (what: string): InputError => new InputError(`zip: ${what}; the file is damaged or not a zip file`);

/** The record at the end of the file; it may be followed by a comment of at most 65,535 bytes. */
function endRecord(view: DataView): number {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 65_535); at--) {
    if (view.getUint32(at, true) === 0x06054b50) return at;
  }
  throw damaged('there is no central directory');
}

function readMember(view: DataView, at: number): { member: Member; next: number } {
  if (at + 46 > view.byteLength || view.getUint32(at, true) !== 0x02014b50)
    throw damaged(`no directory entry at ${at}`);
  const [nameLength, extra, comment] = [28, 30, 32].map((o) => view.getUint16(at + o, true)) as [
    number,
    number,
    number,
  ];
  const next = at + 46 + nameLength + extra + comment;
  if (next > view.byteLength) throw damaged(`the directory entry at ${at} runs past the end`);
  const name = new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + 46, nameLength));
  if (view.getUint16(at + 8, true) & 1) throw new InputError(`zip: member "${name}" is encrypted`);
  const member = {
    name,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    stored: view.getUint32(at + 20, true),
    size: view.getUint32(at + 24, true),
    localHeader: view.getUint32(at + 42, true),
  };
  if ([member.stored, member.size, member.localHeader].includes(0xffffffff)) {
    throw new InputError(`zip: member "${name}" uses zip64 (4 GiB or more), which is not supported`);
  }
  return { member, next };
}

function inflateMember(view: DataView, { name, method, stored, size, localHeader: at }: Member): Uint8Array {
  if (at + 30 > view.byteLength || view.getUint32(at, true) !== 0x04034b50) throw damaged(`"${name}" has no header`);
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + stored > view.byteLength) throw damaged(`"${name}" runs past the end`);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, stored);
  if (method === 0) return bytes;
  if (method !== 8) throw new InputError(`zip: member "${name}" uses compression method ${method}, not 0 or 8`);
  // Deflate expands at most 1032 times, so a larger claim is a lie and no memory is taken for it.
  if (size > 1032 * stored) throw damaged(`"${name}" cannot have ${size} bytes`);
  try {
    return inflateSync(bytes, { out: new Uint8Array(size) });
  } catch (cause) {
    throw new InputError(`zip: member "${name}" is damaged`, { cause });
  }
}

/**
 * The members of a zip file, stored or deflated, checked against their sizes and CRC-32. `limit` bounds the bytes of all
 * members together.
 * @throws InputError when it is damaged, encrypted, zip64, or larger than the limit.
 */
export function unzip(file: Uint8Array, limit: number): Map<string, Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const end = endRecord(view);
  const count = view.getUint16(end + 10, true);
  const members = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const { member, next } = readMember(view, at);
    total += member.size;
    if (total > limit) throw new InputError(`zip: the contents exceed the limit of ${limit} bytes`);
    const bytes = inflateMember(view, member);
    if (bytes.length !== member.size || crc32(bytes) !== member.crc) {
      throw damaged(`"${member.name}" does not match its size or CRC-32`);
    }
    if (members.has(member.name)) throw damaged(`there are two members "${member.name}"`);
    members.set(member.name, bytes);
    at = next;
  }
  return members;
}
