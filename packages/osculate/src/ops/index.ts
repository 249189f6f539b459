import './fluent/arrays.js';
import './fluent/elementwise.js';

export { add } from './add.js';
export { expand } from './expand.js';
export { matmul } from './matmul.js';
export { mul } from './mul.js';
export { reshape } from './reshape.js';
export { type ScanOptions, type ScanStep, scan } from './scan.js';
export { sum } from './sum.js';
export { tanh } from './tanh.js';
export { transpose } from './transpose.js';
