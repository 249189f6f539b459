import { checkNames } from '../../tensor/check-options.js';
import { describe } from '../../tensor/describe.js';
import { ShapeError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import { checkFunction, checkSizes } from '../check.js';
import { filled, type Initializer, xavierUniform } from '../initializers.js';
import type { Layer } from '../layer.js';

export interface DenseOptions {
  /** Adds b (default true). */
  readonly bias?: boolean;
  /** Draws the weight (default Xavier uniform). */
  readonly weight?: Initializer;
}

export type DenseParameters = { readonly weight: NDArray; readonly bias?: NDArray };

/**
 * y = x·Wᵀ + b over the last axis: `[…, inputs]` → `[…, outputs]`; W is `[outputs, inputs]`, b `[outputs]`.
 * @example
 * const layer = dense(2, 3);
 * layer.init(generator(0)).weight.shape; // [3, 2]
 */
export function dense(inputs: number, outputs: number, options: DenseOptions = {}): Layer<DenseParameters> {
  checkSizes('dense', { inputs, outputs });
  checkNames<DenseOptions>('dense', options, { bias: 1, weight: 1 });
  checkFunction('dense: weight', options.weight);
  const draw = options.weight ?? xavierUniform;
  return {
    label: `dense(${inputs}, ${outputs})`,
    init: (generator, dtype = 'f32') => {
      const weight = draw(generator, [outputs, inputs], dtype);
      return options.bias === false ? { weight } : { weight, bias: filled(0)(generator, [outputs], dtype) };
    },
    apply: ({ weight, bias }, x) => {
      if (x.rank === 0 || x.shape.at(-1) !== inputs) {
        throw new ShapeError(
          `dense(${inputs}, ${outputs}): the last axis of ${describe(x)} must be ${inputs}, to meet ${describe(weight)}`,
        );
      }
      const flat = x.rank === 1 ? x.reshape([1, inputs]) : x;
      const product = flat.product(weight, false, true);
      const out = bias ? product.add(bias) : product;
      return x.rank === 1 ? out.reshape([outputs]) : out;
    },
  };
}
