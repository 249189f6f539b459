export { compile } from './compile.js';
export { costOf, type GraphCost } from './cost.js';
export { printGraph } from './print.js';
export type { Program } from './program.js';
export { splitProgram } from './split.js';
export { verify } from './verify.js';
