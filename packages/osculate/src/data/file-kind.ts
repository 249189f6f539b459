const starts: readonly (readonly [text: string, kind: string])[] = [
  ['{', 'JSON'],
  ['[', 'JSON'],
  ['<', 'HTML or XML'],
  ['PK', 'a zip archive, such as NPZ or what torch.save writes'],
  ['\x80', 'a Python pickle, such as torch.save wrote'],
  ['\x89HDF', 'HDF5, as Keras writes'],
  ['\x93NUMPY', 'an NPY array'],
  ['\x1f\x8b', 'compressed by gzip'],
];

/** What bytes look like, as the end of a message: `; it looks like JSON`, or nothing. */
export function looksLike(bytes: Uint8Array): string {
  if (bytes.length === 0) return '; it is empty';
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  if (head[8] === '{') return '; it looks like safetensors';
  if (head.startsWith('\x08') && head[2] === '\x12') return '; it looks like ONNX';
  const found = starts.find(([text]) => head.startsWith(text));
  return found ? `; it looks like ${found[1]}` : '';
}
