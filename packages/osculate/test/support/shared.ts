import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of the folder `shared` beside the repository. */
export function sharedFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../../../shared/${path}`, import.meta.url))));
}
