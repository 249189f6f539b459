import { mkdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { writeFileAtomic } from 'osculate/node';
import type { Terminal } from './progress.js';

/** A chart's SVG as a file of its own: on white, since nobody knows what it will lie on. */
function standalone(svg: string): string {
  return `${svg.replace(/background:\s*transparent/, 'background: #fff')}\n`;
}

/** Writes charts as SVG files `<name>.svg` into a folder, and says where they are. */
export async function writeSvgs(
  folder: string,
  charts: Readonly<Record<string, string>>,
  stderr: Terminal,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, svg] of Object.entries(charts)) {
    const path = resolve(join(folder, `${name}.svg`));
    await writeFileAtomic(path, standalone(svg));
    stderr.write(`figure: ${relative(process.cwd(), path)}\n`);
  }
}
