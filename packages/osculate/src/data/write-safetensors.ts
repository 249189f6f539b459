import { littleEndianBytes } from '../onnx/endian.js';
import { bytesOf } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { NDArray } from '../tensor/ndarray.js';
import { showShape, sizeOf } from '../tensor/shape.js';

function checkTensor(name: string, { shape, data }: NDArray): void {
  if (name === '__metadata__') throw new InputError('safetensors: "__metadata__" is reserved; rename the tensor');
  if (sizeOf(shape) !== data.length) {
    throw new InputError(`safetensors: tensor "${name}" has ${data.length} elements for shape ${showShape(shape)}`);
  }
}

/**
 * A safetensors file of named arrays and string metadata. The header lists the tensors in the order given; the data lie widest
 * elements first, so that every tensor is aligned to its element. The same contents always give the same bytes.
 * @throws InputError for the reserved name `__metadata__`, or an array that does not fill its shape.
 * @example
 * const bytes = writeSafetensors(objective.layout.views(theta), { epochs: '30' });
 * readSafetensors(bytes).metadata.epochs; // '30'
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, NDArray>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const named = Object.entries(tensors);
  for (const [name, array] of named) checkTensor(name, array);
  const placed = [...named].sort(([, a], [, b]) => bytesOf(b.dtype) - bytesOf(a.dtype));
  const offsets = new Map<string, number>();
  let size = 0;
  for (const [name, array] of placed) {
    offsets.set(name, size);
    size += array.data.byteLength;
  }
  const entries = named.map(([name, { dtype, shape, data }]): [string, unknown] => {
    const begin = offsets.get(name)!;
    return [name, { dtype: dtype.toUpperCase(), shape, data_offsets: [begin, begin + data.byteLength] }];
  });
  const notes: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries([...notes, ...entries])));
  const padded = Math.ceil(header.length / 8) * 8;
  const file = new Uint8Array(8 + padded + size).fill(0x20, 8, 8 + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(header, 8);
  for (const [name, { data }] of placed) file.set(littleEndianBytes(data), 8 + padded + offsets.get(name)!);
  return file;
}
