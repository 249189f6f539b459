import { checkFunction } from '../tensor/check-value.js';
import { describe } from '../tensor/describe.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { input } from '../tensor/leaf.js';
import { mapTree } from '../tensor/tree.js';
import { batchGraph } from './graph-transforms.js';
import { type ArrayFunction, isTraced, type Traced } from './traced-function.js';
import { likeTree, type TensorTree, tensorsOf } from './trees.js';

function batchSize(tensors: readonly Tensor[]): number {
  const first = tensors[0];
  if (first === undefined) throw new InputError('vmap: there is nothing to map over');
  for (const t of tensors) {
    if (t.rank === 0) throw new ShapeError(`vmap: ${describe(t)} has no axis to map over`);
    if (t.shape[0] !== first.shape[0]) {
      throw new ShapeError(`vmap: the leading axes of ${describe(first)} and ${describe(t)} differ`);
    }
  }
  return first.shape[0]!;
}

/**
 * Maps `f` over the leading axis of its arguments: every result gets that axis in front. `f` is traced once on single
 * elements; what it closes over is shared by the whole batch, and so are arguments whose entry in `axes` is null. Derivatives inside give
 * per-example gradients, `vmap((v) => hvp(loss, params, v))(vs)` gives products with several vectors that share the forward pass.
 * @throws InputError when nothing is mapped over, ShapeError for leading axes that differ.
 * @example
 * const gradient = grad(fn((w, x, y) => w.dot(x).sub(y).square()));
 * await vmap(gradient, [null, 0, 0])([1, 1], [[1, 0], [2, 1]], [0, 0]); // [[2, 0], [12, 6]]
 */
export function vmap<Args extends readonly TensorTree[], R extends TensorTree>(
  f: (...args: Args) => R,
  axes?: readonly (0 | null)[],
): (...args: Args) => R;
export function vmap<A extends readonly TensorTree[], T extends TensorTree>(
  f: Traced<A, T>,
  axes?: readonly (0 | null)[],
): ArrayFunction<A, T>;
export function vmap<Args extends readonly TensorTree[], R extends TensorTree>(
  f: ((...args: Args) => R) | Traced<Args, R>,
  axes: readonly (0 | null)[] = [],
): unknown {
  if (isTraced<Args>(f)) return f.derive(mapped(f.trace, axes), (result) => result);
  return mapped(f, axes);
}

function mapped<Args extends readonly TensorTree[], R extends TensorTree>(
  f: (...args: Args) => R,
  axes: readonly (0 | null)[],
): (...args: Args) => R {
  checkFunction('vmap', f);
  return (...args) => {
    const over = args.filter((_, i) => axes[i] !== null);
    const given = over.flatMap((a) => tensorsOf('vmap', a));
    const size = batchSize(given);
    const element = (t: Tensor): Tensor => input('vmap element', t.dtype, t.shape.slice(1));
    const elements = over.map((a) => mapTree(a as TensorTree, element));
    let next = 0;
    const own = args.map((a, i) => (axes[i] === null ? a : elements[next++]!)) as readonly TensorTree[] as Args;
    const result = f(...own);
    const from = elements.flatMap((a) => tensorsOf('vmap', a));
    const { outputs, batched } = batchGraph(tensorsOf('vmap', result), from, given, size);
    return likeTree(
      result,
      outputs.map((t, i) => (batched[i] ? t : t.expand([size, ...t.shape]))),
    );
  };
}
