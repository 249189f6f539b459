import type { Executor } from '../runtime/index.js';
import { InputError } from '../tensor/errors.js';

/** Where progress is written: standard error, say. */
export interface Terminal {
  /** False or absent for a file or a pipe, where nothing can be redrawn. */
  readonly isTTY?: boolean;
  /** Its width in characters. */
  readonly columns?: number;
  /** Writes text. */
  write(text: string): unknown;
}

const host: unknown = Reflect.get(globalThis, 'process');

/** False in browsers, whose bundles may hold this file but never what it loads. */
export const inNode =
  typeof host === 'object' &&
  host !== null &&
  'versions' in host &&
  typeof host.versions === 'object' &&
  host.versions !== null &&
  'node' in host.versions;

const isTerminal = (value: unknown): value is Terminal =>
  typeof value === 'object' && value !== null && 'write' in value && typeof value.write === 'function';

/** Standard error, where there is one. */
export function standardError(): Terminal | null {
  if (typeof host !== 'object' || host === null || !('stderr' in host)) return null;
  return isTerminal(host.stderr) ? host.stderr : null;
}

/** Native ONNX Runtime. @throws InputError when it is not installed. */
export async function nodeExecutor(): Promise<Executor> {
  const { ortExecutor } = await import('../runtime/node.js');
  return ortExecutor();
}

/** Bytes of memory that there are: in browsers as far as they tell, which is at most 8 GiB; infinity where nobody does. */
export async function availableMemory(): Promise<number> {
  if (inNode) {
    const { machineMemory } = await import('./node/machine-memory.js');
    return machineMemory();
  }
  const navigator: unknown = Reflect.get(globalThis, 'navigator');
  const told =
    typeof navigator === 'object' && navigator !== null && 'deviceMemory' in navigator && navigator.deviceMemory;
  return typeof told === 'number' && told > 0 ? told * 2 ** 30 : Number.POSITIVE_INFINITY;
}

function requireNode(what: string): void {
  if (!inNode) throw new InputError(`${what}: there are no files outside Node; use bytes instead of a path`);
}

/** The bytes of a file by its path. @throws InputError outside Node. */
export async function readPath(what: string, path: string): Promise<Uint8Array> {
  requireNode(what);
  const { readFileBytes } = await import('./node/read-file-bytes.js');
  try {
    return await readFileBytes(path);
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw missing ? new InputError(`${what}: there is no file "${path}"`, { cause }) : cause;
  }
}

const reasons = new Map([
  ['ENOENT', 'its folder does not exist'],
  ['ENOTDIR', 'what should be its folder is a file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'permission is denied'],
  ['EPERM', 'permission is denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['ENAMETOOLONG', 'its name is too long'],
]);

function whyNot(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons.get(code) ?? (error instanceof Error ? error.message : String(error));
}

/** Writes a file whole or not at all. @throws InputError outside Node, and where it cannot be written. */
export async function writePath(what: string, path: string, bytes: Uint8Array): Promise<void> {
  requireNode(what);
  const { writeFileAtomic } = await import('./node/write-file-atomic.js');
  try {
    await writeFileAtomic(path, bytes);
  } catch (cause) {
    throw new InputError(`${what}: "${path}" cannot be written: ${whyNot(cause)}`, { cause });
  }
}
