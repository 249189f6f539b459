import './fluent/arrays.js';
import './fluent/convolution.js';
import './fluent/elementwise.js';

export { where } from './comparison.js';
export { concat, stack } from './concat.js';
export { einsum } from './einsum.js';
export { globalAveragePool } from './pooling/average-pool.js';
export { globalMaxPool } from './pooling/max-pool.js';
export { upsample } from './pooling/upsample.js';
export { scan } from './scan/scan.js';
export { whileLoop } from './while-loop.js';
