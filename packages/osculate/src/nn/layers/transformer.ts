import { checkNames } from '../../tensor/check-options.js';
import { checkChoice, checkSizes } from '../check.js';
import type { Layer } from '../layer.js';
import { type AttentionParameters, multiHeadAttention } from './attention.js';
import { type DenseParameters, dense } from './dense.js';
import { layerNorm, type NormParameters } from './normalization.js';
import { type ActivationName, activationNames, dropout } from './simple.js';

export interface TransformerBlockOptions {
  /** Width of the feed-forward part (default 4·size). */
  readonly hidden?: number;
  /** Between the two layers of the feed-forward part (default gelu). */
  readonly activation?: ActivationName;
  /** Each position attends to itself and earlier ones only. */
  readonly causal?: boolean;
  /** `pre` (default): x + f(norm(x)); `post`: norm(x + f(x)), as in the original paper. */
  readonly norm?: 'pre' | 'post';
  /** Dropout after the attention and after the feed-forward part. */
  readonly dropout?: number;
}

export type TransformerBlockParameters = {
  readonly norm1: NormParameters;
  readonly attention: AttentionParameters;
  readonly norm2: NormParameters;
  readonly up: DenseParameters;
  readonly down: DenseParameters;
};

/**
 * Self-attention and a two-layer perceptron, each with a residual path and layer normalisation (Vaswani et al. 2017).
 * @example
 * const net = sequential([embedding(65, 32), positions(16, 32), transformerBlock(32, 4, { causal: true }), dense(32, 65)]);
 */
export function transformerBlock(
  size: number,
  heads: number,
  options: TransformerBlockOptions = {},
): Layer<TransformerBlockParameters> {
  checkNames<TransformerBlockOptions>('transformerBlock', options, {
    hidden: 1,
    activation: 1,
    causal: 1,
    norm: 1,
    dropout: 1,
  });
  checkChoice('transformerBlock: activation', options.activation, activationNames);
  checkChoice('transformerBlock: norm', options.norm, ['pre', 'post']);
  checkSizes('transformerBlock', { size, heads });
  const hidden = options.hidden === undefined ? 4 * size : options.hidden;
  const mix = multiHeadAttention(size, heads, { causal: options.causal ?? false });
  const [up, down, norm] = [dense(size, hidden), dense(hidden, size), layerNorm(size)];
  const drop = dropout(options.dropout === undefined ? 0 : options.dropout);
  const act = options.activation ?? 'gelu';
  return {
    label: `transformerBlock(${size}, ${heads})`,
    init: (generator, dtype = 'f32') => ({
      norm1: norm.init(generator, dtype),
      attention: mix.init(generator, dtype),
      norm2: norm.init(generator, dtype),
      up: up.init(generator, dtype),
      down: down.init(generator, dtype),
    }),
    apply: (w, x, context) => {
      const attend = (t: typeof x) => drop.apply({}, mix.apply(w.attention, t, context), context);
      const feed = (t: typeof x) => drop.apply({}, down.apply(w.down, up.apply(w.up, t)[act]()), context);
      if (options.norm === 'post') {
        const middle = norm.apply(w.norm1, x.add(attend(x)));
        return norm.apply(w.norm2, middle.add(feed(middle)));
      }
      const middle = x.add(attend(norm.apply(w.norm1, x)));
      return middle.add(feed(norm.apply(w.norm2, middle)));
    },
  };
}
