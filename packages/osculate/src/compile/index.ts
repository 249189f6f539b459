export { type CompileOptions, compile } from './compile.js';
export { costOf, type GraphCost } from './cost.js';
export { printGraph } from './print.js';
export type { Program } from './program.js';
export { type SplitProgram, splitProgram } from './split.js';
export { verify } from './verify.js';
