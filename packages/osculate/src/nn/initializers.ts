import { allocate } from '../tensor/dtype.js';
import { InputError } from '../tensor/errors.js';
import { type NDArray, zeros } from '../tensor/ndarray.js';
import { type Generator, generator as seeded } from '../tensor/random.js';
import { type Shape, showShape, sizeOf } from '../tensor/shape.js';
import { checkNumber, checkSizes } from './check.js';
import type { FloatDType } from './layer.js';

/** Draws the values of one weight. For a weight `[out, in, …kernel]`, fan-in is in·kernel and fan-out out·kernel. */
export type Initializer = (generator: Generator, shape: Shape, dtype: FloatDType) => NDArray;

function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new InputError(
      `initializer: a weight of shape ${showShape(shape)} has no fan-in and fan-out; it needs rank 2 or more`,
    );
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * kernel, fanOut: shape[0]! * kernel };
}

/** Instead of a generator: layers then give arrays of their shapes that hold nothing, for counts of what cannot be drawn. */
export const shapesOnly: Generator = { ...seeded(0), split: () => shapesOnly };

const unfilled = (shape: Shape, dtype: FloatDType): NDArray => ({ dtype, shape, data: allocate(dtype, 0) });

function fill(generator: Generator, shape: Shape, dtype: FloatDType, draw: () => number): NDArray {
  if (generator === shapesOnly) return unfilled(shape, dtype);
  const array = zeros(dtype, shape);
  for (let i = 0; i < array.data.length; i++) array.data[i] = draw();
  return array;
}

const isSize = (v: number): boolean => v >= 0 && v < Infinity;

/**
 * All elements equal to `value`.
 * @example
 * filled(2)(generator(0), [3], 'f64'); // [2, 2, 2]
 */
export function filled(value: number): Initializer {
  checkNumber('filled: the value', value, Number.isFinite, 'a finite number');
  return (generator, shape, dtype) => fill(generator, shape, dtype, () => value);
}

/**
 * Independent normal with the given standard deviation.
 * @example
 * const layer = dense(2, 32, { weight: normal(0.1) });
 */
export function normal(deviation: number): Initializer {
  checkNumber('normal: the deviation', deviation, isSize, 'a finite number ≥ 0');
  return (generator, shape, dtype) => fill(generator, shape, dtype, () => deviation * generator.normal());
}

/**
 * Uniform in ±bound.
 * @example
 * const layer = dense(2, 32, { weight: uniform(0.05) });
 */
export function uniform(bound: number): Initializer {
  checkNumber('uniform: the bound', bound, isSize, 'a finite number ≥ 0');
  return (generator, shape, dtype) => fill(generator, shape, dtype, () => bound * (2 * generator.uniform() - 1));
}

/**
 * Glorot and Bengio 2010: uniform in ±sqrt(6 / (fanIn + fanOut)), variance 2 / (fanIn + fanOut).
 * @example
 * const layer = dense(2, 32, { weight: xavierUniform }); // the default of dense
 */
export const xavierUniform: Initializer = (generator, shape, dtype) => {
  const { fanIn, fanOut } = fans(shape);
  return uniform(Math.sqrt(6 / (fanIn + fanOut)))(generator, shape, dtype);
};

/**
 * Glorot and Bengio 2010, normal: variance 2 / (fanIn + fanOut).
 * @example
 * const layer = dense(2, 32, { weight: xavierNormal });
 */
export const xavierNormal: Initializer = (generator, shape, dtype) => {
  const { fanIn, fanOut } = fans(shape);
  return normal(Math.sqrt(2 / (fanIn + fanOut)))(generator, shape, dtype);
};

/**
 * He et al. 2015 for ReLU: normal with variance 2 / fanIn.
 * @example
 * const layer = conv2d(3, 16, 3, { weight: heNormal }); // the default of convolutions
 */
export const heNormal: Initializer = (generator, shape, dtype) =>
  normal(Math.sqrt(2 / fans(shape).fanIn))(generator, shape, dtype);

/**
 * He et al. 2015 for ReLU: uniform in ±sqrt(6 / fanIn).
 * @example
 * const layer = dense(2, 32, { weight: heUniform });
 */
export const heUniform: Initializer = (generator, shape, dtype) =>
  uniform(Math.sqrt(6 / fans(shape).fanIn))(generator, shape, dtype);

/**
 * Saxe et al. 2014: rows (or columns, whichever are fewer) of the weight as a matrix `[out, in·kernel]` are orthonormal, times
 * `gain`. By modified Gram-Schmidt, applied twice, on a Gaussian matrix: Haar-distributed.
 * @example
 * const layer = dense(32, 32, { weight: orthogonal(Math.SQRT2) });
 */
export function orthogonal(gain = 1): Initializer {
  checkNumber('orthogonal: the gain', gain, Number.isFinite, 'a finite number');
  return (generator, shape, dtype) => {
    const { fanIn } = fans(shape);
    if (generator === shapesOnly) return unfilled(shape, dtype);
    const [rows, columns] = [shape[0]!, fanIn];
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const vectors = Array.from({ length: count }, () => Float64Array.from({ length }, () => generator.normal()));
    vectors.forEach((v, i) => {
      orthonormalize(v, vectors.slice(0, i));
    });
    const array = zeros(dtype, shape);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < length; j++)
        array.data[rows <= columns ? i * columns + j : j * columns + i] = gain * vectors[i]![j]!;
    }
    return array;
  };
}

function orthonormalize(v: Float64Array, others: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) {
    for (const u of others) {
      let dot = 0;
      for (let k = 0; k < v.length; k++) dot += u[k]! * v[k]!;
      for (let k = 0; k < v.length; k++) v[k]! -= dot * u[k]!;
    }
  }
  let norm = 0;
  for (const x of v) norm += x * x;
  norm = Math.sqrt(norm);
  for (let k = 0; k < v.length; k++) v[k]! /= norm;
}

/**
 * Martens 2010: every unit has `connections` incoming weights drawn from N(0, deviation²), at distinct random inputs; the
 * others are zero. Units then stay unsaturated whatever the fan-in.
 * @example
 * const layer = dense(784, 400, { weight: sparse(15) });
 */
export function sparse(connections = 15, deviation = 1): Initializer {
  checkSizes('sparse', { connections });
  checkNumber('sparse: the deviation', deviation, isSize, 'a finite number ≥ 0');
  return (generator, shape, dtype) => {
    const { fanIn } = fans(shape);
    if (generator === shapesOnly) return unfilled(shape, dtype);
    const array = zeros(dtype, shape);
    const count = Math.min(connections, fanIn);
    for (let unit = 0; unit < shape[0]!; unit++) {
      const chosen = new Set<number>();
      while (chosen.size < count) chosen.add(generator.integer(fanIn));
      for (const j of chosen) array.data[unit * fanIn + j] = deviation * generator.normal();
    }
    return array;
  };
}
