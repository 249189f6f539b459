import { zerosLike } from '../ops/shape.js';
import { checkObject } from '../tensor/check-value.js';
import { requireFloat } from '../tensor/describe.js';
import type { Tensor } from '../tensor/ir.js';
import type { Like } from '../tensor/plain.js';
import { type DerivativeOptions, grad, type LinearMap, likeFirst, linearize, zero } from './first-order.js';
import { jvpGraph } from './graph-transforms.js';
import { type ArgumentOf, isTraced, type RestOf, type ScalarFunction, scalarTensor } from './traced-function.js';
import { likeTree, matchingTensors, type TensorTree, tensorsOf, unreachable } from './trees.js';

/**
 * Of a function of arrays: `(x, v, …rest) => ∇²f(x)·v`, with respect to the first argument and in its kind.
 * @example
 * await hvp(fn((x) => x.square().square().sum()))([1, 2], [1, 0]); // [12, 0]
 * const [w, v] = [input('w', 'f64', [2]), input('v', 'f64', [2])];
 * const program = compile({ product: hvp(w.exp().sum(), w, v) }); // of a graph
 */
export function hvp<A extends readonly TensorTree[]>(
  f: ScalarFunction<A>,
): <X extends ArgumentOf<A[0]>>(x: X, v: ArgumentOf<A[0]>, ...rest: RestOf<A>) => Promise<Like<X>>;
/**
 * Hessian-vector product ∇²L·v by forward over reverse: the derivative of the gradient along v (Pearlmutter 1994).
 * Exact. Cost: about two gradients; memory: about twice a gradient's. No matrix is formed.
 */
export function hvp<W extends TensorTree>(loss: Tensor, wrt: W, v: TensorTree, options?: DerivativeOptions): W;
export function hvp(
  loss: Tensor | ScalarFunction,
  wrt?: TensorTree,
  v?: TensorTree,
  options: DerivativeOptions = {},
): unknown {
  if (isTraced(loss)) {
    const product = (x: TensorTree, along: TensorTree, ...rest: TensorTree[]) =>
      hvpOf(scalarTensor('hvp', loss.trace(x, ...rest)), x, along, zero);
    return loss.derive(product, likeFirst);
  }
  return hvpOf(loss, wrt!, v!, options);
}

function hvpOf<W extends TensorTree>(loss: Tensor, wrt: W, v: TensorTree, options: DerivativeOptions): W {
  const xs = tensorsOf('hvp', wrt);
  const gradient = tensorsOf('hvp', grad(loss, wrt, options));
  const moved = jvpGraph(gradient, xs, matchingTensors('hvp', v, xs));
  return likeTree(
    wrt,
    moved.map((t, i) => t ?? zerosLike(xs[i]!)),
  );
}

/** Zero products are right where the loss is linear in the outputs; that no path leads to a parameter is an error. */
function checkReached(map: LinearMap, zs: readonly Tensor[], xs: readonly Tensor[]): void {
  const missed = map.transpose(zs).indexOf(null);
  if (missed >= 0) throw unreachable('ggnvp', zs, xs[missed]!);
}

/**
 * Generalised Gauss-Newton-vector product Jᵀ·H_L·J·v, where `outputs` z are the model's outputs, J = ∂z/∂wrt and
 * H_L = ∂²loss/∂z² with everything but z held fixed (Schraudolph 2002). Positive semi-definite when the loss is convex
 * in z. J·v and Jᵀ·u share one forward pass. Cost: about one forward pass, one JVP and one VJP (less than an HVP).
 * @throws DerivativeError when the loss does not depend on the outputs, or the outputs on a parameter.
 * @example
 * const [w, v] = [input('w', 'f64', [2]), input('v', 'f64', [2])];
 * const outputs = w.square();
 * const program = compile({ product: ggnvp(outputs.square().sum(), outputs, w, v) });
 * (await (await executor.load(program)).run({ w: [1, 2], v: [1, 1] })).product; // [8, 32]
 */
export function ggnvp<W extends TensorTree>(
  loss: Tensor,
  outputs: TensorTree,
  wrt: W,
  v: TensorTree,
  options: DerivativeOptions = {},
): W {
  const xs = tensorsOf('ggnvp', wrt);
  const zs = tensorsOf('ggnvp', outputs);
  requireFloat('ggnvp', loss, ...zs);
  checkObject('ggnvp: the options', options);
  const map = linearize(zs, xs);
  const jv = map.apply(matchingTensors('ggnvp', v, xs));
  const slope = tensorsOf('ggnvp', grad(loss, zs));
  const result = map.transpose(jvpGraph(slope, zs, jv));
  if (options.unreachable !== 'zero' && result.includes(null)) checkReached(map, zs, xs);
  return likeTree(
    wrt,
    result.map((t, i) => t ?? zerosLike(xs[i]!)),
  );
}
