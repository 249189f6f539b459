import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** As the temporary files of a whole-or-nothing write are named. */
const temporary = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Removes from a folder, and from those in it, what writes that were killed have left behind. */
export function removeLeftovers(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeLeftovers(path);
    else if (temporary.test(entry.name)) rmSync(path, { force: true });
  }
}
