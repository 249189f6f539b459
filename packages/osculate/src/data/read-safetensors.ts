import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { elementCount } from './element-count.js';
import { type ByteRanges, bytesInMemory, decodeArray, type StoredArray } from './stored-array.js';
import { type StoredType, type StoredTypeName, storedTypes } from './stored-type.js';

/** The contents of a safetensors file. */
export interface SafetensorsFile {
  /** The arrays by name. */
  readonly tensors: Record<string, NDArray>;
  /** What the file says of itself, as text by key. */
  readonly metadata: Record<string, string>;
  /** The stored type (as `BF16`) of every tensor whose values were widened to one of our dtypes, exactly. */
  readonly converted: Record<string, string>;
}

interface Entry extends StoredArray {
  readonly name: string;
  /** The file's name of its type. */
  readonly stored: string;
}

/** The reference implementation's bound. */
const largestHeader = 100_000_000;

const types = new Map<string, StoredType>(
  Object.entries(storedTypes).map(([name, type]) => [name.toUpperCase(), type]),
);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseHeader(file: ByteRanges): { header: Record<string, unknown>; begin: number } {
  const { size } = file;
  if (size < 8) throw new InputError(`safetensors: ${size} bytes are too few for a header`);
  const first = file.read(0, 8);
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (length > largestHeader || length > size - 8) {
    throw new InputError(`safetensors: a header of ${length} bytes does not fit a file of ${size}`);
  }
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file.read(8, 8 + length));
    header = JSON.parse(text);
  } catch (cause) {
    throw new InputError('safetensors: the header is not JSON in UTF-8', { cause });
  }
  if (!isObject(header)) throw new InputError('safetensors: the header is not a JSON object');
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new InputError(`safetensors: the header has two entries ${twice}`);
  return { header, begin: 8 + length };
}

const jsonParts = /"(?:[^"\\]|\\.)*"|[{}]/g;
const colon = /\s*:/y;

/** A key that one object of a text of JSON has twice: of two values, parsers keep one without a word. */
function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const { 0: part, index } of text.matchAll(jsonParts)) {
    if (part === '{') open.push(new Set());
    else if (part === '}') open.pop();
    else {
      colon.lastIndex = index + part.length;
      if (!colon.test(text)) continue;
      const key: string = JSON.parse(part);
      const keys = open.at(-1)!;
      if (keys.size === keys.add(key).size) return `"${key}"`;
    }
  }
  return undefined;
}

function parseMetadata(value: unknown): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value) || Object.values(value).some((v) => typeof v !== 'string')) {
    throw new InputError('safetensors: "__metadata__" must map strings to strings');
  }
  return value as Record<string, string>;
}

/** Offsets count from `start`, where the `size` bytes of data begin. */
function parseEntry(name: string, value: unknown, start: number, size: number): Entry {
  const what = `safetensors: tensor "${name}"`;
  if (!isObject(value)) throw new InputError(`${what}: its header entry is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  const type = typeof dtype === 'string' ? types.get(dtype) : undefined;
  if (typeof dtype !== 'string' || type === undefined) {
    throw new InputError(
      `${what}: dtype ${JSON.stringify(dtype)} is not supported; supported: ${[...types.keys()].join(', ')}`,
    );
  }
  if (!Array.isArray(shape)) throw new InputError(`${what}: its shape is not an array`);
  const count = elementCount(shape, what);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (typeof begin !== 'number' || typeof end !== 'number' || !(begin >= 0 && begin <= end && end <= size)) {
    throw new InputError(`${what}: data_offsets ${JSON.stringify(offsets)} do not lie in the ${size} bytes of data`);
  }
  if (end - begin !== count * type.bytes) {
    throw new InputError(
      `${what}: ${end - begin} bytes for ${dtype} [${shape.join(', ')}], which takes ${count * type.bytes}`,
    );
  }
  return {
    name,
    stored: dtype,
    type,
    bigEndian: false,
    shape: shape as number[],
    begin: start + begin,
    end: start + end,
  };
}

/** The format allows neither overlaps nor holes: a byte belongs to exactly one tensor. */
function checkCoverage(entries: readonly Entry[], start: number, size: number): void {
  let at = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const from = begin - start;
    if (from !== at) {
      throw new InputError(
        `safetensors: tensor "${name}" begins at ${from}, which ${from < at ? 'overlaps another' : 'leaves a hole'} (expected ${at})`,
      );
    }
    at = end - start;
  }
  if (at !== size) throw new InputError(`safetensors: ${size - at} bytes after the last tensor belong to none`);
}

/** What the header of a safetensors file says. InputError for anything that the format forbids, and for other dtypes. */
export function safetensorsArrays(file: ByteRanges): { entries: Entry[]; metadata: Record<string, string> } {
  const { header, begin } = parseHeader(file);
  const size = file.size - begin;
  const { __metadata__, ...rest } = header;
  const metadata = parseMetadata(__metadata__);
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value, begin, size));
  checkCoverage(entries, begin, size);
  return { entries, metadata };
}

/**
 * Reads a safetensors file: F64, F32, I64, I32 and BOOL as they are; F16 and BF16 widened to f32, U8, I8, U16, I16 to i32, U32 and
 * U64 to i64, all exactly and listed in `converted`. Arrays are copies. Every length is checked before memory is taken.
 * @throws InputError for anything that the format forbids, other dtypes, and U64 values beyond i64.
 * @example
 * const { tensors, metadata } = readSafetensors(await readFileBytes('net.safetensors'));
 * const weights = loadParameters(net.init(generator(0)), tensors);
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const file = bytesInMemory(bytes);
  const { entries, metadata } = safetensorsArrays(file);
  // fromEntries defines own properties, so a tensor named "__proto__" is only a name.
  const tensors = Object.fromEntries(
    entries.map((entry) => [entry.name, decodeArray(file, entry, `safetensors: tensor "${entry.name}"`)]),
  );
  const converted = Object.fromEntries(
    entries.filter((e) => e.stored !== nameOf(e.type)).map(({ name, stored }) => [name, stored]),
  );
  return { tensors, metadata, converted };
}

/** The stored type whose values are those of our dtype. */
const nameOf = (type: StoredType): string => (type.dtype as StoredTypeName).toUpperCase();
