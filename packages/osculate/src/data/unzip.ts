import { inflateSync } from 'fflate';
import { InputError } from '../tensor/errors.js';
import { crc32 } from './crc32.js';
import { bytesInMemory } from './stored-array.js';
import { damagedZip, type ZipMember, zipMembers } from './zip-members.js';

function inflateMember(file: Uint8Array, { name, method, size, begin, end }: ZipMember): Uint8Array {
  const bytes = file.subarray(begin, end);
  if (method === 0) return bytes;
  if (method !== 8) throw new InputError(`zip: member "${name}" uses compression method ${method}, not 0 or 8`);
  // Deflate expands at most 1032 times, so a larger claim is a lie and no memory is taken for it.
  if (size > 1032 * bytes.length) throw damagedZip(`"${name}" cannot have ${size} bytes`);
  try {
    return inflateSync(bytes, { out: new Uint8Array(size) });
  } catch (cause) {
    throw new InputError(`zip: member "${name}" is damaged`, { cause });
  }
}

/**
 * The members of a zip file, stored or deflated, checked against their sizes and CRC-32. `limit` bounds the bytes of all
 * members together.
 * @throws InputError when it is damaged, encrypted, or larger than the limit.
 */
export function unzip(file: Uint8Array, limit: number): Map<string, Uint8Array> {
  const members = new Map<string, Uint8Array>();
  let total = 0;
  for (const member of zipMembers(bytesInMemory(file))) {
    total += member.size;
    if (total > limit) throw new InputError(`zip: the contents exceed the limit of ${limit} bytes`);
    const bytes = inflateMember(file, member);
    if (bytes.length !== member.size || crc32(bytes) !== member.crc) {
      throw damagedZip(`"${member.name}" does not match its size or CRC-32`);
    }
    members.set(member.name, bytes);
  }
  return members;
}
