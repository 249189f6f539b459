import { concat } from '../ops/concat.js';
import { zerosLike } from '../ops/shape.js';
import { describe, requireFloat } from '../tensor/describe.js';
import type { DType } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { constant } from '../tensor/leaf.js';
import { ndarray } from '../tensor/ndarray.js';
import { type DerivativeOptions, grad, linearize, zero } from './first-order.js';
import { jvpGraph } from './graph-transforms.js';
import {
  type ArrayFunction,
  isTraced,
  type ScalarFunction,
  scalarTensor,
  soleTensor,
  type Traced,
} from './traced-function.js';
import { type TensorTree, tensorsOf } from './trees.js';
import { vmap } from './vmap.js';

/** The largest number of elements of a dense derivative matrix that is made without complaint: 2^26, half a GiB in f64. */
const largest = 67_108_864;

function identity(n: number, dtype: DType): Tensor {
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return constant(ndarray(dtype, data, [n, n]));
}

/** One vector of all elements, leaf after leaf. */
export function flatten(tensors: readonly Tensor[]): Tensor {
  const flat = tensors.map((t) => t.reshape([t.size]));
  return flat.length === 1 ? flat[0]! : concat(flat, 0);
}

/** The pieces of a flat vector in the shapes of `like`. */
export function unflatten(flat: Tensor, like: readonly Tensor[]): Tensor[] {
  if (like.length === 1) return [flat.reshape(like[0]!.shape)];
  let offset = 0;
  return like.map((t) => {
    const piece = flat.slice([offset], [offset + t.size]);
    offset += t.size;
    return piece.reshape(t.shape);
  });
}

function checkSize(what: string, rows: number, columns: number): void {
  if (rows * columns > largest) {
    throw new InputError(
      `${what}: a dense ${rows} x ${columns} matrix is too large; use products (jvp, vjp, hvp, ggnvp) instead`,
    );
  }
}

/**
 * Of a function of arrays: its Jacobian with respect to the first argument, as another function.
 * @example
 * const f = vectorFn((x) => x.square());
 * await jacobian(f)([1, 3]); // [2, 0, 0, 6]
 */
export function jacobian<A extends readonly TensorTree[]>(f: Traced<A, Tensor>): ArrayFunction<A, Tensor>;
/**
 * Dense Jacobian of `y` with respect to `wrt`: shape `[...y.shape, ...x.shape]` for a single tensor x, `[...y.shape, n]`
 * for a tree of n elements in all (leaf after leaf). By forward mode over n unit vectors, or reverse mode over y's
 * elements, whichever is fewer; all share one forward pass. Memory: y.size × n.
 */
export function jacobian(y: Tensor, wrt: TensorTree): Tensor;
export function jacobian(y: Tensor | Traced, wrt?: TensorTree): unknown {
  if (isTraced(y)) {
    const dense = (x: TensorTree, ...rest: TensorTree[]) => jacobianOf(soleTensor('jacobian', y.trace(x, ...rest)), x);
    return y.derive(dense, (result) => result);
  }
  return jacobianOf(y, wrt!);
}

function jacobianOf(y: Tensor, wrt: TensorTree): Tensor {
  requireFloat('jacobian', y);
  const xs = tensorsOf('jacobian', wrt);
  const n = xs.reduce((sum, x) => sum + x.size, 0);
  checkSize(`jacobian of ${describe(y)}`, y.size, n);
  const map = linearize([y], xs);
  const matrix =
    n <= y.size
      ? vmap((v: Tensor) => (map.apply(unflatten(v, xs))[0] ?? zerosLike(y)).reshape([y.size]))(
          identity(n, y.dtype),
        ).transpose()
      : vmap((u: Tensor) => flatten(map.transpose([u.reshape(y.shape)]).map((g, i) => g ?? zerosLike(xs[i]!))))(
          identity(y.size, y.dtype),
        );
  const single = xs.length === 1 && wrt === (xs[0] as TensorTree);
  return matrix.reshape([...y.shape, ...(single ? xs[0]!.shape : [n])]);
}

/**
 * Of a function of arrays: its dense Hessian with respect to the first argument, as another function.
 * @example
 * const f = fn((x) => x.square().sum());
 * await hessian(f)([1, 3]); // [2, 0, 0, 2]
 */
export function hessian<A extends readonly TensorTree[]>(f: ScalarFunction<A>): ArrayFunction<A, Tensor>;
/**
 * Dense Hessian of a scalar loss over all n elements of `wrt`, leaf after leaf: shape `[n, n]`, row i the derivative of
 * gradient element i. For small n: n Hessian-vector products in one batch that shares the forward and the backward pass.
 */
export function hessian(loss: Tensor, wrt: TensorTree, options?: DerivativeOptions): Tensor;
export function hessian(loss: Tensor | ScalarFunction, wrt?: TensorTree, options: DerivativeOptions = {}): unknown {
  if (isTraced(loss)) {
    const dense = (x: TensorTree, ...rest: TensorTree[]) =>
      hessianOf(scalarTensor('hessian', loss.trace(x, ...rest)), x, zero);
    return loss.derive(dense, (result) => result);
  }
  return hessianOf(loss, wrt!, options);
}

function hessianOf(loss: Tensor, wrt: TensorTree, options: DerivativeOptions): Tensor {
  const xs = tensorsOf('hessian', wrt);
  const n = xs.reduce((sum, x) => sum + x.size, 0);
  checkSize('hessian', n, n);
  const gradient = grad(loss, xs, options);
  return vmap((v: Tensor) => flatten(jvpGraph(gradient, xs, unflatten(v, xs)).map((t, i) => t ?? zerosLike(xs[i]!))))(
    identity(n, loss.dtype),
  );
}

/**
 * Dense generalised Gauss-Newton matrix Jᵀ·H_L·J, `[n, n]`, in the same order as `hessian`. For small n.
 * @example
 * const w = input('w', 'f64', [2]);
 * const outputs = w.square();
 * const matrix = ggn(outputs.square().sum(), outputs, w); // 2·JᵀJ = diag(8 w²)
 */
export function ggn(loss: Tensor, outputs: TensorTree, wrt: TensorTree): Tensor {
  requireFloat('ggn', loss);
  const xs = tensorsOf('ggn', wrt);
  const zs = tensorsOf('ggn', outputs);
  const n = xs.reduce((sum, x) => sum + x.size, 0);
  checkSize('ggn', n, n);
  const map = linearize(zs, xs);
  const slope = grad(loss, zs);
  return vmap((v: Tensor) => {
    const product = map.transpose(jvpGraph(slope, zs, map.apply(unflatten(v, xs))));
    return flatten(product.map((t, i) => t ?? zerosLike(xs[i]!)));
  })(identity(n, loss.dtype));
}
