import { cholesky } from '../../linalg/dense/cholesky.js';
import { matrix } from '../../linalg/matrix.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
import { isList, numbers, requireObject, show } from '../checks.js';
import type { LeastSquaresResult } from '../result.js';
import { divideBySigma, solveByFactor, type Whitening } from './whitened.js';

/** Points to fit. */
export interface FitData {
  /** m numbers, or m rows of k predictors. */
  readonly x: ArrayLike<number> | readonly ArrayLike<number>[];
  /** m observations. */
  readonly y: ArrayLike<number>;
  /** Standard deviations of the observations, or one for all. */
  readonly sigma?: ArrayLike<number> | number;
  /** Their covariance, m×m, row-major or as rows; instead of `sigma`. */
  readonly covariance?: ArrayLike<number> | readonly ArrayLike<number>[];
}

/** The data as flat arrays, checked. */
export interface CheckedData {
  /** Row-major m×k. */
  readonly x: Float64Array;
  /** k, or 0 where x was a plain list of numbers. */
  readonly predictors: number;
  readonly y: Float64Array;
  readonly whitening: Whitening | null;
}

/** Points: numbers, or rows of predictors. */
export type Points = FitData['x'];

/** Points as one array, row-major, and their columns, 0 for a plain list. */
export interface CheckedPoints {
  readonly data: Float64Array;
  readonly count: number;
  readonly predictors: number;
}

/** Rows of equal length, or a flat list, as one array. @throws InputError or ShapeError with the row. */
export function flatten(what: string, given: Points): CheckedPoints {
  if (!isList(given)) throw new InputError(`${what} is ${show(given)}; give a list of numbers, or of rows`);
  const count = given.length;
  if (!isList(given[0])) return { data: numbers(what, given), count, predictors: 0 };
  const width = given[0].length;
  const data = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    const row = numbers(`${what}, row ${i},`, given[i]);
    if (row.length !== width)
      throw new ShapeError(`${what.replace(/: /, `: row ${i} of `)} has ${row.length} numbers, row 0 has ${width}`);
    data.set(row, i * width);
  }
  return { data, count, predictors: width };
}

function requireFinite(what: string, data: Float64Array, width: number): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const row = width > 0 ? `row ${Math.floor(bad / width)}, column ${bad % width}` : `row ${bad}`;
  throw new InputError(`${what} is ${data[bad]} at ${row} (counted from 0); leave that row out or correct it`);
}

/** Points that are finite. @throws InputError or ShapeError with the row. */
export function checkPoints(what: string, x: Points): CheckedPoints {
  const points = flatten(`${what}: x`, x);
  requireFinite(`${what}: x`, points.data, points.predictors);
  return points;
}

function sigmaWhitening(what: string, sigma: ArrayLike<number> | number, m: number): Whitening {
  const all = typeof sigma === 'number' ? new Float64Array(m).fill(sigma) : numbers(`${what}: sigma`, sigma);
  if (all.length !== m) throw new ShapeError(`${what}: there are ${all.length} values of sigma for ${m} observations`);
  const bad = all.findIndex((s) => !(s > 0 && Number.isFinite(s)));
  if (bad >= 0)
    throw new InputError(`${what}: sigma is ${all[bad]} at row ${bad} (counted from 0); it must be above 0`);
  return divideBySigma(all);
}

function covarianceWhitening(what: string, given: NonNullable<FitData['covariance']>, m: number): Whitening {
  const { data } = flatten(`${what}: covariance`, given);
  if (data.length !== m * m)
    throw new ShapeError(`${what}: the covariance has ${data.length} elements for ${m} observations, not ${m}²`);
  requireFinite(`${what}: covariance`, data, m);
  const result = cholesky(matrix(m, m, data));
  if (result.status === 'ok') return solveByFactor(result.factor);
  const where = result.status === 'indefinite' ? ` (elimination fails at row ${result.pivot})` : '';
  throw new InputError(
    `${what}: the covariance is not positive definite${where}; add the measurement's own variance to its diagonal`,
  );
}

/**
 * Checks the data for the function of this name. Wrong lengths are a ShapeError; what is no number or not finite, an InputError that names
 * the row.
 */
export function checkData(what: string, given: FitData): CheckedData {
  requireObject(`${what}: the data`, given, '{ x, y }');
  const { y, sigma, covariance } = given;
  const { data, count: m, predictors } = checkPoints(what, given.x);
  const observed = numbers(`${what}: y`, y);
  if (observed.length !== m) throw new ShapeError(`${what}: there are ${m} rows of x and ${observed.length} of y`);
  if (m === 0) throw new InputError(`${what}: there are no data; give at least one point`);
  if (sigma !== undefined && covariance !== undefined)
    throw new InputError(`${what}: give sigma or a covariance, not both; sigma is the root of its diagonal`);
  requireFinite(`${what}: y`, observed, 0);
  let whitening: Whitening | null = null;
  if (sigma !== undefined) whitening = sigmaWhitening(what, sigma, m);
  if (covariance !== undefined) whitening = covarianceWhitening(what, covariance, m);
  return { x: data, predictors, y: observed, whitening };
}

/** What R² compares with: nothing where a covariance was given. */
export function observedOf({ sigma, covariance }: FitData, { y }: CheckedData): Pick<LeastSquaresResult, 'observed'> {
  if (covariance !== undefined) return {};
  const sigmas = sigma === undefined || typeof sigma === 'number' ? new Float64Array(y.length).fill(sigma ?? 1) : sigma;
  return { observed: { y, sigma: Float64Array.from(sigmas) } };
}
