import { conjugateGradients } from '../../linalg/index.js';
import { axpy, scale } from '../../linalg/vectors.js';
import { checkNames, type OptionNames } from '../../tensor/check-options.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import { type LinearOperator, linearOperator } from './linear-operator.js';

function sameSize(what: string, operators: readonly LinearOperator[]): number {
  const first = operators[0];
  if (first === undefined) throw new InputError(`${what}: there is no operator; give at least one`);
  const odd = operators.find(({ size }) => size !== first.size);
  if (odd) {
    throw new ShapeError(
      `${what}: "${odd.name}" is ${odd.size} x ${odd.size} and "${first.name}" ${first.size} x ${first.size}; they must agree`,
    );
  }
  return first.size;
}

/**
 * A + B + …; a product costs one with each.
 * @example
 * const a = denseOperator(matrixFromRows([[4, 1], [1, 3]]));
 * const b = scaledOperator(a, 2);
 * await sumOperator(a, b).apply(Float64Array.of(1, 0)); // [12, 3]
 */
export function sumOperator(...operators: readonly LinearOperator[]): LinearOperator {
  const size = sameSize('sumOperator', operators);
  const addUp = (parts: readonly Float64Array[]): Float64Array => {
    const sum = new Float64Array(size);
    for (const part of parts) axpy(1, part, sum);
    return sum;
  };
  return linearOperator({
    name: operators.map(({ name }) => name).join(' + '),
    size,
    applyBatch: async (vectors) => {
      const parts: Float64Array[][] = [];
      for (const operator of operators) parts.push(await operator.applyBatch(vectors));
      return vectors.map((_, k) => addUp(parts.map((part) => part[k]!)));
    },
    diagonal: async () => {
      const parts: Float64Array[] = [];
      for (const operator of operators) parts.push(await operator.diagonal());
      return addUp(parts);
    },
    ...(operators.some(({ symmetric }) => !symmetric) && {
      transpose: () => sumOperator(...operators.map((operator) => operator.transpose())),
    }),
  });
}

function requireFinite(what: string, name: string, value: number): void {
  if (!Number.isFinite(value)) throw new InputError(`${what}: the ${name} is ${value}; it must be a finite number`);
}

/**
 * c A, an operator times a number.
 * @throws InputError for a factor that is not finite.
 */
export function scaledOperator(operator: LinearOperator, factor: number): LinearOperator {
  requireFinite('scaledOperator', 'factor', factor);
  const scaled = (v: Float64Array): Float64Array => {
    const result = v.slice();
    scale(factor, result);
    return result;
  };
  return linearOperator({
    name: `${factor} (${operator.name})`,
    size: operator.size,
    applyBatch: async (vectors) => (await operator.applyBatch(vectors)).map(scaled),
    diagonal: async () => scaled(await operator.diagonal()),
    ...(!operator.symmetric && { transpose: () => scaledOperator(operator.transpose(), factor) }),
  });
}

/**
 * A + δI, an operator with damping.
 * @throws InputError for a damping that is not finite.
 * @example
 * const damped = dampedOperator(denseOperator(matrixFromRows([[4, 1], [1, 3]])), 1);
 * await damped.apply(Float64Array.of(1, 0)); // [5, 1]
 */
export function dampedOperator(operator: LinearOperator, damping: number): LinearOperator {
  requireFinite('dampedOperator', 'damping', damping);
  return linearOperator({
    name: `${operator.name} + ${damping} I`,
    size: operator.size,
    applyBatch: async (vectors) => {
      const products = (await operator.applyBatch(vectors)).map((product) => product.slice());
      products.forEach((product, k) => void axpy(damping, vectors[k]!, product));
      return products;
    },
    diagonal: async () => (await operator.diagonal()).map((x) => x + damping),
    ...(!operator.symmetric && { transpose: () => dampedOperator(operator.transpose(), damping) }),
  });
}

/**
 * A B …, the last applied first; in general not symmetric.
 * @example
 * const a = denseOperator(matrixFromRows([[0, 1], [1, 0]]));
 * await productOperator(a, a).apply(Float64Array.of(1, 2)); // [1, 2]
 */
export function productOperator(...operators: readonly LinearOperator[]): LinearOperator {
  const size = sameSize('productOperator', operators);
  return linearOperator({
    name: operators.map(({ name }) => `(${name})`).join(' '),
    size,
    applyBatch: async (vectors) => {
      let products = [...vectors];
      for (const operator of operators.toReversed()) products = await operator.applyBatch(products);
      return products;
    },
    transpose: () => productOperator(...operators.map((operator) => operator.transpose()).reverse()),
  });
}

export interface InverseOptions {
  /** Of ‖b − A x‖ relative to ‖b‖; default 1e-10. */
  readonly tolerance?: number;
  /** Iterations of a solve, at most (default 2 n, at least 20). */
  readonly maxIterations?: number;
}

const inverseOptions: OptionNames<InverseOptions> = { tolerance: 1, maxIterations: 1 };

/**
 * A⁻¹ by conjugate gradients, for a symmetric positive definite A: damp it first. A product costs one CG solve.
 * @throws InputError for an A that is not symmetric; its products throw one when A turns out indefinite, or the tolerance is not reached in
 *   time.
 * @example
 * const newtonStep = inverseOperator(dampedOperator(ggn(objective, theta), 0.1), { tolerance: 1e-6 });
 * const { gradient } = await objective.valueAndGradient(theta, allRows(objective.rows));
 * const step = await newtonStep.apply(Float64Array.from(gradient));
 */
export function inverseOperator(operator: LinearOperator, options: InverseOptions = {}): LinearOperator {
  checkNames('inverseOperator', options, inverseOptions);
  if (!operator.symmetric) {
    throw new InputError(`inverseOperator: "${operator.name}" is not symmetric, which conjugate gradients need`);
  }
  const solve = async (b: Float64Array): Promise<Float64Array> => {
    const { status, solution, iterations, residual } = await conjugateGradients(
      (v: Float64Array) => operator.apply(v),
      b,
      options,
    );
    if (status === 'converged') return solution;
    const reason =
      status === 'budget'
        ? `has a residual of ${residual} after ${iterations} iterations; damp it more, allow more iterations or loosen the tolerance`
        : 'is not positive definite; damp it by more than its most negative eigenvalue';
    throw new InputError(`inverseOperator: "${operator.name}" ${reason}`);
  };
  return linearOperator({
    name: `(${operator.name})⁻¹`,
    size: operator.size,
    applyBatch: async (vectors) => {
      const solutions: Float64Array[] = [];
      for (const b of vectors) solutions.push(await solve(b));
      return solutions;
    },
  });
}
