import { type Zippable, zipSync } from 'fflate';
import { checkNames, type OptionNames } from '../tensor/check-options.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { readNpy } from './read-npy.js';
import { unzip } from './unzip.js';
import { writeNpy } from './write-npy.js';

export interface ReadNpzOptions {
  /** Most bytes of all arrays together, uncompressed (default 1 GiB). */
  readonly limit?: number;
}

const readNpzOptions: OptionNames<ReadNpzOptions> = { limit: 1 };

export interface WriteNpzOptions {
  /** Deflates the arrays, as `numpy.savez_compressed` does (default false, as `numpy.savez`). */
  readonly compress?: boolean;
}

const writeNpzOptions: OptionNames<WriteNpzOptions> = { compress: 1 };

/** The earliest time that zip can hold, in local time as zip has it: the same arrays always give the same bytes. */
const epoch = new Date(1980, 0, 1);

/**
 * Reads an NPZ file (`numpy.savez`, `numpy.savez_compressed`): its arrays by name. Types as in `readNpy`.
 * @throws InputError when the file or an array in it is malformed or damaged, or exceeds the limit.
 */
export function readNpz(file: Uint8Array, options: ReadNpzOptions = {}): Record<string, NDArray> {
  checkNames('readNpz', options, readNpzOptions);
  const arrays = [...unzip(file, options.limit ?? 2 ** 30)].map(([name, bytes]): [string, NDArray] => {
    try {
      return [name.replace(/\.npy$/, ''), readNpy(bytes)];
    } catch (cause) {
      throw new InputError(`NPZ: member "${name}": ${(cause as Error).message}`, { cause });
    }
  });
  return Object.fromEntries(arrays);
}

/**
 * An NPZ file of named arrays, which `numpy.load` reads.
 * @example
 * const bytes = writeNpz({ x, y }, { compress: true });
 * readNpz(bytes).x!.shape; // [20, 2]
 */
export function writeNpz(arrays: Readonly<Record<string, NDArray>>, options: WriteNpzOptions = {}): Uint8Array {
  checkNames('writeNpz', options, writeNpzOptions);
  const level = options.compress ? 6 : 0;
  const members: Zippable = {};
  for (const [name, array] of Object.entries(arrays)) members[`${name}.npy`] = [writeNpy(array), { level }];
  return zipSync(members, { mtime: epoch });
}
