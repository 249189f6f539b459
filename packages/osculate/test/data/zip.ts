import { crc32 } from 'node:zlib';

/** A member as its directory entry and header tell it, which need not be the truth. */
export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly method?: number;
  /** Where the directory says its header is; default: where it is. */
  readonly header?: number;
}

const words = (width: 2 | 4 | 8, ...values: number[]): number[] =>
  values.flatMap((value) => Array.from({ length: width }, (_, i) => Math.floor(value / 256 ** i) % 256));

/** A zip file of members that are as they are given; `zip64`: with all sizes and offsets in 64 bits. */
export function zip(members: readonly Member[], zip64 = false): Uint8Array {
  const file: number[] = [];
  const directory: number[] = [];
  for (const { name, bytes, method = 0, header = file.length } of members) {
    const text = new TextEncoder().encode(name);
    const size = bytes.length;
    const narrow = zip64 ? [0xffffffff, 0xffffffff] : [size, size];
    const local = zip64 ? [...words(2, 1, 16), ...words(8, size, size)] : [];
    const central = zip64 ? [...words(2, 0x7075, 2, 0, 1, 24), ...words(8, size, size, header)] : [];
    file.push(...words(4, 0x04034b50), ...words(2, 45, 0, method, 0, 0), ...words(4, crc32(bytes), ...narrow));
    file.push(...words(2, text.length, local.length), ...text, ...local, ...bytes);
    directory.push(...words(4, 0x02014b50), ...words(2, 45, 45, 0, method, 0, 0), ...words(4, crc32(bytes), ...narrow));
    directory.push(...words(2, text.length, central.length, 0, 0, 0), ...words(4, 0, zip64 ? 0xffffffff : header));
    directory.push(...text, ...central);
  }
  const [at, count] = [file.length, members.length];
  file.push(...directory);
  const record = file.length;
  if (zip64) {
    file.push(...words(4, 0x06064b50), ...words(8, 44), ...words(2, 45, 45), ...words(4, 0, 0));
    file.push(...words(8, count, count, directory.length, at));
    file.push(...words(4, 0x07064b50, 0), ...words(8, record), ...words(4, 1));
  }
  const end = zip64 ? [0xffffffff, 0xffffffff] : [directory.length, at];
  file.push(...words(4, 0x06054b50), ...words(2, 0, 0, zip64 ? 0xffff : count, zip64 ? 0xffff : count));
  file.push(...words(4, ...end), ...words(2, 0));
  return Uint8Array.from(file);
}
