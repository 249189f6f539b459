import { relative, resolve } from 'node:path';
import { writeFileAtomic } from 'osculate/node';
import type { Terminal } from './progress.js';

/** Writes a page as a whole or not at all, and says where it is. */
export async function writePage(file: string, html: string, stderr: Terminal): Promise<void> {
  const path = resolve(file);
  await writeFileAtomic(path, html);
  stderr.write(`report: ${relative(process.cwd(), path)}\n`);
}
