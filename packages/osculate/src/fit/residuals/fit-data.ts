import { cholesky } from '../../linalg/dense/cholesky.js';
import { matrix } from '../../linalg/matrix.js';
import { InputError, ShapeError } from '../../tensor/errors.js';
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

/** Rows of equal length, or a flat list, as one array. */
function flatten(
  what: string,
  given: ArrayLike<number> | readonly ArrayLike<number>[],
): { data: Float64Array; width: number } {
  if (typeof given[0] !== 'object') return { data: Float64Array.from(given as ArrayLike<number>), width: 0 };
  const rows = given as readonly ArrayLike<number>[];
  const width = rows[0]!.length;
  const data = new Float64Array(rows.length * width);
  rows.forEach((row, i) => {
    if (row.length !== width)
      throw new ShapeError(`curveFit: row ${i} of ${what} has ${row.length} numbers, row 0 has ${width}`);
    data.set(Float64Array.from(row), i * width);
  });
  return { data, width };
}

function requireFinite(what: string, data: Float64Array, width: number): void {
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  const row = width > 0 ? `row ${Math.floor(bad / width)}, column ${bad % width}` : `row ${bad}`;
  throw new InputError(
    `curveFit: ${what} is ${data[bad]} at ${row} (counted from 0); leave that row out or correct it`,
  );
}

function sigmaWhitening(sigma: ArrayLike<number> | number, m: number): Whitening {
  const all = typeof sigma === 'number' ? new Float64Array(m).fill(sigma) : Float64Array.from(sigma);
  if (all.length !== m) throw new ShapeError(`curveFit: there are ${all.length} values of sigma for ${m} observations`);
  const bad = all.findIndex((s) => !(s > 0 && Number.isFinite(s)));
  if (bad >= 0)
    throw new InputError(`curveFit: sigma is ${all[bad]} at row ${bad} (counted from 0); it must be above 0`);
  return divideBySigma(all);
}

function covarianceWhitening(given: NonNullable<FitData['covariance']>, m: number): Whitening {
  const { data } = flatten('covariance', given);
  if (data.length !== m * m)
    throw new ShapeError(`curveFit: the covariance has ${data.length} elements for ${m} observations, not ${m}²`);
  requireFinite('covariance', data, m);
  const result = cholesky(matrix(m, m, data));
  if (result.status === 'ok') return solveByFactor(result.factor);
  const where = result.status === 'indefinite' ? ` (elimination fails at row ${result.pivot})` : '';
  throw new InputError(
    `curveFit: the covariance is not positive definite${where}; add the measurement's own variance to its diagonal`,
  );
}

/** Checks the data. Wrong lengths are a ShapeError; numbers that are not finite, an InputError that names the row. */
export function checkData({ x, y, sigma, covariance }: FitData): CheckedData {
  const { data, width } = flatten('x', x);
  const m = x.length;
  if (y.length !== m) throw new ShapeError(`curveFit: there are ${m} rows of x and ${y.length} of y`);
  if (m === 0) throw new InputError('curveFit: there are no data');
  if (sigma !== undefined && covariance !== undefined)
    throw new InputError('curveFit: give sigma or a covariance, not both; sigma is the root of its diagonal');
  const observed = Float64Array.from(y);
  requireFinite('x', data, width);
  requireFinite('y', observed, 0);
  let whitening: Whitening | null = null;
  if (sigma !== undefined) whitening = sigmaWhitening(sigma, m);
  if (covariance !== undefined) whitening = covarianceWhitening(covariance, m);
  return { x: data, predictors: width, y: observed, whitening };
}
