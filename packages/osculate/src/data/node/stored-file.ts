import { close, open, readSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { InputError } from '../../tensor/errors.js';
import { isGzip } from '../gunzip.js';
import { npyArray } from '../npy-header.js';
import { idxArray } from '../read-idx.js';
import { safetensorsArrays } from '../read-safetensors.js';
import type { ByteRanges, StoredArray } from '../stored-array.js';
import { type ZipMember, zipMembers } from '../zip-members.js';

/** An array in a file that is open. */
export interface OpenArray {
  readonly fd: number;
  readonly stored: StoredArray;
}

export const closeFile = promisify(close);

function bytesOfFile(fd: number, size: number): ByteRanges {
  return {
    size,
    read(from, to) {
      const bytes = new Uint8Array(to - from);
      for (let done = 0; done < bytes.length; ) {
        const count = readSync(fd, bytes, done, bytes.length - done, from + done);
        if (count === 0) throw new InputError(`the file ends at byte ${from + done}, before its size of ${size}`);
        done += count;
      }
      return bytes;
    },
  };
}

/** The name asked for, else the only one there is, else the field's. */
function choose(names: readonly string[], field: string, array: string | undefined): string {
  const wanted = array ?? (names.length === 1 ? names[0]! : field);
  if (names.includes(wanted)) return wanted;
  throw new InputError(
    `there is no array "${wanted}"; choose one by { file, array }: ${names.join(', ') || 'there is none'}`,
  );
}

function npyRows(file: ByteRanges, member?: ZipMember): StoredArray {
  const { fortranOrder, ...stored } = npyArray(file, member?.begin, member?.end);
  if (!fortranOrder) return stored;
  throw new InputError(
    'the array is in Fortran order, so that its rows are not in one piece; save np.ascontiguousarray(array)',
  );
}

function npzRows(file: ByteRanges, field: string, array: string | undefined): StoredArray {
  const members = new Map(zipMembers(file).map((member) => [member.name.replace(/\.npy$/, ''), member]));
  const name = choose([...members.keys()], field, array);
  const member = members.get(name)!;
  if (member.method !== 0) {
    throw new InputError(
      `the array "${name}" is compressed, so that its rows cannot be read by their place; save the file with np.savez, which does not compress`,
    );
  }
  return npyRows(file, member);
}

function safetensorsRows(file: ByteRanges, field: string, array: string | undefined): StoredArray {
  const { entries } = safetensorsArrays(file);
  const name = choose(
    entries.map((entry) => entry.name),
    field,
    array,
  );
  return entries.find((entry) => entry.name === name)!;
}

/** Finds the array by what the file begins with. */
function findArray(file: ByteRanges, field: string, array: string | undefined): StoredArray {
  const first = file.read(0, Math.min(file.size, 9));
  const begins = (...bytes: number[]): boolean => bytes.every((byte, i) => first[i] === byte);
  if (begins(0x93)) return npyRows(file);
  if (begins(0x50, 0x4b)) return npzRows(file, field, array);
  if (isGzip(first)) throw new InputError('the file is compressed by gzip; unpack it first');
  // The length of a safetensors header, 64 bits from the lowest, is followed by a brace.
  if (first[8] === 0x7b && !begins(0, 0)) return safetensorsRows(file, field, array);
  if (begins(0, 0)) return idxArray(file);
  throw new InputError('the file is not one of NPY, NPZ, safetensors and IDX');
}

/**
 * Opens a file and finds the array of a field in it.
 * @throws InputError, which names the file, when it is malformed or holds no such array; errors of node:fs.
 */
export async function openArray(path: string, field: string, array: string | undefined): Promise<OpenArray> {
  const { size, isFile } = await stat(path).then((s) => ({ size: s.size, isFile: s.isFile() }));
  if (!isFile) throw new InputError(`fileSource: "${path}" is not a regular file`);
  const fd = await promisify(open)(path, 'r');
  try {
    return { fd, stored: findArray(bytesOfFile(fd, size), field, array) };
  } catch (cause) {
    await closeFile(fd);
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(`fileSource: "${path}": ${cause.message}`, { cause });
  }
}
