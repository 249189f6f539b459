import { jvp } from '../../autodiff/index.js';
import type { Tensor } from '../../tensor/ir.js';
import { constant, full, input } from '../../tensor/leaf.js';
import { ndarray } from '../../tensor/ndarray.js';
import { callUser } from '../checks.js';
import {
  type AnyModel,
  type AnyNumericModel,
  type AnyTracedModel,
  type AnyUse,
  givenTo,
  gradientRow,
  rowsInput,
  traceValues,
} from '../model.js';
import { differencedJacobian } from '../residuals/differences.js';
import { lazily, remembering, type Slot, slotsOf } from '../residuals/traced.js';

/** What is the same for all points and parameters. */
export interface CurveShape {
  readonly m: number;
  /** Columns of x, or 0 where it is a plain list. */
  readonly predictors: number;
  readonly n: number;
}

/** Values and derivatives of a model at m points that move, each of which has k coordinates; x is row-major m×k. */
export interface Curve {
  /** f. */
  values(x: Float64Array, q: Float64Array, result: Float64Array): void;
  /** ∂f/∂x in k columns of m, and the lower triangle of ∂²f/∂x², row by row, in k(k + 1)/2 columns. */
  alongX(x: Float64Array, q: Float64Array, first: Float64Array, second: Float64Array): void;
  /** ∂f/∂q in n columns of m. */
  alongParameters(x: Float64Array, q: Float64Array, columns: Float64Array): void;
}

/** The tangent of x that moves one coordinate of all points. */
function coordinate({ m, predictors }: CurveShape, c: number): Tensor {
  const k = predictors || 1;
  const data = Float64Array.from({ length: m * k }, (_, i) => (i % k === c ? 1 : 0));
  return constant(ndarray('f64', data, predictors > 0 ? [m, k] : [m]));
}

function trace(model: AnyTracedModel, shape: CurveShape, use: AnyUse): Curve {
  const { m, predictors, n } = shape;
  const k = predictors || 1;
  const x = rowsInput(m, predictors);
  const parameters = Array.from({ length: n }, (_, j) => input(`parameter ${j}`, 'f64', []));
  const fitted = traceValues(model, x, parameters, use);
  const [points, q, values] = [new Float64Array(m * k), new Float64Array(n), new Float64Array(m)];
  const first = new Float64Array(m * k);
  const second = new Float64Array((m * k * (k + 1)) / 2);
  const columns = new Float64Array(m * n);
  const inputs: Slot[] = [[x, points], ...slotsOf(parameters, q)];
  const column = (all: Float64Array, at: number): Float64Array => all.subarray(at * m, (at + 1) * m);
  const runValues = lazily(inputs, () => [[fitted, values]]);
  const runAlongX = lazily(inputs, () => {
    const firsts = Array.from({ length: k }, (_, a) => jvp(fitted, x, coordinate(shape, a)));
    const seconds = firsts.flatMap((f, a) => Array.from({ length: a + 1 }, (_, b) => jvp(f, x, coordinate(shape, b))));
    return [
      ...firsts.map((f, a): Slot => [f, column(first, a)]),
      ...seconds.map((f, a): Slot => [f, column(second, a)]),
    ];
  });
  const runColumns = lazily(inputs, () =>
    parameters.map((p, j): Slot => [jvp(fitted, p, full(1, 'f64')), column(columns, j)]),
  );
  const move = (to: Float64Array, at: Float64Array): void => {
    points.set(to);
    q.set(at);
  };
  return {
    values: (to, at, result) => {
      move(to, at);
      runValues();
      result.set(values);
    },
    alongX: (to, at, intoFirst, intoSecond) => {
      move(to, at);
      runAlongX();
      intoFirst.set(first);
      intoSecond.set(second);
    },
    alongParameters: (to, at, result) => {
      move(to, at);
      runColumns();
      result.set(columns);
    },
  };
}

const known = remembering<AnyTracedModel, Curve>();

/** Steps of central differences relative to a coordinate: ∛ε for first, ⁴√ε for second derivatives. */
const [FIRST_STEP, SECOND_STEP] = [Math.cbrt(2 ** -52), 2 ** -13];

/** A model of plain numbers, whose derivatives by x are differences; mixed second derivatives are left out, which costs the search steps. */
function numeric(
  { model: called, gradient }: AnyNumericModel,
  { m, predictors, n }: CurveShape,
  { what, arrangement, box, start, constraints }: AnyUse,
): Curve {
  const k = predictors || 1;
  const given = givenTo(arrangement.names, n);
  // A product of what is no number, as a bigint, is an error here and not where it is stored.
  const model: typeof called = (x, p) => callUser(what, given, () => 1 * called(x, p));
  const parameters = (q: Float64Array) => arrangement.numbers(constraints.numbers(q));
  const values = (x: Float64Array, q: Float64Array, result: Float64Array): void => {
    const p = parameters(q);
    for (let i = 0; i < m; i++) result[i] = model(x.subarray(i * k, (i + 1) * k), p);
  };
  const alongX: Curve['alongX'] = (x, q, first, second) => {
    const p = parameters(q);
    second.fill(0);
    // Near zero a coordinate has the size of the others in its column.
    const reach = Float64Array.from(
      { length: k },
      (_, c) => 1e-3 * x.reduce((most, v, i) => (i % k === c ? Math.max(most, Math.abs(v)) : most), 0),
    );
    for (let i = 0; i < m; i++) {
      const row = x.slice(i * k, (i + 1) * k);
      const middle = model(row, p);
      for (let c = 0; c < k; c++) {
        const at = row[c]!;
        const moved = (by: number): number => {
          row[c] = at + by;
          const value = model(row, p);
          row[c] = at;
          return value;
        };
        const size = Math.max(Math.abs(at), reach[c]!) || 1;
        const [h, wide] = [FIRST_STEP * size, SECOND_STEP * size];
        first[c * m + i] = (moved(h) - moved(-h)) / (2 * h);
        second[((c * (c + 3)) / 2) * m + i] = (moved(wide) - 2 * middle + moved(-wide)) / (wide * wide);
      }
    }
  };
  const alongParameters: Curve['alongParameters'] = (x, q, columns) => {
    if (gradient === undefined) {
      const residuals = new Float64Array(m);
      values(x, q, residuals);
      differencedJacobian((at, result) => values(x, at, result), m, start, box)(q, residuals, columns);
      return;
    }
    const p = parameters(q);
    const slopes = callUser(what, given, () =>
      Array.from({ length: m }, (_, i) => gradient(x.subarray(i * k, (i + 1) * k), p)),
    );
    const rows = slopes.map((slope) => gradientRow(what, arrangement.names, slope));
    const pulled = constraints.pullBack(q, rows) as readonly ArrayLike<number>[];
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) columns[j * m + i] = pulled[i]![j]!;
  };
  return { values, alongX, alongParameters };
}

/** The curve of a model, traced at its first use for a shape. */
export function curveOf(model: AnyModel, shape: CurveShape, use: AnyUse): Curve {
  if (typeof model !== 'function') return numeric(model, shape, use);
  const key = JSON.stringify([shape, use.arrangement.names, use.constraints.key]);
  return known(model, key, () => trace(model, shape, use));
}
