import { lanczos, tridiagonalEigen } from '../../linalg/index.js';
import { InputError } from '../../tensor/errors.js';
import type { Generator } from '../../tensor/random.js';
import type { LinearOperator } from '../operators/linear-operator.js';
import { drawProbe } from './probes.js';

/** Gauss quadrature of the spectral measure of one probe: weights that add up to 1 at nodes that are Ritz values. */
export interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

export interface QuadratureRun extends Quadrature {
  /** The quadrature that half of the steps gave; null when the run ended in an invariant subspace, where it is exact. */
  readonly coarse: Quadrature | null;
  readonly applications: number;
}

function quadratureOf(diagonal: Float64Array, offDiagonal: Float64Array): Quadrature {
  const { values, vectors } = tridiagonalEigen(diagonal, offDiagonal);
  return { nodes: values, weights: vectors.data.slice(0, values.length).map((x) => x * x) };
}

/** One Lanczos run with full reorthogonalisation from a Rademacher probe. InputError for a product that is not finite. */
export async function lanczosQuadrature(
  what: string,
  operator: LinearOperator,
  steps: number,
  generator: Generator,
): Promise<QuadratureRun> {
  const start = drawProbe(operator.size, 'rademacher', generator);
  const run = await lanczos((v: Float64Array) => operator.apply(v), start, steps);
  if (run.status === 'nonFinite') throw new InputError(`${what}: a product with "${operator.name}" is not finite`);
  const half = Math.ceil(run.iterations / 2);
  return {
    ...quadratureOf(run.diagonal, run.offDiagonal),
    coarse:
      run.status === 'invariant' ? null : quadratureOf(run.diagonal.slice(0, half), run.offDiagonal.slice(0, half - 1)),
    applications: run.iterations,
  };
}
