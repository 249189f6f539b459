export type { ImageSet, ImageSetOptions } from './node/examples.js';
export { fashionMnist } from './node/fashion-mnist.js';
export { type FieldFile, fileSource } from './node/file-source.js';
export { mnistDigits } from './node/mnist.js';
export { mobyDick, type TextOptions, type TextSet } from './node/moby-dick.js';
export { readFileBytes } from './node/read-file-bytes.js';
export { writeFileAtomic } from './node/write-file-atomic.js';
