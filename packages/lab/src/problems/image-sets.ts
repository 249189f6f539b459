import { take } from 'osculate/data';
import { fashionMnist, mnistDigits } from 'osculate/node';
import { once } from './once.js';
import type { Examples } from './problem.js';

/** The sets of 28 × 28 images in ten classes, read on demand. */
export const imageSets = {
  mnist: { load: once(mnistDigits), what: 'digits', title: 'MNIST digits' },
  'fashion-mnist': { load: once(fashionMnist), what: 'pictures', title: 'Fashion-MNIST' },
} as const;

export type ImageSetName = keyof typeof imageSets;

/** The first rows of a set, which is shuffled: all when 0. */
export function firstRows({ x, y }: Examples, count: number): Examples {
  if (count === 0 || count >= x.shape[0]!) return { x, y };
  const rows = Array.from({ length: count }, (_, i) => i);
  return { x: take(x, rows), y: take(y, rows) };
}
