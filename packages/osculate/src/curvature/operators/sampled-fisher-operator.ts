import { axpy } from '../../linalg/krylov/vectors.js';
import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import { type LinearOperator, linearOperator } from './linear-operator.js';
import type { CurvatureModel } from './model.js';
import { once } from './once.js';
import { secondMomentDiagonal, secondMomentProduct } from './row-gradients.js';
import { sampledTargets } from './sampled-targets.js';
import { vectorProducts } from './vector-products.js';

export interface SampledFisherOptions {
  readonly generator: Generator;
  /** Targets drawn for each row; default 1. */
  readonly samples?: number;
}

/**
 * A Monte Carlo estimate (m/(N S)) Σᵢₛ ∇ℓᵢₛ ∇ℓᵢₛᵀ of the true Fisher, with S targets for each row drawn from the model's own
 * distribution; m is the loss's normaliser for one row. Its expectation is the GGN. The targets are drawn once, before the first
 * product, so the operator is one fixed positive semi-definite matrix. A product costs about S products with the GGN. InputError when
 * `samples` is no positive integer.
 */
export function sampledFisherOperator(
  model: CurvatureModel,
  { generator, samples = 1 }: SampledFisherOptions,
): LinearOperator {
  if (!(Number.isInteger(samples) && samples >= 1)) {
    throw new InputError(`sampledFisherOperator: samples is ${samples}; it must be an integer ≥ 1`);
  }
  const factor = model.normalizer / samples;
  const own = generator.split();
  const targets = once(() => sampledTargets(model, samples, own));
  return linearOperator({
    name: 'sampled Fisher',
    size: model.layout.size,
    applyBatch: async (vectors) => {
      const sums = vectors.map((v) => new Float64Array(v.length));
      for (const y of await targets()) {
        const products = await vectorProducts(model, 'second moment', secondMomentProduct, vectors, { targets: y });
        products.forEach((product, k) => void axpy(factor, product, sums[k]!));
      }
      return sums;
    },
    diagonal: async () => {
      const sum = new Float64Array(model.layout.size);
      for (const y of await targets()) axpy(factor, await secondMomentDiagonal(model, { targets: y }), sum);
      return sum;
    },
  });
}
