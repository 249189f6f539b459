import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The text of a file of the folder `data` of this package. */
export function dataFile(path: string): string {
  return readFileSync(fileURLToPath(new URL(`../../data/${path}`, import.meta.url)), 'utf8');
}
