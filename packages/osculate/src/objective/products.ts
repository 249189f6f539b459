import { flatten, unflatten } from '../autodiff/dense.js';
import { grad, vmap } from '../autodiff/index.js';
import type { Rows } from '../data/source.js';
import { take } from '../data/take.js';
import { type Matrix, matrix as zeroMatrix } from '../linalg/matrix.js';
import { scaled, type Vector } from '../linalg/vectors.js';
import type { Feeds } from '../runtime/index.js';
import { InputError, ShapeError } from '../tensor/errors.js';
import type { Tensor } from '../tensor/ir.js';
import { constant, input } from '../tensor/leaf.js';
import { type NDArray, ndarray, zeros } from '../tensor/ndarray.js';
import type { ParameterLayout } from '../tensor/parameters.js';
import type { Generator } from '../tensor/random.js';
import { leaves } from '../tensor/tree.js';
import { type CurvatureMatrix, inNesting, weightsOf } from './matrices.js';
import type { At, Batch, Build, Named, Objective } from './objective.js';
import { allRows, chunks } from './rows.js';

/** f to second order at a point, over all rows of an objective. */
export interface DensePoint {
  /** f at the point. */
  readonly value: number;
  /** ∇f at the point. */
  readonly gradient: Float64Array;
  /** The symmetric curvature matrix B of the model f + gᵀp + ½·pᵀBp. */
  readonly matrix: Matrix;
}

/** The largest number of elements of a dense matrix: 2^26, half a GiB in f64. */
const largest = 67_108_864;

/** sum ← sum + factor·array. */
function add(sum: Float64Array, array: NDArray, factor: number): void {
  const data = array.data as Vector;
  for (let i = 0; i < sum.length; i++) sum[i]! += factor * data[i]!;
}

/** `[n, n]` by the products with all unit vectors, which share the forward and the backward pass. */
function dense(matrix: CurvatureMatrix, batch: Batch): Tensor {
  const weights = weightsOf(batch);
  const n = weights.reduce((sum, t) => sum + t.size, 0);
  if (n * n > largest)
    throw new InputError(`a dense ${n} x ${n} matrix is too large; use a method that takes products`);
  const units = new Float64Array(n * n);
  for (let i = 0; i < n; i++) units[i * (n + 1)] = 1;
  const columns = vmap((v: Tensor) => flatten(matrix.product(batch, unflatten(v, weights))));
  return columns(constant(ndarray(weights[0]!.dtype, units, [n, n])));
}

/** @throws InputError for a matrix of drawn targets that there are none for. */
function requireTargets({ name, drawn }: CurvatureMatrix, targets: unknown): void {
  if (!drawn || targets !== undefined) return;
  throw new InputError(
    `the ${name} matrix is of targets that are drawn: use curvatureOperator with a generator, or a method that draws them (naturalGradient, kfac)`,
  );
}

/**
 * Value, gradient and matrix of the objective with its weight decay, summed in float64. Cost: about 2n gradients; memory n².
 * @example
 * const { value, gradient, matrix } = await densePoint(objective, hessianMatrix, theta);
 * matrix.rows === theta.length; // true
 */
export async function densePoint(
  objective: Objective,
  matrix: CurvatureMatrix,
  parameters: Vector,
): Promise<DensePoint> {
  requireTargets(matrix, undefined);
  const n = objective.layout.size;
  const [gradient, curvature] = [new Float64Array(n), new Float64Array(n * n)];
  let value = 0;
  const build: Build = (batch) => {
    const g = flatten(grad(batch.loss, weightsOf(batch), { unreachable: 'zero' }));
    return { loss: batch.loss, gradient: g, matrix: dense(matrix, batch) };
  };
  for (const rows of chunks(allRows(objective.rows), objective.chunk)) {
    const results = await objective.run(`dense ${matrix.name}`, build, parameters, rows);
    const share = rows.length / objective.rows;
    value += share * Number(results.loss!.data[0]);
    add(gradient, results.gradient!, share);
    add(curvature, results.matrix!, share);
  }
  const decay = objective.weightDecay;
  for (let i = 0; i < n && decay !== 0; i++) {
    value += 0.5 * decay * parameters[i]! * parameters[i]!;
    gradient[i]! += decay * parameters[i]!;
    curvature[i * (n + 1)]! += decay;
  }
  return { value, gradient, matrix: zeroMatrix(n, n, curvature) };
}

/** A curvature matrix at a point as products with flat vectors: of the objective with its weight decay, over all rows, summed in float64. */
export interface MatrixProducts {
  /** B·v, a fresh vector. */
  apply(v: Float64Array): Promise<Float64Array>;
  /** B·V for several vectors, which share the forward pass. */
  applyBatch(vectors: readonly Float64Array[]): Promise<Float64Array[]>;
  /** B·v in single precision, written to `into`, for an objective in it: the engine reads the vector in place. */
  applySingle?(v: Float32Array, into: Float32Array): Promise<void>;
}

export interface ProductOptions {
  /** Most vectors in one run of a program (default 8). */
  readonly vectors?: number;
  /** Targets for all rows in the place of the data's, by field: see `CurvatureMatrix.drawn`. */
  readonly targets?: Named<NDArray>;
}

const prefix = 'vectors';

/** @throws ShapeError for a vector that is not as long as the parameters. */
function requireSize(vector: Vector, { size }: ParameterLayout): void {
  if (vector.length === size) return;
  throw new ShapeError(`a product with a vector of ${vector.length} elements, and there are ${size} parameters`);
}

/** The product with several vectors: one by itself, more with a leading axis. */
function buildFor(matrix: CurvatureMatrix, count: number): Build {
  return (batch) => {
    const weights = leaves(batch.weights);
    const vectors = weights.map(([name, t]) =>
      input(`${prefix}.${name}`, t.dtype, count === 1 ? t.shape : [count, ...t.shape]),
    );
    const products =
      count === 1
        ? matrix.product(batch, vectors)
        : vmap((v: readonly Tensor[]) => [...matrix.product(batch, v)])(vectors);
    return { [prefix]: inNesting(batch, products) };
  };
}

/** Vectors as arrays for each parameter, stacked when there are several. */
function vectorFeeds(layout: ParameterLayout, vectors: readonly Float64Array[]): Record<string, NDArray> {
  const count = vectors.length;
  for (const v of vectors) requireSize(v, layout);
  const { dtype, slots } = layout;
  return Object.fromEntries(
    slots.map(({ name, shape, offset, size }) => {
      const array = zeros(dtype, count === 1 ? shape : [count, ...shape]);
      vectors.forEach((v, k) => void array.data.set(v.subarray(offset, offset + size), k * size));
      return [`${prefix}.${name}`, array];
    }),
  );
}

/** Some rows' targets of those of all rows, to feed. */
export function targetsOf(targets: Named<NDArray>, rows: Rows): Feeds {
  return Object.fromEntries(Object.entries(targets).map(([name, array]) => [name, take(array, rows)]));
}

/** v ↦ B·v at a point. Cost of a product: one to two gradients; memory of a gradient and what products share (see `At`). */
export function matrixProducts(
  at: At,
  matrix: CurvatureMatrix,
  { vectors: most = 8, targets }: ProductOptions = {},
): MatrixProducts {
  requireTargets(matrix, targets);
  const { layout, rows: total, weightDecay } = at.objective;
  const withTargets = (feeds: Feeds) =>
    targets === undefined ? feeds : (rows: Rows): Feeds => ({ ...feeds, ...targetsOf(targets, rows) });
  const group = async (vectors: readonly Float64Array[]): Promise<Float64Array[]> => {
    const sums = vectors.map((v) => (weightDecay === 0 ? new Float64Array(v.length) : scaled(v, weightDecay)));
    const feeds = withTargets(vectorFeeds(layout, vectors));
    const build = buildFor(matrix, vectors.length);
    await at.stream(`${matrix.name} product/${vectors.length}`, build, { feeds }, (results, rows) => {
      const share = rows.length / total;
      for (const { name, offset, size } of layout.slots) {
        const part = results[`${prefix}.${name}`]!.data as Vector;
        sums.forEach((sum, k) => {
          for (let i = 0; i < size; i++) sum[offset + i]! += share * part[k * size + i]!;
        });
      }
    });
    return sums;
  };
  const applyBatch = async (vectors: readonly Float64Array[]): Promise<Float64Array[]> => {
    const results: Float64Array[] = [];
    for (let from = 0; from < vectors.length; ) {
      const count = vectors.length - from >= most ? most : 1;
      results.push(...(await group(vectors.slice(from, from + count))));
      from += count;
    }
    return results;
  };
  const applySingle = async (v: Float32Array, into: Float32Array): Promise<void> => {
    for (const vector of [v, into]) requireSize(vector, layout);
    const feeds = withTargets(layout.views(v, `${prefix}.`));
    let first = true;
    await at.stream(`${matrix.name} product/1`, buildFor(matrix, 1), { feeds }, (results, rows) => {
      const share = rows.length / total;
      for (const { name, offset, size } of layout.slots) {
        const part = results[`${prefix}.${name}`]!.data as Vector;
        if (share === 1) into.set(part, offset);
        else if (first) for (let i = 0; i < size; i++) into[offset + i] = share * part[i]!;
        else for (let i = 0; i < size; i++) into[offset + i] = into[offset + i]! + share * part[i]!;
      }
      first = false;
    });
    if (weightDecay !== 0) for (let i = 0; i < into.length; i++) into[i]! += weightDecay * v[i]!;
  };
  return {
    apply: async (v) => (await group([v]))[0]!,
    applyBatch,
    ...(layout.dtype === 'f32' && { applySingle }),
  };
}

/** Targets for all rows, so many times, drawn from the model's own predictive distribution at a point. One forward pass. */
export async function drawTargets(at: At, samples: number, generator: Generator): Promise<readonly Named<NDArray>[]> {
  const parts = Array.from({ length: samples }, () => new Map<string, NDArray[]>());
  await at.stream(
    'outputs',
    (batch) => ({ outputs: batch.outputs }),
    {},
    ({ outputs }) => {
      for (const part of parts) {
        for (const [name, array] of Object.entries(at.objective.sample(outputs!, generator))) {
          const pieces = part.get(name) ?? [];
          part.set(name, pieces);
          pieces.push(array);
        }
      }
    },
  );
  return parts.map((part) =>
    Object.fromEntries([...part].map(([name, pieces]) => [name, joinRows(pieces, at.objective.rows)])),
  );
}

/** A whole data set's array from those of its batches. */
function joinRows(pieces: readonly NDArray[], rows: number): NDArray {
  const { dtype, shape } = pieces[0]!;
  const whole = zeros(dtype, [rows, ...shape.slice(1)]);
  let at = 0;
  for (const { data } of pieces) {
    // Pieces of one field are of one dtype.
    (whole.data as Float64Array).set(data as Float64Array, at);
    at += data.length;
  }
  return whole;
}
