import type { Tensor } from '../tensor/ir.js';

/** A polynomial by Horner's rule, leading coefficient first. */
export function polynomial(x: Tensor, [leading, ...rest]: readonly number[]): Tensor {
  // A leading 1 needs no product.
  const first = leading === 1 ? x : x.mul(leading!);
  return rest.slice(1).reduce((sum, c) => sum.mul(x).add(c), first.add(rest[0]!));
}

/** The same of a number. */
export function polynomialAt(x: number, coefficients: readonly number[]): number {
  return coefficients.reduce((sum, c) => sum * x + c, 0);
}
