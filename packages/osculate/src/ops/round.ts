import { apply1, type Tensor } from '../tensor/ir.js';
import { noAttrs, unaryOp } from './elementwise.js';

function halfToEven(x: number): number {
  const near = Math.round(x);
  return Math.abs(x % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

export const roundOp = unaryOp('round', {
  scalar: { fn: halfToEven },
  onnx: 'Round',
});

/** The nearest integer, halves to the even one; no derivative. */
export function round(x: Tensor): Tensor {
  return apply1(roundOp, [x], noAttrs);
}
