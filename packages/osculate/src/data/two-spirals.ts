import { checkNames, checkOptions, type OptionNames } from '../tensor/check-options.js';
import { type NDArray, ndarray } from '../tensor/ndarray.js';
import { generator } from '../tensor/random.js';

export interface TwoSpiralsOptions {
  /** Deviation of the noise on both coordinates (default 0.02). */
  readonly noise?: number;
  /** The seed of the noise (default 0). */
  readonly seed?: number;
}

const twoSpiralsOptions: OptionNames<TwoSpiralsOptions> = { noise: 1, seed: 1 };

/**
 * Points of two interleaved spirals of one and a half turns in the square [−1, 1]² and which of the two they belong to: a small problem that no linear
 * model solves (Lang and Witbrock 1988). x is f32 `[rows, 2]`, y i32 `[rows]`, alternating.
 * @throws InputError for a number of rows that is not an integer ≥ 1, or a negative noise.
 * @example
 * const run = await fitModel(net, { ...twoSpirals(400), loss: softmaxCrossEntropy() });
 */
export function twoSpirals(rows: number, options: TwoSpiralsOptions = {}): { x: NDArray<'f32'>; y: NDArray<'i32'> } {
  checkNames('twoSpirals', options, twoSpiralsOptions);
  const { noise = 0.02, seed = 0 } = options;
  checkOptions('twoSpirals', { 'an integer ≥ 1': { rows }, 'a finite number ≥ 0': { noise } });
  const random = generator(seed);
  const [x, y] = [new Float32Array(2 * rows), new Int32Array(rows)];
  for (let i = 0; i < rows; i++) {
    const radius = 0.1 + (0.9 * (i - (i % 2))) / rows;
    const angle = 3 * Math.PI * radius + Math.PI * (i % 2);
    x[2 * i] = radius * Math.cos(angle) + noise * random.normal();
    x[2 * i + 1] = radius * Math.sin(angle) + noise * random.normal();
    y[i] = i % 2;
  }
  return { x: ndarray('f32', x, [rows, 2]), y: ndarray('i32', y, [rows]) };
}
