import { InputError } from '../tensor/errors.js';
import type { ByteRanges } from './stored-array.js';

/** A member of a zip file, whose `end - begin` bytes are stored (method 0) or compressed. */
export interface ZipMember {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  /** Bytes when uncompressed. */
  readonly size: number;
  readonly begin: number;
  readonly end: number;
}

/** A member as the directory tells it. */
interface Entry extends Omit<ZipMember, 'begin' | 'end'> {
  readonly stored: number;
  readonly header: number;
}

interface Directory {
  readonly count: number;
  readonly begin: number;
  readonly end: number;
}

/** A directory of all members that anyone has; what a damaged record claims beyond it is not read. */
const largestDirectory = 2 ** 24;

/** In place of a size or an offset that 32 bits do not hold. */
const elsewhere = 0xffffffff;

export const damagedZip = (what: string): InputError =>
  new InputError(`zip: ${what}; the file is damaged or not a zip file`);

function viewOf(file: ByteRanges, from: number, to: number, what: string): DataView {
  if (from < 0 || to > file.size || to - from > largestDirectory) throw damagedZip(what);
  const bytes = file.read(from, to);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const uint64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

/** The record at the end of the file; it may be followed by a comment of at most 65,535 bytes. */
function findDirectory(file: ByteRanges): Directory {
  const from = Math.max(0, file.size - 22 - 65_535);
  const view = viewOf(file, from, file.size, 'there is no central directory');
  let at = view.byteLength - 22;
  while (at >= 0 && view.getUint32(at, true) !== 0x06054b50) at--;
  if (at < 0) throw damagedZip('there is no central directory');
  const [count, size, begin] = [
    view.getUint16(at + 10, true),
    view.getUint32(at + 12, true),
    view.getUint32(at + 16, true),
  ];
  if (count !== 0xffff && size !== elsewhere && begin !== elsewhere) return { count, begin, end: begin + size };
  return zip64Directory(file, from + at);
}

/** The larger record of zip64, which a locator before the record at `at` points to. */
function zip64Directory(file: ByteRanges, at: number): Directory {
  const missing = 'there is no zip64 central directory';
  const locator = viewOf(file, at - 20, at, missing);
  if (locator.getUint32(0, true) !== 0x07064b50) throw damagedZip(missing);
  const record = uint64(locator, 8);
  const view = viewOf(file, record, record + 56, missing);
  if (view.getUint32(0, true) !== 0x06064b50) throw damagedZip(missing);
  const begin = uint64(view, 48);
  return { count: uint64(view, 32), begin, end: begin + uint64(view, 40) };
}

/** The 64-bit values of an entry's extra fields, in place of those of `values` that are elsewhere. */
function zip64Values(name: string, values: readonly number[], extra: DataView): number[] {
  if (!values.includes(elsewhere)) return [...values];
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const end = Math.min(extra.byteLength, at + 4 + extra.getUint16(at + 2, true));
    let from = at + 4;
    return values.map((value) => {
      if (value !== elsewhere) return value;
      if (from + 8 > end) throw damagedZip(`"${name}" lacks a zip64 size`);
      from += 8;
      return uint64(extra, from - 8);
    });
  }
  throw damagedZip(`"${name}" lacks its zip64 sizes`);
}

function readEntry(view: DataView, at: number): { entry: Entry; next: number } {
  if (at + 46 > view.byteLength || view.getUint32(at, true) !== 0x02014b50) {
    throw damagedZip(`the central directory has no entry at ${at}`);
  }
  const length = (offset: number): number => view.getUint16(at + offset, true);
  const extra = at + 46 + length(28);
  const comment = extra + length(30);
  const next = comment + length(32);
  if (next > view.byteLength) throw damagedZip(`the directory entry at ${at} runs past the end`);
  const part = (from: number, to: number): DataView => new DataView(view.buffer, view.byteOffset + from, to - from);
  const name = new TextDecoder().decode(part(at + 46, extra));
  if (length(8) & 1) throw new InputError(`zip: member "${name}" is encrypted`);
  const [size, stored, header] = zip64Values(
    name,
    [24, 20, 42].map((offset) => view.getUint32(at + offset, true)),
    part(extra, comment),
  ) as [number, number, number];
  return { entry: { name, method: length(10), crc: view.getUint32(at + 16, true), size, stored, header }, next };
}

/** Where the member's bytes are: after its own header, and before whatever follows, at `limit`. */
function locate(file: ByteRanges, { stored, header, ...entry }: Entry, limit: number): ZipMember {
  const { name } = entry;
  const view = viewOf(file, header, header + 30, `"${name}" has no header`);
  if (view.getUint32(0, true) !== 0x04034b50) throw damagedZip(`"${name}" has no header`);
  const begin = header + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const end = begin + stored;
  if (!(end <= file.size)) throw damagedZip(`"${name}" runs past the end`);
  if (end > limit) throw damagedZip(`"${name}" overlaps what follows it`);
  return { ...entry, begin, end };
}

/**
 * The members of a zip file, zip64 or not, in the order of its directory.
 * @throws InputError when it is damaged or encrypted, or members overlap or have the same name.
 */
export function zipMembers(file: ByteRanges): ZipMember[] {
  const { count, begin, end } = findDirectory(file);
  const view = viewOf(file, begin, end, 'the central directory runs past the end');
  const entries: Entry[] = [];
  const names = new Set<string>();
  for (let at = 0; entries.length < count; ) {
    const { entry, next } = readEntry(view, at);
    if (names.has(entry.name)) throw damagedZip(`there are two members "${entry.name}"`);
    names.add(entry.name);
    entries.push(entry);
    at = next;
  }
  const inPlace = [...entries].sort((a, b) => a.header - b.header);
  const limits = new Map(inPlace.map((entry, i) => [entry, inPlace[i + 1]?.header ?? begin]));
  return entries.map((entry) => locate(file, entry, limits.get(entry)!));
}
