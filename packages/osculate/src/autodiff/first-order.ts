import { zerosLike } from '../ops/shape.js';
import { checkObject } from '../tensor/check-value.js';
import { describe, requireFloat } from '../tensor/describe.js';
import { ShapeError } from '../tensor/errors.js';
import { checkTensors, type Tensor } from '../tensor/ir.js';
import { full, input } from '../tensor/leaf.js';
import { type Like, likeInput } from '../tensor/plain.js';
import { substitute } from '../tensor/substitute.js';
import { checkTangent, jvpGraph, transposeGraph } from './graph-transforms.js';
import {
  type ArgumentOf,
  type ArraysOf,
  type GradientFunction,
  isTraced,
  type Present,
  type RestOf,
  type ScalarFunction,
  scalarTensor,
  type Traced,
} from './traced-function.js';
import { likeTree, matchingTensors, type TensorTree, tensorsOf, unreachable } from './trees.js';

export interface DerivativeOptions {
  /** What to do where the result does not depend on a parameter: throw a DerivativeError (default), or give zeros. */
  readonly unreachable?: 'error' | 'zero';
}

/** A linear map v ↦ J·v at a point, as a graph over placeholders, and its transpose. */
export interface LinearMap {
  /** J·v for tangents of the parameters (null: zero). */
  apply(tangents: readonly (Tensor | null)[]): (Tensor | null)[];
  /** Jᵀ·u for cotangents of the outputs (null: zero). */
  transpose(cotangents: readonly (Tensor | null)[]): (Tensor | null)[];
}

function checkCount(given: readonly (Tensor | null)[], like: readonly Tensor[]): void {
  if (given.length === like.length) return;
  throw new ShapeError(`linearize: got ${given.length} tensors for ${like.length} (${like.map(describe).join(', ')})`);
}

/**
 * Linearises `outputs` at the current point: the JVP graph with placeholders for the tangents. The primal nodes are
 * shared with the original graph, so that J·v and Jᵀ·u cost one linear pass each.
 * @example
 * const x = input('x', 'f64', [2]);
 * const [y] = linearize([x.square()], [x]).apply([constant([1, 0], 'f64')]); // 2x·v
 */
export function linearize(outputs: readonly Tensor[], wrt: readonly Tensor[]): LinearMap {
  checkTensors('linearize', outputs);
  checkTensors('linearize', wrt);
  requireFloat('linearize', ...wrt);
  const tangents = wrt.map((x, i) => input(`tangent ${i}`, x.dtype, x.shape));
  const moved = jvpGraph(outputs, wrt, tangents);
  return {
    apply: (values) => {
      checkCount(values, wrt);
      values.forEach((v, i) => {
        checkTangent('linearize', wrt[i]!, v);
      });
      const given = values.map((v, i) => v ?? zerosLike(tangents[i]!));
      const present = moved.filter((t) => t !== null);
      const results = substitute(present, tangents, given);
      let next = 0;
      return moved.map((t) => (t === null ? null : results[next++]!));
    },
    transpose: (cotangents) => {
      checkCount(cotangents, outputs);
      return transposeGraph(moved, tangents, cotangents);
    },
  };
}

/**
 * Of a function: `(x, v, …rest) => J(x)·v`, with respect to the first argument.
 * @example
 * const f = vectorFn((x) => x.square());
 * await jvp(f)([1, 3], [1, 1]); // [2, 6]
 */
export function jvp<A extends readonly TensorTree[], T extends TensorTree>(
  f: Traced<A, T>,
): (x: ArgumentOf<A[0]>, v: ArgumentOf<A[0]>, ...rest: RestOf<A>) => Promise<ArraysOf<T>>;
/**
 * Jacobian-vector product (forward mode): the derivative of `outputs` along `tangents` of `wrt`.
 * Cost: about one evaluation of the outputs.
 * @throws ShapeError when a tangent does not match its parameter; both are named.
 */
export function jvp<O extends TensorTree>(outputs: O, wrt: TensorTree, tangents: TensorTree): O;
export function jvp(outputs: TensorTree | Traced, wrt?: TensorTree, tangents?: TensorTree): unknown {
  if (isTraced(outputs)) {
    const along = (x: TensorTree, v: TensorTree, ...rest: TensorTree[]) => jvpOf(outputs.trace(x, ...rest), x, v);
    return outputs.derive(along, (result) => result);
  }
  return jvpOf(outputs, wrt!, tangents!);
}

function jvpOf<O extends TensorTree>(outputs: O, wrt: TensorTree, tangents: TensorTree): O {
  const xs = tensorsOf('jvp', wrt);
  requireFloat('jvp', ...xs);
  const ys = tensorsOf('jvp', outputs);
  const moved = jvpGraph(ys, xs, matchingTensors('jvp', tangents, xs));
  return likeTree(
    outputs,
    moved.map((t, i) => t ?? zerosLike(ys[i]!)),
  );
}

function pullBack<W extends TensorTree>(
  what: string,
  ys: readonly Tensor[],
  wrt: W,
  cotangents: readonly Tensor[],
  options: DerivativeOptions,
): W {
  checkObject(`${what}: the options`, options);
  const xs = tensorsOf(what, wrt);
  requireFloat(what, ...ys, ...xs);
  const result = linearize(ys, xs).transpose(cotangents);
  return likeTree(
    wrt,
    result.map((g, i) => {
      if (g !== null) return g;
      if (options.unreachable !== 'zero') throw unreachable(what, ys, xs[i]!);
      return zerosLike(xs[i]!);
    }),
  );
}

/**
 * Of a function: `(x, u, …rest) => J(x)ᵀ·u`, with respect to the first argument and in its kind.
 * @example
 * const f = vectorFn((x) => x.square());
 * await vjp(f)([1, 3], [0, 1]); // [0, 6]
 */
export function vjp<A extends readonly TensorTree[], T extends TensorTree>(
  f: Traced<A, T>,
): <X extends ArgumentOf<A[0]>>(x: X, u: ArgumentOf<T>, ...rest: RestOf<A>) => Promise<Like<X>>;
/**
 * Vector-Jacobian product (reverse mode): Jᵀ·u for `cotangents` u of `outputs`, in the nesting of `wrt`.
 * Cost: about two evaluations of the outputs (linearise, then transpose).
 * @throws DerivativeError when a parameter is not reached, unless `unreachable` is 'zero'.
 */
export function vjp<W extends TensorTree>(
  outputs: TensorTree,
  wrt: W,
  cotangents: TensorTree,
  options?: DerivativeOptions,
): W;
export function vjp(
  outputs: TensorTree | Traced,
  wrt?: TensorTree,
  cotangents?: TensorTree,
  options: DerivativeOptions = {},
): unknown {
  if (isTraced(outputs)) {
    const back = (x: TensorTree, u: TensorTree, ...rest: TensorTree[]) => vjp(outputs.trace(x, ...rest), x, u, zero);
    return outputs.derive(back, likeFirst);
  }
  const ys = tensorsOf('vjp', outputs);
  return pullBack('vjp', ys, wrt!, matchingTensors('vjp', cotangents!, ys), options);
}

/** A function of numbers has no use for an error where its derivative is zero. */
export const zero: DerivativeOptions = { unreachable: 'zero' };

/** A result in the kind of the first argument. */
export const likeFirst: Present = (result, [x]) => likeInput(result, x);

/**
 * Of a function of arrays: its gradient with respect to the first argument, as another function.
 * @example
 * await grad(fn((x) => x.square().sum()))([1, 3]); // [2, 6]
 * const w = input('w', 'f64', [2]);
 * const program = compile({ gradient: grad(w.square().sum(), w) }); // of a graph
 */
export function grad<A extends readonly TensorTree[]>(f: ScalarFunction<A>): GradientFunction<A>;
/**
 * Gradient of a scalar `loss` with respect to `wrt`, in its nesting. Cost: about two evaluations of the loss beside the loss itself.
 * @throws ShapeError when the loss is not a scalar; DerivativeError when a parameter is not reached.
 */
export function grad<W extends TensorTree>(loss: Tensor, wrt: W, options?: DerivativeOptions): W;
export function grad(loss: Tensor | ScalarFunction, wrt?: TensorTree, options: DerivativeOptions = {}): unknown {
  if (isTraced(loss)) {
    const slope = (x: TensorTree, ...rest: TensorTree[]) => grad(scalarTensor('grad', loss.trace(x, ...rest)), x, zero);
    return loss.derive(slope, likeFirst);
  }
  return gradOf(loss, wrt!, options);
}

function gradOf<W extends TensorTree>(loss: Tensor, wrt: W, options: DerivativeOptions): W {
  requireFloat('grad', loss);
  if (loss.rank !== 0)
    throw new ShapeError(`grad: the loss must be a scalar, got ${describe(loss)}; reduce it with mean() or sum()`);
  return pullBack('grad', [loss], wrt, [full(1, loss.dtype)], options);
}

/**
 * Of a function of arrays: f(x) and its gradient with respect to the first argument, from one evaluation.
 * @example
 * const { value, gradient } = await valueAndGrad(fn((x) => x.square().sum()))([1, 3]);
 * value; // 10
 * gradient; // [2, 6]
 */
export function valueAndGrad<A extends readonly TensorTree[]>(
  f: ScalarFunction<A>,
): <X extends ArgumentOf<A[0]>>(x: X, ...rest: RestOf<A>) => Promise<{ value: number; gradient: Like<X> }>;
/** The loss and its gradient, which share the forward pass when compiled into one program. */
export function valueAndGrad<W extends TensorTree>(
  loss: Tensor,
  wrt: W,
  options?: DerivativeOptions,
): { value: Tensor; gradient: W };
export function valueAndGrad(
  loss: Tensor | ScalarFunction,
  wrt?: TensorTree,
  options: DerivativeOptions = {},
): unknown {
  if (isTraced(loss)) {
    const both = (x: TensorTree, ...rest: TensorTree[]) =>
      valueAndGrad(scalarTensor('valueAndGrad', loss.trace(x, ...rest)), x, zero);
    return loss.derive(both, (result, [x]) => likeInput(result, { value: 0, gradient: x }));
  }
  return { value: loss, gradient: gradOf(loss, wrt!, options) };
}
