import { open } from 'node:fs/promises';
import { InputError } from '../../tensor/errors.js';

/**
 * The bytes of a file of at most `limit` bytes (default 2 GiB − 1), which is asked of the file system before memory is taken.
 * @throws InputError when the file is larger or is not a regular file; errors of node:fs otherwise.
 * @example
 * const bytes = await readFileBytes('model.onnx');
 * const file = decodeModel(bytes);
 */
export async function readFileBytes(path: string, limit = 2 ** 31 - 1): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await open(path, 'r');
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new InputError(`"${path}" is not a regular file`);
    if (stat.size > limit) throw new InputError(`"${path}" has ${stat.size} bytes, more than the limit of ${limit}`);
    const bytes = new Uint8Array(stat.size);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes.subarray(0, at);
  } finally {
    await handle.close();
  }
}
