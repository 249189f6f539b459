import { readFileSync } from 'node:fs';
import { UsageError } from './usage-error.js';

/** The bytes of a file that the user named. @throws UsageError that names it */
export function contentsOf(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** The same as text. @throws UsageError that names it */
export const textOf = (file: string): string => new TextDecoder().decode(contentsOf(file));
