import { InputError, ShapeError } from '../../tensor/errors.js';
import { symmetricEigen } from '../dense/eigen/symmetric-eigen.js';
import { euclideanNorm } from '../dense/norms.js';
import { type Matrix, matrix } from '../matrix.js';
import { axpy, dot, scale } from '../vectors.js';
import { type AsyncOperator, drive, type Operator, type Recurrence } from './operator.js';

export interface LobpcgOptions<P = Operator> {
  /** Which end of the spectrum; default 'largest'. */
  readonly which?: 'largest' | 'smallest';
  /** Converged when ‖A x − λ x‖ ≤ tolerance times the largest |λ| in sight, for each pair; default 1e-8. */
  readonly tolerance?: number;
  /** Iterations at most (default 200). */
  readonly maxIterations?: number;
  /** v ↦ M⁻¹ v, an approximate inverse of A − λ I that is symmetric positive definite. */
  readonly precondition?: P;
}

export interface LobpcgResult {
  /**
   * 'converged'. 'budget': iterations used up. 'stalled': the residuals lie in the span already searched, so the tolerance is out of
   * reach. 'nonFinite': a product was NaN or infinite, the pairs are the last good ones.
   */
  readonly status: 'converged' | 'budget' | 'stalled' | 'nonFinite';
  /** The wanted one first: descending for 'largest', ascending for 'smallest'. */
  readonly values: Float64Array;
  /** Orthonormal, in the order of the values. */
  readonly vectors: readonly Float64Array[];
  /** Iterations that were made. */
  readonly iterations: number;
  /** ‖A x − λ x‖ of each pair. */
  readonly residuals: Float64Array;
}

/** Vectors with their products: `images[i]` is A `vectors[i]`. */
interface Block {
  vectors: Float64Array[];
  images: Float64Array[];
}

/** What is left of a unit vector after orthogonalisation counts as dependent below this length. */
const DEPENDENT = 1e-8;

/** Makes v orthonormal to the basis, by Gram-Schmidt twice, and its image with it where it has one; false when v depends on it. */
function join(basis: Block, v: Float64Array, image?: Float64Array): boolean {
  const length = euclideanNorm(v);
  if (!(length > 0)) return false;
  scale(1 / length, v);
  if (image) scale(1 / length, image);
  for (let pass = 0; pass < 2; pass++) {
    for (let i = 0; i < basis.vectors.length; i++) {
      const along = dot(basis.vectors[i]!, v);
      axpy(-along, basis.vectors[i]!, v);
      if (image) axpy(-along, basis.images[i]!, image);
    }
    const left = euclideanNorm(v);
    if (!(left > DEPENDENT)) return false;
    scale(1 / left, v);
    if (image) scale(1 / left, image);
  }
  return true;
}

/** Σ cᵢⱼ vᵢ over the rows from `start` of column j of the coefficients. */
function combine(vectors: readonly Float64Array[], { columns, data }: Matrix, j: number, start: number): Float64Array {
  const result = new Float64Array(vectors[0]!.length);
  for (let i = start; i < vectors.length; i++) axpy(data[i * columns + j]!, vectors[i]!, result);
  return result;
}

/** The Rayleigh-Ritz pairs of the span: coefficients of the wanted `count`, the best first. */
function rayleighRitz({ vectors, images }: Block, count: number, largest: boolean) {
  const size = vectors.length;
  const gram = matrix(size, size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (dot(vectors[i]!, images[j]!) + dot(vectors[j]!, images[i]!)) / 2;
      gram.data[i * size + j] = value;
      gram.data[j * size + i] = value;
    }
  }
  const { values, vectors: rotation } = symmetricEigen(gram);
  const picks = Array.from({ length: count }, (_, j) => (largest ? size - 1 - j : j));
  const spread = Math.max(Math.abs(values[0]!), Math.abs(values[size - 1]!));
  return { values: Float64Array.from(picks, (j) => values[j]!), picks, rotation, spread };
}

/** A x − λ x for each pair. */
function residualsOf({ vectors, images }: Block, values: Float64Array): Float64Array[] {
  return vectors.map((x, j) => {
    const r = images[j]!.slice();
    axpy(-values[j]!, x, r);
    return r;
  });
}

function* recurrence(
  apply: Operator | AsyncOperator,
  start: readonly Float64Array[],
  options: LobpcgOptions<Operator | AsyncOperator>,
): Recurrence<LobpcgResult> {
  const { which = 'largest', tolerance = 1e-8, maxIterations = 200, precondition } = options;
  const n = start[0]?.length ?? 0;
  const x: Block = { vectors: [], images: [] };
  let values = new Float64Array(0);
  let residuals: Float64Array[] = [];
  let iterations = 0;
  const end = (status: LobpcgResult['status']): LobpcgResult => ({
    status,
    values,
    vectors: x.vectors,
    iterations,
    residuals: Float64Array.from(residuals, (r) => euclideanNorm(r)),
  });
  for (const vector of start) {
    const v = vector.slice();
    if (!v.every(Number.isFinite)) return end('nonFinite');
    if (!join(x, v)) throw new InputError('lobpcg: the start vectors are linearly dependent; give independent ones.');
    const image = new Float64Array(n);
    yield { operator: apply, v, out: image };
    if (!image.every(Number.isFinite)) return end('nonFinite');
    x.vectors.push(v);
    x.images.push(image);
  }
  const count = start.length;
  if (count === 0) return end('converged');
  let previous: Block = { vectors: [], images: [] };
  let trial: Block = { vectors: [...x.vectors], images: [...x.images] };
  for (;;) {
    const ritz = rayleighRitz(trial, count, which === 'largest');
    values = ritz.values;
    const next = (vectors: readonly Float64Array[], from: number) =>
      ritz.picks.map((j) => combine(vectors, ritz.rotation, j, from));
    const [vectors, images] = [next(trial.vectors, 0), next(trial.images, 0)];
    // The part of each new vector outside the old span of X is the conjugate direction of the next step.
    previous = { vectors: next(trial.vectors, count), images: next(trial.images, count) };
    x.vectors = vectors;
    x.images = images;
    residuals = residualsOf(x, values);
    const open = residuals.filter((r) => !(euclideanNorm(r) <= tolerance * ritz.spread));
    if (open.length === 0) return end('converged');
    if (iterations === maxIterations) return end('budget');
    iterations++;
    trial = { vectors: [...x.vectors], images: [...x.images] };
    for (const r of open) {
      const w = new Float64Array(n);
      if (precondition) yield { operator: precondition, v: r, out: w };
      else w.set(r);
      if (!join(trial, w)) continue;
      const image = new Float64Array(n);
      yield { operator: apply, v: w, out: image };
      if (!image.every(Number.isFinite)) return end('nonFinite');
      trial.vectors.push(w);
      trial.images.push(image);
    }
    // With every residual in the span of X, no step can improve it.
    if (trial.vectors.length === count) return end('stalled');
    for (let j = 0; j < count; j++) {
      const [v, image] = [previous.vectors[j]!, previous.images[j]!];
      if (!join(trial, v, image)) continue;
      trial.vectors.push(v);
      trial.images.push(image);
    }
  }
}

function validated(start: readonly Float64Array[]): void {
  const n = start[0]?.length ?? 0;
  const odd = start.findIndex((v) => v.length !== n);
  if (odd >= 0)
    throw new ShapeError(`lobpcg: start vector ${odd} has ${start[odd]!.length} elements and vector 0 has ${n}.`);
  if (start.length > n) {
    throw new ShapeError(`lobpcg: ${start.length} eigenpairs are asked for and the order is ${n}.`);
  }
}

/**
 * Eigenpairs at one end of the spectrum of a symmetric A, as many as start vectors, by the locally optimal block preconditioned conjugate
 * gradient method (Knyazev 2001), its basis kept orthonormal (Hetmaniuk and Lehoucq 2006). One product a pair that has not converged in an
 * iteration.
 * @throws ShapeError and InputError for bad start vectors; never throws on breakdown.
 * @example
 * const a = (v: Float64Array, out: Float64Array) => out.set(v.map((e, i) => (i + 1) * e));
 * const { values } = lobpcg(a, [new Float64Array(8).fill(1)]);
 * values; // [8.000]
 */
export function lobpcg(
  apply: AsyncOperator,
  start: readonly Float64Array[],
  options?: LobpcgOptions<Operator | AsyncOperator>,
): Promise<LobpcgResult>;
export function lobpcg(apply: Operator, start: readonly Float64Array[], options?: LobpcgOptions): LobpcgResult;
export function lobpcg(
  apply: Operator | AsyncOperator,
  start: readonly Float64Array[],
  options: LobpcgOptions<Operator | AsyncOperator> = {},
): LobpcgResult | Promise<LobpcgResult> {
  validated(start);
  return drive(recurrence(apply, start, options));
}
