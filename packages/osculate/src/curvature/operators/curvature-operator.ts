import { axpy, dot } from '../../linalg/vectors.js';
import { type CurvatureMatrix, secondMomentMatrix } from '../../objective/matrices.js';
import type { At, Named } from '../../objective/objective.js';
import { drawTargets, matrixProducts } from '../../objective/products.js';
import { checkNames, checkOptions, type OptionNames } from '../../tensor/check-options.js';
import { InputError } from '../../tensor/errors.js';
import type { NDArray } from '../../tensor/ndarray.js';
import type { ParameterLayout } from '../../tensor/parameters.js';
import type { Generator } from '../../tensor/random.js';
import { type LinearOperator, linearOperator } from './linear-operator.js';
import { dataOnly, flattened, lossAndGradient } from './loss-and-gradient.js';
import { matrixDiagonal } from './matrix-diagonal.js';

export interface CurvatureOperatorOptions {
  /** Most vectors in one run of a program, which then share the forward pass (default 8). */
  readonly vectors?: number;
  /** Draws the targets of a matrix that takes drawn ones, as `sampledFisherMatrix` does. */
  readonly generator?: Generator;
  /** Targets drawn for each row; default 1. */
  readonly samples?: number;
}

export const curvatureOperatorOptions: OptionNames<CurvatureOperatorOptions> = { vectors: 1, generator: 1, samples: 1 };

/**
 * A curvature matrix of an objective at a point, over all rows and with the weight decay, as an operator on flat vectors. Cost of a product: see
 * the matrix, times `samples` where targets are drawn. They are drawn once, before the first product, so that the operator is one fixed
 * matrix. The diagonal is exact: in one pass for matrices with a rule for it, which needs a model that treats rows independently.
 * @throws InputError for options that make no sense and for drawn targets without a generator. A product that is not finite is an InputError that
 * names the parameter.
 * @example
 * const operator = curvatureOperator(objective.at(theta), gaussNewtonMatrix);
 * const { values } = await eigenpairs(operator, { count: 3 });
 */
export function curvatureOperator(
  at: At,
  matrix: CurvatureMatrix,
  options: CurvatureOperatorOptions = {},
): LinearOperator {
  checkNames('curvatureOperator', options, curvatureOperatorOptions);
  const { layout } = at.objective;
  const draws = drawsOf(at, matrix, options);
  const { vectors = 8 } = options;
  const over = async (of: (targets?: Named<NDArray>) => Promise<Float64Array[]>): Promise<Float64Array[]> =>
    draws === null ? of() : meanOfDraws(await draws(), of);
  const products = (targets?: Named<NDArray>) => matrixProducts(at, matrix, { vectors, ...(targets && { targets }) });
  const own = draws === null ? products() : null;
  const names = layout.slots.map(({ name }) => name);
  return linearOperator({
    name: matrix.name,
    size: layout.size,
    applyBatch: async (list) => {
      const results = await over((targets) => (own ?? products(targets)).applyBatch(list));
      for (const result of results) requireFinite(matrix.name, layout, result);
      return results;
    },
    ...(own?.applySingle && { applySingle: own.applySingle }),
    ...(matrix.diagonal && {
      diagonal: async () => {
        const [diagonal] = await over(async (targets) => [
          flattened(layout, await matrixDiagonal(at, matrix, names, targets)),
        ]);
        return diagonal!;
      },
    }),
  });
}

/** The targets in the place of the data's, drawn at the first call; null for a matrix of the data's own. */
function drawsOf(at: At, { name, drawn }: CurvatureMatrix, { vectors, generator, samples }: CurvatureOperatorOptions) {
  checkOptions('curvatureOperator', { 'an integer ≥ 1': { vectors, samples } });
  if (!drawn) return null;
  if (generator === undefined) {
    throw new InputError(`curvatureOperator: the ${name} matrix draws targets; give a generator`);
  }
  const own = generator.split();
  return once(() => drawTargets(at, samples ?? 1, own));
}

async function meanOfDraws(
  draws: readonly Named<NDArray>[],
  of: (targets: Named<NDArray>) => Promise<Float64Array[]>,
): Promise<Float64Array[]> {
  const sums: Float64Array[] = [];
  for (const targets of draws) {
    for (const [k, part] of (await of(targets)).entries()) {
      sums[k] ??= new Float64Array(part.length);
      axpy(1 / draws.length, part, sums[k]);
    }
  }
  return sums;
}

function requireFinite(what: string, layout: ParameterLayout, flat: Float64Array): void {
  const bad = flat.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const slot = layout.slots.find(({ offset, size }) => bad < offset + size)!;
  throw new InputError(
    `${what}: the product is ${flat[bad]} at element ${bad - slot.offset} of parameter "${slot.name}"; check that the data, the parameters and the vector are finite`,
  );
}

/** Runs `make` at the first call and gives all others its result; after a failure the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => {
    if (made === null) {
      const pending = make();
      made = pending;
      pending.catch(() => {
        made = null;
      });
    }
    return made;
  };
}

/**
 * The covariance (1/N) Σᵢ (gᵢ − ḡ)(gᵢ − ḡ)ᵀ of the gradients of the rows' losses, over the whole data set as the population; the weight decay
 * does not enter it. A product costs about as much as one with the Gauss-Newton matrix, the first one a gradient more; the diagonal is exact in
 * one pass. The model must treat rows independently (no batch statistics).
 * @example
 * const trace = await gradientCovarianceOperator(objective.at(theta)).trace();
 */
export function gradientCovarianceOperator(
  at: At,
  options: Pick<CurvatureOperatorOptions, 'vectors'> = {},
): LinearOperator {
  checkNames('gradientCovarianceOperator', options, { vectors: 1 });
  const data = dataOnly(at);
  const second = curvatureOperator(data, secondMomentMatrix, options);
  const mean = once(async () => (await lossAndGradient(data)).gradient);
  return linearOperator({
    name: 'gradient covariance',
    size: second.size,
    applyBatch: async (vectors) => {
      const g = await mean();
      const products = await second.applyBatch(vectors);
      products.forEach((product, k) => void axpy(-dot(g, vectors[k]!), g, product));
      return products;
    },
    diagonal: async () => {
      const g = await mean();
      return (await second.diagonal()).map((square, i) => square - g[i]! ** 2);
    },
  });
}
