import { checkNames } from '../../tensor/check-options.js';
import { describe } from '../../tensor/describe.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';
import { checkSizes } from '../check.js';
import type { Layer } from '../layer.js';
import { type DenseParameters, dense } from './dense.js';

export interface AttentionOptions {
  /** Each position attends to itself and earlier ones only. */
  readonly causal?: boolean;
  /** Biases of the four projections (default true). */
  readonly bias?: boolean;
}

export type AttentionParameters = {
  readonly query: DenseParameters;
  readonly key: DenseParameters;
  readonly value: DenseParameters;
  readonly output: DenseParameters;
};

/** Large enough that exp underflows to 0 after the softmax's shift, small enough to stay finite in f32. */
const masked = -1e30;

function causalMask(length: number, dtype: 'f32' | 'f64'): Tensor {
  const data = new Float64Array(length * length);
  for (let i = 0; i < length; i++) data.fill(masked, i * length + i + 1, (i + 1) * length);
  return constant(ndarray(dtype, data, [length, length]));
}

/**
 * Scaled dot-product attention softmax(Q·Kᵀ/√d)·V (Vaswani et al. 2017): q, k, v are `[…, time, d]`; memory time² per head.
 * @example
 * const [q, k, v] = [0, 1, 2].map((i) => input(`qkv.${i}`, 'f32', [8, 16, 64]));
 * attention(q!, k!, v!, true).shape; // [8, 16, 64]
 */
export function attention(q: Tensor, k: Tensor, v: Tensor, causal = false): Tensor {
  const d = q.shape.at(-1)!;
  const scores = q.mul(1 / Math.sqrt(d)).product(k, false, true);
  const seen = causal ? scores.add(causalMask(q.shape.at(-2)!, q.dtype as 'f32' | 'f64')) : scores;
  return seen.softmax(-1).product(v);
}

/**
 * Multi-head self-attention: `[batch, time, size]` → the same; `size` must be a multiple of `heads`.
 * @example
 * const layer = residual(multiHeadAttention(64, 4, { causal: true }));
 */
export function multiHeadAttention(
  size: number,
  heads: number,
  options: AttentionOptions = {},
): Layer<AttentionParameters> {
  checkSizes('multiHeadAttention', { size, heads });
  checkNames<AttentionOptions>('multiHeadAttention', options, { causal: 1, bias: 1 });
  if (size % heads !== 0) throw new InputError(`multiHeadAttention: size ${size} is not a multiple of ${heads} heads`);
  const projection = dense(size, size, { bias: options.bias ?? true });
  return {
    label: `multiHeadAttention(${size}, ${heads})`,
    init: (generator, dtype = 'f32') => ({
      query: projection.init(generator, dtype),
      key: projection.init(generator, dtype),
      value: projection.init(generator, dtype),
      output: projection.init(generator, dtype),
    }),
    apply: (weights, x) => {
      if (x.rank !== 3 || x.shape[2] !== size) {
        throw new ShapeError(
          `multiHeadAttention(${size}, ${heads}): needs input [batch, time, ${size}], got ${describe(x)}`,
        );
      }
      const [batch, time] = x.shape as [number, number, number];
      const split = (t: Tensor): Tensor => t.reshape([batch, time, heads, size / heads]).transpose([0, 2, 1, 3]);
      const [q, k, v] = (['query', 'key', 'value'] as const).map((name) => split(projection.apply(weights[name], x)));
      const mixed = attention(q!, k!, v!, options.causal).transpose([0, 2, 1, 3]).reshape([batch, time, size]);
      return projection.apply(weights.output, mixed);
    },
  };
}
