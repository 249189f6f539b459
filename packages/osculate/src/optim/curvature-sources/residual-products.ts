import { flatten, jvp, unflatten, vjp } from '../../autodiff/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { input } from '../../tensor/leaf.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { leaves } from '../../tensor/tree.js';
import type { BatchGraph, Objective, Vector } from '../objective.js';
import { allRows } from '../optimizer.js';
import { chunks } from '../program-objective.js';
import { dot, scaled, unitRoundoff } from '../vector.js';
import { requireResiduals } from './require-residuals.js';

/** A sum of squares f = Σ rᵢ² at a point, with J = ∂r/∂θ as two products. */
export interface ResidualProducts {
  readonly value: number;
  /** ∇f = 2·Jᵀr. */
  readonly gradient: Float64Array;
  readonly residuals: Float64Array;
  /** Relative accuracy of the products. */
  readonly roundoff: number;
  /** v ↦ J·v. Cost: about one evaluation of the residuals. */
  apply(v: Float64Array): Promise<Float64Array>;
  /** u ↦ Jᵀ·u. Cost: about one gradient. */
  applyTranspose(u: Float64Array): Promise<Float64Array>;
}

const weightsOf = (batch: BatchGraph): Tensor[] => leaves(batch.weights).map(([, t]) => t);

const residualGraph = (batch: BatchGraph) => ({ result: flatten([requireResiduals(batch)]) });

const forwardGraph = (batch: BatchGraph) => {
  const [residuals, weights] = [requireResiduals(batch), weightsOf(batch)];
  const { dtype } = residuals;
  const v = input('direction', dtype, [weights.reduce((n, w) => n + w.size, 0)]);
  return { result: flatten([jvp(residuals, weights, unflatten(v, weights))]) };
};

const backwardGraph = (batch: BatchGraph) => {
  const residuals = requireResiduals(batch);
  const u = input('cotangent', residuals.dtype, [residuals.size]);
  return { result: flatten(vjp(residuals, weightsOf(batch), u.reshape(residuals.shape))) };
};

/** A feed of the objective's dtype. */
function feed({ layout: { dtype } }: Objective, v: Float64Array): NDArray {
  return { dtype, shape: [v.length], data: dtype === 'f32' ? new Float32Array(v) : v } as NDArray;
}

/**
 * Residuals at a point over all rows and the products with their Jacobian as compiled programs, scaled so that f = Σ rᵢ² is the
 * objective; a weight decay adds one residual a variable. Chunks of rows are joined in float64. No matrix is formed.
 * @throws InputError when the objective is no sum of squares.
 */
export async function residualProducts(objective: Objective, at: Vector): Promise<ResidualProducts> {
  const parts = Array.from(chunks(allRows(objective.rows), objective.chunk), (rows) => ({
    rows,
    scale: Math.sqrt(rows.length / objective.rows),
  }));
  const decay = Math.sqrt(objective.weightDecay / 2);
  const point = objective.at(at);
  const joined = async (name: string, build: typeof residualGraph, of: ArrayLike<number>, feeds = {}) => {
    const out: Float64Array[] = [];
    for (const { rows, scale } of parts) {
      const { result } = await point.run(name, build, rows, feeds);
      out.push(scaled(result!.data as Vector, scale));
    }
    if (decay > 0) out.push(scaled(of, decay));
    return concatenated(out);
  };
  const residuals = await joined('residuals', residualGraph, at);
  const data = decay > 0 ? residuals.length - objective.layout.size : residuals.length;
  const applyTranspose = async (u: Float64Array): Promise<Float64Array> => {
    const sum = decay > 0 ? scaled(u.subarray(data), decay) : new Float64Array(objective.layout.size);
    const perRow = data / objective.rows;
    let from = 0;
    for (const { rows, scale } of parts) {
      const cotangent = feed(objective, scaled(u.subarray(from, from + perRow * rows.length), scale));
      const { result } = await point.run('residual vjp', backwardGraph, rows, { cotangent });
      const part = result!.data as Vector;
      for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
      from += perRow * rows.length;
    }
    return sum;
  };
  return {
    value: dot(residuals, residuals),
    gradient: scaled(await applyTranspose(residuals), 2),
    residuals,
    roundoff: unitRoundoff(objective.layout.dtype),
    apply: (v) => joined('residual jvp', forwardGraph, v, { direction: feed(objective, v) }),
    applyTranspose,
  };
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
