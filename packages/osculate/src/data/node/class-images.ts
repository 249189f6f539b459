import { join } from 'node:path';
import { InputError } from '../../tensor/errors.js';
import type { Examples } from './examples.js';
import { readFileBytes } from './read-file-bytes.js';

const pixels = 28 * 28;
const classes = 10;

/** Pixels 0 … 255 of all images of one class, from a file `{"data": [...]}`. */
async function imagesOfClass(path: string, white: number): Promise<Uint8Array> {
  const bytes = await readFileBytes(path, 50_000_000);
  let data: unknown;
  try {
    ({ data } = JSON.parse(new TextDecoder().decode(bytes)) as { data: unknown });
  } catch (cause) {
    throw new InputError(`"${path}" is not JSON with an entry "data"`, { cause });
  }
  // One list of numbers, or one list an image.
  const lists = (Array.isArray(data) && Array.isArray(data[0]) ? data : [data]) as unknown[];
  if (!lists.every(Array.isArray)) throw new InputError(`"${path}": its "data" is not a list of numbers or of images`);
  const levels = new Uint8Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      const value = list[i] as unknown;
      if (typeof value !== 'number' || !(value >= 0 && value <= white)) {
        throw new InputError(`"${path}": pixel ${at} is ${JSON.stringify(value)}, not a number in 0 … ${white}`);
      }
      levels[at++] = Math.round((255 / white) * value);
    }
  }
  if (levels.length === 0 || levels.length % pixels !== 0) {
    throw new InputError(`"${path}" does not hold whole images of 28 × 28 pixels (${levels.length} numbers)`);
  }
  return levels;
}

/**
 * All images of a package that keeps one file a class, `0.json` … `9.json`, class by class: images `[n, 784]` with levels k/255, and
 * their classes. `white` is what the files write for level 255.
 */
export async function classImages(folder: string, white: number): Promise<Examples> {
  const parts: Uint8Array[] = [];
  for (let label = 0; label < classes; label++) parts.push(await imagesOfClass(join(folder, `${label}.json`), white));
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const [x, y] = [new Float32Array(total), new Int32Array(total / pixels)];
  let at = 0;
  parts.forEach((part, label) => {
    for (let i = 0; i < part.length; i++) x[at + i] = part[i]! / 255;
    y.fill(label, at / pixels, (at + part.length) / pixels);
    at += part.length;
  });
  return {
    x: { dtype: 'f32', shape: [y.length, pixels], data: x },
    y: { dtype: 'i32', shape: [y.length], data: y },
  };
}
