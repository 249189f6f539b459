import { isFloat } from './dtype.js';
import { DTypeError } from './errors.js';
import { checkTensor, type Tensor } from './ir.js';

/** How messages name a tensor: `"w" (f32 [3, 4])` for an input, `result of matmul (f32 [3, 4])` for anything else. */
export function describe(t: Tensor): string {
  return t.toString();
}

/** Throws a DTypeError that names both tensors unless all dtypes agree. */
export function sameDType(what: string, ...tensors: readonly Tensor[]): void {
  const first = tensors[0]!;
  for (const t of tensors) {
    if (t.dtype !== first.dtype) {
      throw new DTypeError(
        `${what}: dtypes differ: ${describe(first)} against ${describe(t)}; convert one with cast('${first.dtype}')`,
      );
    }
  }
}

/** Throws a DTypeError unless the tensor is f32 or f64. */
export function requireFloat(what: string, ...tensors: readonly Tensor[]): void {
  for (const t of tensors) {
    checkTensor(what, t);
    if (!isFloat(t.dtype))
      throw new DTypeError(`${what}: needs f32 or f64, got ${describe(t)}; convert it with cast('f32')`);
  }
}
