import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Makes a rename durable. Some systems refuse to open a folder; the rename itself has happened then all the same. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    // Windows cannot sync a folder.
  }
}

/**
 * Writes a file so that a reader, even after a crash or a kill, finds the old contents or the new, never a part: writes a temporary file in
 * the same folder, forces it to the disk, and renames it over `path`.
 * @throws Errors of node:fs.
 * @example
 * await writeFileAtomic('net.onnx', run.toOnnx());
 */
export async function writeFileAtomic(path: string, contents: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(contents);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}
