import type { Tensor } from '../tensor/ir.js';

/** x ≠ y elementwise, as booleans, with broadcasting; no derivative. */
export function notEqual(x: Tensor, y: Tensor): Tensor {
  return x.equal(y).logicalNot();
}
