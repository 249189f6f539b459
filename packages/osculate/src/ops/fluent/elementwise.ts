import { add } from '../add.js';
import { mul } from '../mul.js';
import { tanh } from '../tanh.js';
import { type BinaryMethods, defineBinary, defineUnary, type UnaryMethods } from './define.js';

const unary = { tanh };
const binary = { add, mul };

declare module '../../tensor/ir.js' {
  interface Tensor extends UnaryMethods<typeof unary>, BinaryMethods<typeof binary> {}
}

defineUnary(unary);
defineBinary(binary);
