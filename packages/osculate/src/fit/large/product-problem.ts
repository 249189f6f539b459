import { jvp, vjp } from '../../autodiff/index.js';
import { dependents, topological } from '../../tensor/graph.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import { substitute } from '../../tensor/substitute.js';
import { callUser } from '../checks.js';
import { lazily, remembering, type Slot } from '../residuals/traced.js';
import { flatResiduals } from '../residuals/traced-residuals.js';

/** Residuals and the products of their Jacobian at one point at a time. */
export interface ProductProblem {
  readonly size: number;
  readonly parameters: number;
  /** r(p). */
  evaluate(at: Float64Array, residuals: Float64Array): void;
  /** Fixes the point of the products. */
  linearize(at: Float64Array): void;
  /** J·v. */
  apply(v: Float64Array, result: Float64Array): void;
  /** Jᵀ·u. */
  applyTranspose(u: Float64Array, result: Float64Array): void;
}

/**
 * What `products` need of the point: the tensors that depend on `point` alone among those read where the directions come in. A broadcast
 * counts as what it broadcasts.
 */
function savedTensors(products: readonly Tensor[], directions: readonly Tensor[], point: Tensor): Tensor[] {
  const moving = dependents(products, directions);
  const fixed = dependents(products, [point]);
  const saved = new Set<Tensor>();
  for (const node of topological(products)) {
    if (!node.inputs.some((t) => moving.has(t))) continue;
    for (let t of node.inputs) {
      if (moving.has(t) || !fixed.has(t)) continue;
      while (t.node.op.name === 'expand') t = t.node.inputs[0]!;
      if (t.dtype === 'f64' && t !== point) saved.add(t);
    }
  }
  return [...saved];
}

/** Traces r(p) and compiles it, the part of its derivatives that only the point decides, and the products that use that part. */
function build(f: (parameters: Tensor) => Tensor, n: number): ProductProblem {
  const point = input('parameters', 'f64', [n]);
  const residuals = flatResiduals(
    'largeLeastSquares',
    callUser('largeLeastSquares', `a tensor of ${n} parameters`, () => f(point)),
  );
  const m = residuals.size;
  const [tangent, cotangent] = [input('tangent', 'f64', [n]), input('cotangent', 'f64', [m])];
  const products = [jvp(residuals, point, tangent), vjp(residuals, point, cotangent, { unreachable: 'zero' })] as const;
  const saved = savedTensors(products, [tangent, cotangent], point);
  const names = saved.map((t, i) => input(`saved ${i}`, 'f64', t.shape));
  const slots = names.map((t): Slot => [t, new Float64Array(t.size)]);
  const [forward, backward] = substitute(products, saved, names) as [Tensor, Tensor];
  // The point of the residuals is not that of the products, which stays while trial points are evaluated.
  const [trial, at]: [Slot, Slot] = [
    [point, new Float64Array(n)],
    [point, new Float64Array(n)],
  ];
  const [v, u] = [new Float64Array(n), new Float64Array(m)];
  const [values, image, preimage] = [new Float64Array(m), new Float64Array(m), new Float64Array(n)];
  const evaluate = lazily([trial], () => [[residuals, values]]);
  const fillSaved = lazily([at], () => saved.map((t, i): Slot => [t, slots[i]![1]]));
  const applyForward = lazily([at, ...slots, [tangent, v]], () => [[forward, image]]);
  const applyBackward = lazily([at, ...slots, [cotangent, u]], () => [[backward, preimage]]);
  return {
    size: m,
    parameters: n,
    evaluate: (x, result) => {
      trial[1].set(x);
      evaluate();
      result.set(values);
    },
    linearize: (x) => {
      at[1].set(x);
      if (saved.length > 0) fillSaved();
    },
    apply: (direction, result) => {
      v.set(direction);
      applyForward();
      result.set(image);
    },
    applyTranspose: (direction, result) => {
      u.set(direction);
      applyBackward();
      result.set(preimage);
    },
  };
}

const known = remembering<(parameters: Tensor) => Tensor, ProductProblem>();

/** The problem of a traced function of a vector of n, traced and compiled at its first use. No m×n array is ever made. */
export function productProblem(f: (parameters: Tensor) => Tensor, n: number): ProductProblem {
  return known(f, String(n), () => build(f, n));
}
