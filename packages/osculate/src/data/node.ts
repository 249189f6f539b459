export { type MnistOptions, mnistDigits } from './node/mnist.js';
export { readFileBytes } from './node/read-file-bytes.js';
export { writeFileAtomic } from './node/write-file-atomic.js';
