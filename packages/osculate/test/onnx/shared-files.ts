import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const shared = new URL('../../../../../shared/', import.meta.url);

export const referenceNames = ['mlp_tanh', 'cnn_relu_maxpool', 'lstm_last', 'transformer_block'] as const;

export function referenceModel(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`reference/${name}.onnx`, shared)));
}

/** Tensors of a safetensors file as float32 values; other dtypes are left out. */
export function referenceTensors(name: string): Map<string, { shape: number[]; data: Float32Array }> {
  const file = new Uint8Array(readFileSync(new URL(`reference/${name}.safetensors`, shared)));
  const headerLength = Number(new DataView(file.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerLength))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const out = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const [key, entry] of Object.entries(header)) {
    if (entry.dtype !== 'F32') continue;
    const [from, to] = entry.data_offsets;
    const bytes = file.slice(8 + headerLength + from, 8 + headerLength + to);
    out.set(key, { shape: entry.shape, data: new Float32Array(bytes.buffer) });
  }
  return out;
}

/** The files of ONNX's node tests, by path: a ustar archive of 512-byte headers and padded contents. */
export function nodeTestFiles(): Map<string, Uint8Array> {
  const tar = new Uint8Array(gunzipSync(readFileSync(new URL('onnx-node-tests.tar.gz', shared))));
  const text = (from: number, length: number) =>
    new TextDecoder().decode(tar.subarray(from, from + length)).replace(/\0.*$/s, '');
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    if (text(at + 156, 1) === '0') files.set(text(at, 100), tar.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}
