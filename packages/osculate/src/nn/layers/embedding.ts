import { describe } from '../../tensor/describe.js';
import { isInteger } from '../../tensor/dtype.js';
import { DTypeError, ShapeError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { checkFunction, checkSizes } from '../check.js';
import { type Initializer, normal } from '../initializers.js';
import type { Layer } from '../layer.js';

export type EmbeddingParameters = { readonly weight: NDArray };

/**
 * Rows of a table by integer ids: `[…]` → `[…, size]`; the table is `[vocabulary, size]`, initially N(0, 1).
 * @example
 * const net = sequential([embedding(65, 32), positions(16, 32), transformerBlock(32, 4, { causal: true }), dense(32, 65)]);
 */
export function embedding(vocabulary: number, size: number, init: Initializer = normal(1)): Layer<EmbeddingParameters> {
  checkSizes('embedding', { vocabulary, size });
  checkFunction('embedding: init', init);
  return {
    label: `embedding(${vocabulary}, ${size})`,
    init: (generator, dtype = 'f32') => ({ weight: init(generator, [vocabulary, size], dtype) }),
    apply: ({ weight }, ids) => {
      if (!isInteger(ids.dtype)) throw new DTypeError(`embedding: ids must be i32 or i64, got ${describe(ids)}`);
      return weight.gather(ids, 0);
    },
  };
}

/** Adds a learned table of positions to `[…, length, size]` input, 1 ≤ length ≤ `longest`. */
export function positions(longest: number, size: number, init: Initializer = normal(0.02)): Layer<EmbeddingParameters> {
  checkSizes('positions', { longest, size });
  checkFunction('positions: init', init);
  return {
    label: `positions(${longest}, ${size})`,
    init: (generator, dtype = 'f32') => ({ weight: init(generator, [longest, size], dtype) }),
    apply: ({ weight }, x) => {
      const length = x.shape.at(-2);
      if (length === undefined || length > longest || x.shape.at(-1) !== size) {
        throw new ShapeError(
          `positions(${longest}, ${size}): needs input […, at most ${longest}, ${size}], got ${describe(x)}`,
        );
      }
      return x.add(weight.slice([0, 0], [length, size]));
    },
  };
}
