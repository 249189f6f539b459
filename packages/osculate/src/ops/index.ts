import './fluent/arrays.js';
import './fluent/elementwise.js';

export { add } from './add.js';
export { expand } from './expand.js';
export { matmul } from './matmul.js';
export { mul } from './mul.js';
export { reshape } from './reshape.js';
export { sum } from './sum.js';
export { tanh } from './tanh.js';
export { transpose } from './transpose.js';
