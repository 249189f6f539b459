import { grad, jvp, linearize, vmap } from '../../autodiff/index.js';
import { InputError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';

/**
 * Whose cotangents the factors are made of. `sampled`: the loss has targets drawn from the model (`Loss.sample`), which estimates the
 * true Fisher matrix, equal to the Gauss-Newton matrix. `exact`: the Gauss-Newton matrix itself, at the cost of two backward passes
 * for every output of an example. `empirical`: the loss has the data's targets, which gives the empirical Fisher matrix: another matrix.
 */
export type FactorEstimate = 'sampled' | 'exact' | 'empirical';

/** Vectors u and w (in stacks of `count`) by some tensors with Σ u·wᵀ = the curvature matrix of the mean loss. */
export interface Cotangents {
  readonly left: readonly Tensor[];
  readonly right: readonly Tensor[];
}

/** √m·∇ of a loss that is a sum over examples divided by m: (1/m)·Σ ∇nll·∇nllᵀ. */
function slopes(loss: Tensor, wrt: readonly Tensor[], normalizer: number): Cotangents {
  const scaled = grad(loss, [...wrt], { unreachable: 'zero' }).map((g) => g.mul(Math.sqrt(normalizer)));
  return { left: scaled, right: scaled };
}

/** Unit vectors of the outputs as a constant [count, …outputs]. */
function units(outputs: Tensor, count: number): Tensor {
  const data = new Float64Array(count * count);
  for (let i = 0; i < count; i++) data[i * (count + 1)] = 1;
  const one = constant(ndarray(outputs.dtype as 'f64', data, [count, count]));
  if (count === outputs.size) return one.reshape([count, ...outputs.shape]);
  const [examples = 1, ...rest] = outputs.shape;
  return one.reshape([count, 1, ...rest]).expand([count, examples, ...rest]);
}

/** Jᵀ·e and Jᵀ·H·e for unit vectors e of the outputs of an example (or of all outputs, for `each`): Σ Jᵀe·(JᵀHe)ᵀ = JᵀHJ. */
function propagated(loss: Tensor, outputs: Tensor, wrt: readonly Tensor[], each: boolean): Cotangents {
  const count = each ? outputs.size : outputs.size / (outputs.shape[0] ?? 1);
  const map = linearize([outputs], wrt);
  const slope = grad(loss, outputs, { unreachable: 'zero' });
  const back = (u: Tensor): Tensor[] => map.transpose([u]).map((t, i) => t ?? wrt[i]!.mul(0));
  const rows = vmap((e: Tensor) => ({ left: back(e), right: back(jvp(slope, outputs, e)) }))(units(outputs, count));
  return rows as { left: Tensor[]; right: Tensor[] };
}

/** Cotangents of `wrt`, one stack for all examples together. The examples must not depend on each other. */
export function cotangents(
  estimate: FactorEstimate,
  loss: Tensor,
  outputs: Tensor,
  wrt: readonly Tensor[],
  normalizer: number,
): Cotangents {
  if (wrt.length === 0) return { left: [], right: [] };
  return estimate === 'exact' ? propagated(loss, outputs, wrt, false) : slopes(loss, wrt, normalizer);
}

/**
 * The diagonal of the curvature matrix by `wrt`. With sampled targets gradients of different examples are independent with mean
 * zero, so that m·(∇ mean loss)² has the diagonal as its expectation: no gradient of a single example is needed.
 */
export function diagonals(
  estimate: FactorEstimate,
  loss: Tensor,
  outputs: Tensor,
  wrt: readonly Tensor[],
  normalizer: number,
): Tensor[] {
  if (wrt.length === 0) return [];
  if (estimate === 'empirical') {
    throw new InputError(
      `kroneckerFactors: the empirical Fisher's diagonal of ${wrt.length} parameters without a Kronecker block would need the gradient of every example; use 'sampled' or 'exact'`,
    );
  }
  if (estimate === 'sampled') return slopes(loss, wrt, normalizer).left.map((g) => g.mul(g).reshape([g.size]));
  const { left, right } = propagated(loss, outputs, wrt, true);
  return left.map((l, i) => l.mul(right[i]!).sum([0]).reshape([wrt[i]!.size]));
}
